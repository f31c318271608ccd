# SPDX-License-Identifier: Apache-2.0
"""What an export needs of an account and a storage, tried out before the first one runs."""

from __future__ import annotations
