# SPDX-License-Identifier: Apache-2.0
"""
The time family as others have it, without ``end_of_stream``: metric events, articles, Talk.

Their last second comes again for ever: ``start_time`` is inclusive, and at the end ``end_time`` stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.cursor_export import read_cursor, write_cursor
from airflow_provider_zendesk.emulator.history import ID_BITS, sort_key
from airflow_provider_zendesk.emulator.limits import HELP_CENTER, TALK
from airflow_provider_zendesk.emulator.paging import disorder, next_url, write_page
from airflow_provider_zendesk.emulator.parameters import (
    MOST_ROWS,
    any_start_time,
    boolean,
    page_size,
    selected,
    shortened,
)
from airflow_provider_zendesk.emulator.replies import Reply
from airflow_provider_zendesk.emulator.strays import shown_keys
from airflow_provider_zendesk.emulator.time_export import TimeExport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.replies import Request

MOST_METRIC_EVENTS = 100  # a page by cursor (Zendesk docs, Ticket Metric Events)


@dataclass(frozen=True)
class EndlessExport(TimeExport):
    """
    No page size can be chosen, and a page within one second passes on to the next one only if there is more; so the last
    second stays.
    """

    def _size(self, _request: Request, view: View) -> int:
        return shortened(MOST_ROWS, view)

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return start
        return page[-1] >> ID_BITS if last else super()._end_time(start, page, last, view)

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, view: View
    ) -> dict[str, Any]:
        tail = {"next_page": next_page, "end_time": end_time, "count": count}
        # In no schema, yet read by other live clients.
        return tail | {"end_of_stream": last} if view.switches.tells_end else tail


@dataclass(frozen=True)
class MetricEventExport(EndlessExport):
    """
    Metric events, by time or, if ``page[size]`` is asked for, by an ordinary cursor with an end that is told.

    No minute is hidden and no start is too recent: neither is documented for them, and a connector's issue (2026-09) tells
    of events that show up late, with a second that has been seen.
    """

    def answer(self, request: Request, view: View) -> Reply:
        boolean(request, "include_changes")  # documented in name only, so it changes nothing here
        if "page[size]" in request.query or "page[after]" in request.query:
            return self._by_cursor(request, view)
        return super().answer(request, view)

    def _by_cursor(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size = page_size(request, view, "page[size]", MOST_METRIC_EVENTS, MOST_METRIC_EVENTS)
        selection, start = selected(request, records.resource, view), any_start_time(request)
        cursor = request.query.get("page[after]")
        low = read_cursor(cursor) + 1 if cursor else sort_key(start, 0)
        found = list(islice(shown_keys(records, low, self._shown(view), view, selection), size + 1))
        keys, last = found[:size], len(found) <= size
        meta: dict[str, Any] = {"has_more": not last, "before_cursor": None}
        links: dict[str, Any] = {"next": None, "prev": None}
        if keys:
            # Missing when the page is empty (Estuary's connector).
            meta["after_cursor"] = write_cursor(keys[-1])
            links["next"] = next_url(request, view, start_time=start, **{"page[after]": meta["after_cursor"]})
        tail = {"meta": meta, "links": links}
        return Reply(200, write_page(records, keys, selection, view, tail), rows=len(keys))

    def _start(self, request: Request, _view: View) -> int:
        return any_start_time(request)

    def _shown(self, view: View) -> int:
        return sort_key(view.moment + 1, 0)


@dataclass(frozen=True)
class ArticleExport(EndlessExport):
    """
    Help Center articles: a page's rows are in no order at all, though pages follow each other by time.

    Airbyte found them unsorted whatever was asked for; with no rows ``next_page`` is null, and ``end_time`` the start that
    was asked for (recorded). Agents may read them too (Zendesk docs).
    """

    bucket: str = HELP_CENTER
    role: str | None = None

    def _arranged(self, page: list[int]) -> list[int]:
        return sorted(page, key=disorder)

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, view: View
    ) -> dict[str, Any]:
        return super()._tail(end_time, next_page if count else None, count, last, view)


@dataclass(frozen=True)
class TalkExport(EndlessExport):
    """
    Calls and their legs: never more rows than a page has, and ``next_page`` is never null.

    So more legs in one second than a page has rows make a loop that nothing ends (Airbyte, on Talk).
    """

    bucket: str = TALK

    def _over_fills(self, _view: View) -> bool:
        return False
