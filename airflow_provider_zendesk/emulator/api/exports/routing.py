# SPDX-License-Identifier: Apache-2.0
"""Exports of skills-based routing: a cursor in ``next_page``, no ``start_time``, and an empty page at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self
from uuid import UUID
from zlib import crc32

from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.account.records import Selection
from airflow_provider_zendesk.emulator.api.exports.buckets import EXPORTS
from airflow_provider_zendesk.emulator.api.exports.errors import invalid_cursor
from airflow_provider_zendesk.emulator.api.exports.page import next_url, write_page
from airflow_provider_zendesk.emulator.api.exports.parameters import limited
from airflow_provider_zendesk.emulator.api.exports.view import HIDDEN_SECONDS, View
from airflow_provider_zendesk.emulator.http.messages import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator.account.records import Records

MAX_ROWS = 3000  # Zendesk docs, Incremental Skill-based Routing: per_page and limit do not apply
NOISE = 0x15821CBA732611E8B07E950BA849AA27  # makes a cursor look like a random UUID


def _same_group(_seed: int, _number: int) -> int:
    return 0


class Position(NamedTuple):
    """A position in the stream: an offset into the batch of events within ``[first, last]`` (epoch seconds)."""

    first: int
    last: int
    offset: int

    @classmethod
    def read(cls, cursor: str) -> Self:
        """
        Decode a cursor.

        :raises Refusal: 400. Zendesk's own answer to an invalid cursor is not known
        """
        try:
            check, bits = divmod(UUID(cursor).int ^ NOISE, 1 << 96)
        except ValueError:
            raise invalid_cursor() from None
        if check != crc32(bits.to_bytes(12, "big")):
            raise invalid_cursor()
        return cls(bits >> 63, bits >> 30 & (1 << 33) - 1, bits & (1 << 30) - 1)

    def write(self) -> str:
        bits = self.first << 63 | self.last << 30 | self.offset
        return str(UUID(int=(crc32(bits.to_bytes(12, "big")) << 96 | bits) ^ NOISE))


@dataclass(frozen=True)
class RoutingExport:
    """
    Pages by an opaque cursor.

    The events since the client last reached the end are one batch, in order of group and then of time. So instance
    values are not chronological: "changes are grouped by attribute_value_id" (Zendesk's OpenAPI).

    :param group: maps (seed, number) to the group of a row
    """

    path: str
    resource: str
    group: Callable[[int, int], int] = _same_group
    bucket: str = EXPORTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size = limited(MAX_ROWS, view)
        cursor = request.query.get("cursor") or None
        settled = (view.settled >> ID_BITS) - 1
        position = Position.read(cursor) if cursor else Position(0, max(settled, 0), 0)
        batch = self._batch(records, position, view)
        if position.offset >= len(batch) and settled > position.last:
            position = Position(position.last + 1, settled, 0)
            batch = self._batch(records, position, view)
        keys = batch[position.offset : position.offset + size]
        after: str | None = position._replace(offset=position.offset + len(keys)).write()
        if position.offset >= len(batch):
            after = cursor if view.switches.routing_repeats_cursor else None
        envelope = {
            "count": len(keys),
            # "The most recent resource creation time present in this result set in Unix epoch time" (Zendesk docs).
            "end_time": max(key >> ID_BITS for key in keys) if keys else None,
            "next_page": None if after is None else next_url(request, view, cursor=after),
        }
        return Reply(200, write_page(records, keys, Selection(), view, envelope), rows=len(keys))

    def _batch(self, records: Records, position: Position, view: View) -> list[int]:
        seed, low, high = view.account.seed, sort_key(position.first, 0), sort_key(position.last + 1, 0)
        # The state when the batch became complete. The cursor counts rows of the batch, so it must not change later.
        found = records.stream(low, high, position.last + HIDDEN_SECONDS, Selection(), view.delays)
        return sorted(found, key=lambda key: (self.group(seed, key & ID_MASK), key))
