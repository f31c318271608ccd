# SPDX-License-Identifier: Apache-2.0
"""The formats of data files, one class per format."""

from __future__ import annotations
