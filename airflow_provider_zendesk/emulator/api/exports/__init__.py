# SPDX-License-Identifier: Apache-2.0
"""The incremental exports, one module for each way of paging."""

from __future__ import annotations
