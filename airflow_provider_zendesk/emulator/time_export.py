# SPDX-License-Identifier: Apache-2.0
"""The time family as Support has it: tickets, users, organizations, ticket events, and samples of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.history import ID_BITS, sort_key
from airflow_provider_zendesk.emulator.limits import EXPORTS, SAMPLE
from airflow_provider_zendesk.emulator.paging import View, disorder, next_url, write_page
from airflow_provider_zendesk.emulator.parameters import limited, page_size, selected, start_time
from airflow_provider_zendesk.emulator.replies import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SAMPLE_ROWS = 50  # Zendesk docs, Incremental Sample Export: at most


@dataclass(frozen=True)
class TimeExport:
    """
    Paging by time: a page ends at the second of its last row, and the next one begins with that second again.

    A page whose rows would all share one second is filled up with the rest of that second, and ends one second later
    (recorded 2023/24; the switch ``over_fill`` is for servers said not to). Rows of one second are in no order.
    """

    path: str
    resource: str
    bucket: str = EXPORTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size, selection = self._size(request, view), selected(request, records.resource, view)
        start = self._start(request, view)
        keys = records.stream(sort_key(start, 0), self._shown(view), view.moment, selection, view.delays)
        page, last = self._cut(self._ordered(keys, view), size, view)
        end_time = self._end_time(start, page, last, view)
        next_page = None
        if end_time is not None and self._goes_on(page, last):
            next_page = next_url(request, view, start_time=end_time)
        tail = self._tail(end_time, next_page, len(page), last, view)
        return Reply(200, write_page(records, self._arranged(page), selection, view, tail), rows=len(page))

    def _size(self, request: Request, view: View) -> int:
        return page_size(request, view)

    def _start(self, request: Request, view: View) -> int:
        return start_time(request, view)

    def _shown(self, view: View) -> int:
        """The key before which records are there to see."""
        return view.settled

    def _ordered(self, keys: Iterator[int], _view: View) -> Iterator[int]:
        """Keys in the order of their seconds, in the one that rows of one second have."""
        return shuffle_ties(keys)

    def _over_fills(self, view: View) -> bool:
        return view.switches.over_fill

    def _cut(self, found: Iterator[int], size: int, view: View) -> tuple[list[int], bool]:
        """A page's keys, and whether nothing is left after them."""
        page = list(islice(found, size))
        rest = next(found, None)
        if self._over_fills(view) and page and page[0] >> ID_BITS == page[-1] >> ID_BITS:
            while rest is not None and rest >> ID_BITS == page[0] >> ID_BITS:
                page.append(rest)
                rest = next(found, None)
        return page, rest is None

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return None if last else start
        first, final = page[0] >> ID_BITS, page[-1] >> ID_BITS
        return final + 1 if first == final and self._over_fills(view) else final

    def _goes_on(self, _page: Sequence[int], _last: bool) -> bool:
        """Whether ``next_page`` is set: at the end of the stream too (recorded 2023/24)."""
        return True

    def _arranged(self, page: list[int]) -> list[int]:
        return page

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, _view: View
    ) -> dict[str, Any]:
        return {"count": count, "end_of_stream": last, "end_time": end_time, "next_page": next_page}


@dataclass(frozen=True)
class SampleExport(TimeExport):
    """A look at what the export of a resource is like: a page of at most 50 rows, whatever ``per_page`` says."""

    bucket: str = SAMPLE

    def _size(self, request: Request, view: View) -> int:
        return limited(SAMPLE_ROWS, view)


def shuffle_ties(keys: Iterator[int]) -> Iterator[int]:
    """Keys in order of their second alone; within one, always in the same disorder."""
    for _, tied in groupby(keys, key=lambda key: key >> ID_BITS):
        yield from sorted(tied, key=disorder)
