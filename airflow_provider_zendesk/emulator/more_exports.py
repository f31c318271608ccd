# SPDX-License-Identifier: Apache-2.0
"""Exports that lie elsewhere than the others: side conversation events and engagements."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_zendesk.emulator.engagements import engagement_id, number_of_engagement
from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.limits import ENGAGEMENTS, SIDE_CONVERSATIONS
from airflow_provider_zendesk.emulator.paging import View, write_page
from airflow_provider_zendesk.emulator.parameters import (
    INTEGER,
    MOST_ROWS,
    page_size,
    selected,
    shortened,
    start_time,
)
from airflow_provider_zendesk.emulator.replies import Reply, Request, invalid_attribute, invalid_cursor
from airflow_provider_zendesk.emulator.strays import shown_keys
from airflow_provider_zendesk.emulator.time_export import TimeExport

if TYPE_CHECKING:
    from collections.abc import Sequence

USUAL_ENGAGEMENTS, MOST_ENGAGEMENTS = 10, 100  # 10 is recorded, the other is made up


@dataclass(frozen=True)
class SideConversationEventExport(TimeExport):
    """The boundary second comes again; at the end ``next_page`` is null and ``end_time`` beyond the last event."""

    bucket: str = SIDE_CONVERSATIONS

    def _size(self, _request: Request, view: View) -> int:
        return shortened(MOST_ROWS, view)

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return start
        return (page[-1] >> ID_BITS) + 1 if last else super()._end_time(start, page, last, view)

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, _view: View
    ) -> dict[str, Any]:
        return {"count": count, "end_time": end_time, "next_page": None if last else next_page}


@dataclass(frozen=True)
class EngagementExport:
    """
    Paging by two cursors: the last row's start and id. The next page's URL names another host (recorded 2025-06).
    """

    path: str
    resource: str
    bucket: str = ENGAGEMENTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        records, seed = view.account.records(self.resource), view.account.seed
        size = page_size(request, view, "page_size", MOST_ENGAGEMENTS, USUAL_ENGAGEMENTS)
        start = start_time(request, view)
        low = max(sort_key(start, 0), _after(request))
        selection = selected(request, records.resource, view)
        found = list(islice(shown_keys(records, low, view.settled, view, selection), size + 1))
        keys, last = found[:size], len(found) <= size
        url = None if last else _foreign_url(start, keys[-1] if keys else low - 1, size, seed)
        tail = {"next_page_url": url, "has_more": not last, "page_size": len(keys)}
        return Reply(200, write_page(records, keys, selection, view, tail), rows=len(keys))


def _after(request: Request) -> int:
    """
    The first key after the cursors.

    :raises Refusal: 400 for cursors that are none
    """
    second, id_ = request.query.get("start_time_cursor"), request.query.get("engagement_id_cursor")
    if second is None and id_ is None:
        return 0
    if not INTEGER.fullmatch(second or ""):
        raise invalid_attribute("start_time_cursor", "an integer", request.path)
    number = number_of_engagement(id_ or "")
    if number is None:
        raise invalid_cursor()
    return sort_key(int(second or ""), number) + 1


def _foreign_url(start: int, last_key: int, size: int, seed: int) -> str:
    query = {
        "start_time": start,
        "start_time_cursor": last_key >> ID_BITS,
        "engagement_id_cursor": engagement_id(seed, last_key & ID_MASK),
        "page_size": size,
        "channel": "MESSAGING",
    }
    return f"https://z3nab-f20879.zendesk-staging.com/api/v2/engagements?{urlencode(query)}"
