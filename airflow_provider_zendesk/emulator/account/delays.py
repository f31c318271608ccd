# SPDX-License-Identifier: Apache-2.0
"""
Rows that appear late, and rows that come later in the stream than their sort key: switches ``late_rows``, ``old_rows``.

One record in four is late, another one is old, and two are normal. The seed and the record's number decide which.
"""

from __future__ import annotations

from typing import NamedTuple

from airflow_provider_zendesk.emulator.account.rows.seeds import mix

QUARTERS, LATE, OLD = 0x71, 0x6C61, 0x6F6C  # salts for mix(), so that each use gets independent numbers


class Delays(NamedTuple):
    """Values of the two switches, in seconds."""

    late_rows: int = 0
    old_rows: int = 0


def late_by(seed: int, number: int, late_rows: int) -> int:
    """Seconds from a record's sort key until its row appears: 1 to ``late_rows``, or 0 if it is not late."""
    return _delay(seed, number, 0, LATE, late_rows)


def old_by(seed: int, number: int, old_rows: int) -> int:
    """Seconds from a record's sort key to its row's place in the stream: 1 to ``old_rows``, or 0 if it is not old."""
    return _delay(seed, number, 1, OLD, old_rows)


def _delay(seed: int, number: int, quarter: int, salt: int, maximum: int) -> int:
    if not maximum or mix(seed ^ QUARTERS, number) & 3 != quarter:
        return 0
    return 1 + mix(seed ^ salt, number) % maximum
