# SPDX-License-Identifier: Apache-2.0
"""Metric events, which are paged by time or, if the query has ``page[size]`` or ``page[after]``, by cursor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_zendesk.emulator.cursor_export import read_cursor, write_cursor
from airflow_provider_zendesk.emulator.endless_export import EndlessExport
from airflow_provider_zendesk.emulator.history import sort_key
from airflow_provider_zendesk.emulator.paging import write_page
from airflow_provider_zendesk.emulator.parameters import any_start_time, boolean, page_size, selected
from airflow_provider_zendesk.emulator.replies import Reply

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.replies import Request

SIZE, AFTER = "page[size]", "page[after]"
MOST_BY_CURSOR = 100  # Zendesk docs, Ticket Metric Events; a connector sends 1000 all the same


@dataclass(frozen=True)
class MetricEventExport(EndlessExport):
    """
    Metric events: no minute is hidden and no start is too recent, in either form.

    Neither is documented for them, and a connector's issue (2026-09) tells of events that show up late, with a second
    that has been seen.
    """

    def answer(self, request: Request, view: View) -> Reply:
        boolean(request, "include_changes")  # documented in name only, so it changes nothing here
        if request.query.keys() & {SIZE, AFTER}:
            return self._by_cursor(request, view)
        return super().answer(request, view)

    def _start(self, request: Request, _view: View) -> int:
        return any_start_time(request)

    def _shown(self, view: View) -> int:
        return sort_key(view.moment + 1, 0)

    def _by_cursor(self, request: Request, view: View) -> Reply:
        """Zendesk's ordinary cursor paging, in order of (time, id); ``start_time`` is needed on every call."""
        records = view.account.records(self.resource)
        low, cursor = sort_key(any_start_time(request), 0), request.query.get(AFTER) or None
        if cursor:
            low = max(low, read_cursor(cursor) + 1)
        size = page_size(request, view, SIZE, MOST_BY_CURSOR, MOST_BY_CURSOR)
        selection = selected(request, records.resource, view)
        stream = records.stream(low, self._shown(view), view.moment, selection, view.delays)
        found = list(islice(stream, size + 1))
        keys, more = found[:size], len(found) > size
        # An empty page has no after_cursor (Estuary's connector), unless a shortened one has to go on from somewhere.
        after = write_cursor(keys[-1]) if keys else (cursor or write_cursor(low)) if more else None
        meta: dict[str, Any] = {"has_more": more, "before_cursor": write_cursor(keys[0]) if keys else None}
        tail = {
            "meta": meta | ({"after_cursor": after} if after else {}),
            "links": {"next": self._next(request, view, after) if more else None, "prev": None},
        }
        return Reply(200, write_page(records, keys, selection, view, tail), rows=len(keys))

    def _next(self, request: Request, view: View, after: str | None) -> str:
        kept = {name: text for name, text in request.query.items() if name in ("start_time", SIZE)}
        return f"{view.origin}{request.path}?{urlencode(kept | {AFTER: after or ''})}"
