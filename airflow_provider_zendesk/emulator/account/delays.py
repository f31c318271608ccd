# SPDX-License-Identifier: Apache-2.0
"""
Rows that show late, and rows that lie behind their own moment: the switches ``late_rows`` and ``old_rows``.

A record's number decides: of its four quarters, picked by the seed, one is late, one is old, and two are as they should be.
"""

from __future__ import annotations

from typing import NamedTuple

from airflow_provider_zendesk.emulator.account.rows.seeds import mix

QUARTERS, LATE, OLD = 0x71, 0x6C61, 0x6F6C  # for mix(): each draws other numbers from a seed


class Delays(NamedTuple):
    """What the two switches say, in seconds."""

    late_rows: int = 0
    old_rows: int = 0


def late_by(seed: int, number: int, late_rows: int) -> int:
    """Seconds from a record's sort key until its row shows: from 1 to ``late_rows``, or 0 if it is not late."""
    return _delay(seed, number, 0, LATE, late_rows)


def old_by(seed: int, number: int, old_rows: int) -> int:
    """Seconds from a record's sort key to its row's place in the stream: from 1 to ``old_rows``, or 0."""
    return _delay(seed, number, 1, OLD, old_rows)


def _delay(seed: int, number: int, quarter: int, salt: int, most: int) -> int:
    if not most or mix(seed ^ QUARTERS, number) & 3 != quarter:
        return 0
    return 1 + mix(seed ^ salt, number) % most
