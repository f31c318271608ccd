# SPDX-License-Identifier: Apache-2.0
"""Engagements: a cursor of two parameters, and next pages at an address that is not the account's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.paging import write_page
from airflow_provider_zendesk.emulator.parameters import INTEGER, page_size, start_time
from airflow_provider_zendesk.emulator.records import Selection
from airflow_provider_zendesk.emulator.replies import Reply, invalid_attribute, invalid_cursor

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.records import Records
    from airflow_provider_zendesk.emulator.replies import Request

# The host of recorded next pages; a client that followed them would send its credentials there.
ELSEWHERE = "https://z3nab-staging.zendesk-staging.com"
USUAL_ROWS, MOST_ROWS = 10, 100
TIME, ID = "start_time_cursor", "engagement_id_cursor"


@dataclass(frozen=True)
class EngagementExport:
    """
    Pages in order of (``engagement_start_time``, number), each beginning after the engagement that the cursor names.

    As recorded in 2025-06 (zenpy); that a row comes before those that begin later, whenever it ends, is our reading.
    """

    path: str
    resource: str
    bucket: str | None = None  # ordinary calls, which count against the account's limit alone
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records = view.account.records(self.resource)
        size = page_size(request, view, "page_size", USUAL_ROWS, MOST_ROWS)
        if request.query.keys() & {TIME, ID}:
            low = self._passed(request, records, view) + 1
        else:
            low = sort_key(start_time(request, view), 0)
        stream = records.stream(low, view.settled, view.moment, Selection(), view.delays)
        found = list(islice(stream, size + 1))
        keys, more = found[:size], len(found) > size
        url = self._next(request, records, keys) if more else None
        tail = {"next_page_url": url, "has_more": more, "page_size": len(keys)}
        return Reply(200, write_page(records, keys, Selection(), view, tail), rows=len(keys))

    def _passed(self, request: Request, records: Records, view: View) -> int:
        """
        The key of the engagement that the cursor names.

        :raises Refusal: 400; what Zendesk answers to half a cursor or a broken one is not known
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
        """The next page's URL; a page without rows, though more are left, names its own position again."""
        query: dict[str, Any] = {
            name: text for name, text in request.query.items() if name in ("start_time", TIME, ID)
        }
        if keys:
            query |= {TIME: keys[-1] >> ID_BITS, ID: records.id_of(keys[-1] & ID_MASK)}
        query |= {"page_size": request.query.get("page_size", USUAL_ROWS), "channel": "MESSAGING"}
        return f"{ELSEWHERE}{request.path}?{urlencode(query)}"
