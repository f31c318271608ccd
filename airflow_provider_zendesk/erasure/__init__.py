# SPDX-License-Identifier: Apache-2.0
"""Removes the rows of single records from a lake."""

from __future__ import annotations
