# SPDX-License-Identifier: Apache-2.0
"""
Rows that are not where one looks for them: those that show late, and those that lie behind their own time.

Live accounts have both: metric events recorded many minutes after the ticket's change and stamped with that (Estuary's
connector, 2026-09), and ticket events from before the ``start_time`` that was asked for (a live reader, 2026-10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.seeds import mix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.records import Records, Selection

_ONE_IN = 4


def late_by(seed: int, number: int, late_rows: int) -> int:
    """
    Seconds after its sort key at which a record shows; 0 for three in four.

    :param late_rows: the switch: the longest
    """
    return _delay(mix(seed ^ 0x4C415445, number), late_rows)


def old_by(seed: int, number: int, old_rows: int) -> int:
    """
    Seconds behind its sort key at which a record lies in the stream; 0 for three in four.

    :param old_rows: the switch: the longest
    """
    return _delay(mix(seed ^ 0x4F4C44, number), old_rows)


def shown_keys(records: Records, low: int, high: int, view: View, selection: Selection) -> Iterator[int]:
    """
    The selected records' places in the stream within ``[low, high)``, in order, as far as they show.

    A place is a key: a second and the record's number. Usually the second is the row's own sort key.
    """
    late, old, seed = view.switches.late_rows, view.switches.old_rows, view.account.seed
    if not late and not old:
        return records.keys(low, high, view.moment, selection)
    places = []
    for key in records.keys(max(low - (old << ID_BITS), 0), high, view.moment, selection):
        at, number = key >> ID_BITS, key & ID_MASK
        place = sort_key(at + old_by(seed, number, old), number)
        if low <= place < high and view.now >= at + late_by(seed, number, late):
            places.append(place)
    return iter(sorted(places))


def _delay(drawn: int, longest: int) -> int:
    return 1 + (drawn >> 8) % longest if longest and drawn % _ONE_IN == 0 else 0
