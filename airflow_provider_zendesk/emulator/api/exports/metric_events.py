# SPDX-License-Identifier: Apache-2.0
"""Metric events: pages by time or, if the query has ``page[size]`` or ``page[after]``, by cursor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_zendesk.emulator.account.history import sort_key
from airflow_provider_zendesk.emulator.api.exports.cursor_based import read_cursor, write_cursor
from airflow_provider_zendesk.emulator.api.exports.open_ended import OpenEndedExport
from airflow_provider_zendesk.emulator.api.exports.page import write_page
from airflow_provider_zendesk.emulator.api.exports.parameters import (
    any_start_time,
    boolean,
    page_size,
    selected,
)
from airflow_provider_zendesk.emulator.http.messages import Reply

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Request

SIZE, AFTER = "page[size]", "page[after]"
MAX_ROWS_BY_CURSOR = 100  # Zendesk docs, Ticket Metric Events; one connector sends 1000 nevertheless


@dataclass(frozen=True)
class MetricEventExport(OpenEndedExport):
    """
    Metric events: with either paging, the last minute is not hidden and no ``start_time`` is too recent.

    Neither rule is documented for them, and a connector's issue (2026-09) reports events that appeared late, with a
    second that had already been read.
    """

    def answer(self, request: Request, view: View) -> Reply:
        boolean(request, "include_changes")  # the docs list it without its effect, so it has none here
        if request.query.keys() & {SIZE, AFTER}:
            return self._by_cursor(request, view)
        return super().answer(request, view)

    def _start(self, request: Request, _view: View) -> int:
        return any_start_time(request)

    def _visible_end(self, view: View) -> int:
        return sort_key(view.moment + 1, 0)

    def _by_cursor(self, request: Request, view: View) -> Reply:
        """Zendesk's general cursor pagination, in order of (time, id); every call needs ``start_time``."""
        records = view.account.records(self.resource)
        low, cursor = sort_key(any_start_time(request), 0), request.query.get(AFTER) or None
        if cursor:
            low = max(low, read_cursor(cursor) + 1)
        size = page_size(request, view, SIZE, MAX_ROWS_BY_CURSOR, MAX_ROWS_BY_CURSOR)
        selection = selected(request, records.resource)
        stream = records.stream(low, self._visible_end(view), view.moment, selection, view.delays)
        found = list(islice(stream, size + 1))
        keys, more = found[:size], len(found) > size
        # An empty page has no after_cursor (Estuary's connector), except before the end (switch short_page).
        after = write_cursor(keys[-1]) if keys else (cursor or write_cursor(low)) if more else None
        meta: dict[str, Any] = {"has_more": more, "before_cursor": write_cursor(keys[0]) if keys else None}
        envelope = {
            "meta": meta | ({"after_cursor": after} if after else {}),
            "links": {"next": self._next(request, view, after) if more else None, "prev": None},
        }
        return Reply(200, write_page(records, keys, selection, view, envelope), rows=len(keys))

    def _next(self, request: Request, view: View, after: str | None) -> str:
        kept = {name: text for name, text in request.query.items() if name in ("start_time", SIZE)}
        return f"{view.origin}{request.path}?{urlencode(kept | {AFTER: after or ''})}"


@dataclass(frozen=True)
class RatingExport(MetricEventExport):
    """Satisfaction ratings: a list by cursor with a ``start_time``, taken here for the last update's."""

    bucket: str | None = None  # these calls count against the account's limit only

    def answer(self, request: Request, view: View) -> Reply:
        return self._by_cursor(request, view)
