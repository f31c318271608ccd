# SPDX-License-Identifier: Apache-2.0
"""Engagements: the cursor has two parameters, and next page URLs are on another host than the account's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.account.records import Selection
from airflow_provider_zendesk.emulator.api.exports.errors import invalid_attribute, invalid_cursor
from airflow_provider_zendesk.emulator.api.exports.page import write_page
from airflow_provider_zendesk.emulator.api.exports.parameters import INTEGER, page_size, start_time
from airflow_provider_zendesk.emulator.http.messages import Reply

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.records import Records
    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Request

# The host of recorded next page URLs. A client that followed them would send its credentials there.
OTHER_HOST = "https://z3nab-staging.zendesk-staging.com"
DEFAULT_ROWS, MAX_ROWS = 10, 100
TIME, ID = "start_time_cursor", "engagement_id_cursor"


@dataclass(frozen=True)
class EngagementExport:
    """
    Pages in order of (``engagement_start_time``, number); the cursor names the last engagement before the page.

    Recorded in 2025-06 (zenpy). That rows are ordered by start rather than by end is our interpretation.
    """

    path: str
    resource: str
    bucket: str | None = None  # these calls count against the account's limit only
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size = page_size(request, view, "page_size", DEFAULT_ROWS, MAX_ROWS)
        if request.query.keys() & {TIME, ID}:
            low = self._cursor_key(request, records, view) + 1
        else:
            low = sort_key(start_time(request, view), 0)
        stream = records.stream(low, view.settled, view.moment, Selection(), view.delays)
        found = list(islice(stream, size + 1))
        keys, more = found[:size], len(found) > size
        url = self._next(request, records, keys) if more else None
        envelope = {"next_page_url": url, "has_more": more, "page_size": len(keys)}
        return Reply(200, write_page(records, keys, Selection(), view, envelope), rows=len(keys))

    def _cursor_key(self, request: Request, records: Records, view: View) -> int:
        """
        The key of the engagement that the cursor names.

        :raises Refusal: 400. Zendesk's own answer to an incomplete or invalid cursor is not known
        """
        second, id_ = request.query.get(TIME, ""), request.query.get(ID)
        if not INTEGER.fullmatch(second):
            raise invalid_attribute(TIME, "an integer", request.path)
        low, high = sort_key(int(second), 0), sort_key(int(second) + 1, 0)
        for key in records.stream(low, high, view.moment, Selection(), view.delays):
            if records.id_of(key & ID_MASK) == id_:
                return key
        raise invalid_cursor()

    def _next(self, request: Request, records: Records, keys: list[int]) -> str:
        """The next page's URL. After an empty page that is not the last, it has the same position again."""
        query: dict[str, Any] = {
            name: text for name, text in request.query.items() if name in ("start_time", TIME, ID)
        }
        if keys:
            query |= {TIME: keys[-1] >> ID_BITS, ID: records.id_of(keys[-1] & ID_MASK)}
        query |= {"page_size": request.query.get("page_size", DEFAULT_ROWS), "channel": "MESSAGING"}
        return f"{OTHER_HOST}{request.path}?{urlencode(query)}"
