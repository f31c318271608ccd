# SPDX-License-Identifier: Apache-2.0
"""The routing family: a cursor in ``next_page``, no ``start_time``, and an end that is an empty page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self
from uuid import UUID
from zlib import crc32

from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.limits import EXPORTS
from airflow_provider_zendesk.emulator.paging import View, next_url, write_page
from airflow_provider_zendesk.emulator.parameters import HIDDEN, limited
from airflow_provider_zendesk.emulator.records import Selection
from airflow_provider_zendesk.emulator.replies import Reply, Request, invalid_cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator.records import Records

MOST_ROWS = 3000  # Zendesk docs, Incremental Skill-based Routing: per_page and limit do not apply
NOISE = 0x15821CBA732611E8B07E950BA849AA27  # so that a cursor looks like any UUID


def _all_alike(_seed: int, _number: int) -> int:
    return 0


class Place(NamedTuple):
    """Where a walk stands: so many rows into what happened within ``[first, last]``, epoch seconds."""

    first: int
    last: int
    passed: int

    @classmethod
    def read(cls, cursor: str) -> Self:
        """
        The place a cursor names.

        :raises Refusal: 400; what Zendesk answers to a broken one is not known
        """
        try:
            check, bits = divmod(UUID(cursor).int ^ NOISE, 1 << 96)
        except ValueError:
            raise invalid_cursor() from None
        if check != crc32(bits.to_bytes(12, "big")):
            raise invalid_cursor()
        return cls(bits >> 63, bits >> 30 & (1 << 33) - 1, bits & (1 << 30) - 1)

    def write(self) -> str:
        bits = self.first << 63 | self.last << 30 | self.passed
        return str(UUID(int=(crc32(bits.to_bytes(12, "big")) << 96 | bits) ^ NOISE))


@dataclass(frozen=True)
class RoutingExport:
    """
    Paging by a cursor that only the server understands.

    What happened since the walk last caught up is one batch. It comes in order of group and then of time, so instance
    values are not chronological: "changes are grouped by attribute_value_id" (Zendesk's OpenAPI).

    :param group: (seed, number) to what rows are grouped by
    """

    path: str
    resource: str
    group: Callable[[int, int], int] = _all_alike
    bucket: str = EXPORTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size = limited(MOST_ROWS, view)
        cursor = request.query.get("cursor") or None
        settled = (view.settled >> ID_BITS) - 1
        place = Place.read(cursor) if cursor else Place(0, max(settled, 0), 0)
        batch = self._batch(records, place, view)
        if place.passed >= len(batch) and settled > place.last:
            place = Place(place.last + 1, settled, 0)
            batch = self._batch(records, place, view)
        keys = batch[place.passed : place.passed + size]
        after: str | None = place._replace(passed=place.passed + len(keys)).write()
        if place.passed >= len(batch):
            after = cursor if view.switches.routing_repeats_cursor else None
        tail = {
            "count": len(keys),
            # "The most recent resource creation time present in this result set in Unix epoch time" (Zendesk docs).
            "end_time": max(key >> ID_BITS for key in keys) if keys else None,
            "next_page": None if after is None else next_url(request, view, cursor=after),
        }
        return Reply(200, write_page(records, keys, Selection(), view, tail), rows=len(keys))

    def _batch(self, records: Records, place: Place, view: View) -> list[int]:
        seed, low, high = view.account.seed, sort_key(place.first, 0), sort_key(place.last + 1, 0)
        # As of the moment the batch became complete: the cursor counts its rows, so none may join them later.
        found = records.stream(low, high, place.last + HIDDEN, Selection(), view.delays)
        return sorted(found, key=lambda key: (self.group(seed, key & ID_MASK), key))
