# SPDX-License-Identifier: Apache-2.0
"""Side conversation events: a time-based export with another form of end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK
from airflow_provider_zendesk.emulator.account.rows.side_conversations import millisecond
from airflow_provider_zendesk.emulator.api.exports.buckets import SIDE_CONVERSATIONS
from airflow_provider_zendesk.emulator.api.exports.parameters import MAX_ROWS, limited
from airflow_provider_zendesk.emulator.api.exports.time_based import TimeExport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Request


@dataclass(frozen=True)
class SideConversationExport(TimeExport):
    """
    No ``per_page``. At the end, ``next_page`` is null and ``end_time`` is one second after the last event (Estuary's
    connector).

    Within a second, rows are in order of their milliseconds.
    """

    bucket: str = SIDE_CONVERSATIONS

    def _size(self, _request: Request, view: View) -> int:
        return limited(MAX_ROWS, view)

    def _ordered(self, keys: Iterator[int], view: View) -> Iterator[int]:
        seed = view.account.seed
        for _, tied in groupby(keys, key=lambda key: key >> ID_BITS):
            yield from sorted(tied, key=lambda key: (millisecond(seed, key & ID_MASK), key))

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return start
        return (page[-1] >> ID_BITS) + 1 if last else super()._end_time(start, page, last, view)

    def _has_next_page(self, _page: Sequence[int], last: bool) -> bool:
        return not last

    def _envelope(
        self, end_time: int | None, next_page: str | None, count: int, _last: bool, _view: View
    ) -> dict[str, Any]:
        return {"count": count, "end_time": end_time, "next_page": next_page}
