# SPDX-License-Identifier: Apache-2.0
"""The emulated account: its records, their history, and the settings in which accounts differ."""

from __future__ import annotations
