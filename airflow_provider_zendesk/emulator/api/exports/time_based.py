# SPDX-License-Identifier: Apache-2.0
"""Time-based exports of Support: tickets, users, organizations, ticket events, and their samples."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.account.history import ID_BITS, sort_key
from airflow_provider_zendesk.emulator.api.exports.buckets import EXPORTS, SAMPLE
from airflow_provider_zendesk.emulator.api.exports.page import next_url, shuffle_key, write_page
from airflow_provider_zendesk.emulator.api.exports.parameters import limited, page_size, selected, start_time
from airflow_provider_zendesk.emulator.http.messages import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_zendesk.emulator.api.exports.view import View

MAX_SAMPLE_ROWS = 50  # Zendesk docs, Incremental Sample Export


@dataclass(frozen=True)
class TimeExport:
    """
    Pages by time: ``end_time`` is the second of the page's last row, and the next page starts with that second again.

    A page whose rows all have the same second is extended by the rest of that second, and its ``end_time`` is one
    second later (recorded 2023/24; the switch ``over_fill`` turns this off). Rows within a second are in no order.
    """

    path: str
    resource: str
    bucket: str | None = EXPORTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size, selection = self._size(request, view), selected(request, records.resource)
        start = self._start(request, view)
        keys = records.stream(
            sort_key(start, 0), self._visible_end(view), view.moment, selection, view.delays
        )
        page, last = self._split_page(self._ordered(keys, view), size, view)
        end_time = self._end_time(start, page, last, view)
        next_page = None
        if end_time is not None and self._has_next_page(page, last):
            next_page = next_url(request, view, start_time=end_time)
        envelope = self._envelope(end_time, next_page, len(page), last, view)
        return Reply(
            200, write_page(records, self._reordered(page), selection, view, envelope), rows=len(page)
        )

    def _size(self, request: Request, view: View) -> int:
        return page_size(request, view)

    def _start(self, request: Request, view: View) -> int:
        return start_time(request, view)

    def _visible_end(self, view: View) -> int:
        """The key that ends the visible part of the stream."""
        return view.settled

    def _ordered(self, keys: Iterator[int], _view: View) -> Iterator[int]:
        """Keys in stream order: by second, with this export's order within a second."""
        return shuffle_ties(keys)

    def _fills_up_second(self, view: View) -> bool:
        return view.switches.over_fill

    def _split_page(self, found: Iterator[int], size: int, view: View) -> tuple[list[int], bool]:
        """The page's keys, and whether they are the last ones."""
        page = list(islice(found, size))
        rest = next(found, None)
        if self._fills_up_second(view) and page and page[0] >> ID_BITS == page[-1] >> ID_BITS:
            while rest is not None and rest >> ID_BITS == page[0] >> ID_BITS:
                page.append(rest)
                rest = next(found, None)
        return page, rest is None

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return None if last else start
        first, final = page[0] >> ID_BITS, page[-1] >> ID_BITS
        return final + 1 if first == final and self._fills_up_second(view) else final

    def _has_next_page(self, _page: Sequence[int], _last: bool) -> bool:
        """Whether ``next_page`` is set; here also at the end of the stream (recorded 2023/24)."""
        return True

    def _reordered(self, page: list[int]) -> list[int]:
        return page

    def _envelope(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, _view: View
    ) -> dict[str, Any]:
        return {"count": count, "end_of_stream": last, "end_time": end_time, "next_page": next_page}


@dataclass(frozen=True)
class SampleExport(TimeExport):
    """A sample of an export: a page of at most 50 rows, whatever ``per_page`` says."""

    bucket: str = SAMPLE

    def _size(self, request: Request, view: View) -> int:
        return limited(MAX_SAMPLE_ROWS, view)


def shuffle_ties(keys: Iterator[int]) -> Iterator[int]:
    """Keys in order of their second, and within a second in a pseudo-random order that is always the same."""
    for _, tied in groupby(keys, key=lambda key: key >> ID_BITS):
        yield from sorted(tied, key=shuffle_key)
