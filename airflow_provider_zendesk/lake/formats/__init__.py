# SPDX-License-Identifier: Apache-2.0
"""The file formats of data files, one class each."""

from __future__ import annotations
