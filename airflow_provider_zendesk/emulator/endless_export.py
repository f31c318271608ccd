# SPDX-License-Identifier: Apache-2.0
"""
The time family as others have it, without ``end_of_stream``: metric events, articles, Talk.

Their last second comes again for ever: ``start_time`` is inclusive, and at the end ``end_time`` stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.history import ID_BITS, sort_key
from airflow_provider_zendesk.emulator.parameters import MOST_ROWS, any_start_time, boolean, shortened
from airflow_provider_zendesk.emulator.time_export import TimeExport, disorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.replies import Reply, Request


@dataclass(frozen=True)
class EndlessExport(TimeExport):
    """A page within one second passes on to the next one only if there is more; so the last second stays."""

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if page and last:
            return page[-1] >> ID_BITS
        return super()._end_time(start, page, last, view)

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, _last: bool, _view: View
    ) -> dict[str, Any]:
        return {"next_page": next_page, "end_time": end_time, "count": count}


@dataclass(frozen=True)
class MetricEventExport(EndlessExport):
    """
    Metric events, by time: no minute is hidden and no start is too recent.

    Neither is documented for them, and a connector's issue (2026-09) tells of events that show up late, with a second
    that has been seen.
    """

    def answer(self, request: Request, view: View) -> Reply:
        boolean(request, "include_changes")  # documented in name only, so it changes nothing here
        return super().answer(request, view)

    def _start(self, request: Request, _view: View) -> int:
        return any_start_time(request)

    def _shown(self, view: View) -> int:
        return sort_key(view.moment + 1, 0)

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        return super()._end_time(start, page, last, view) if page else start

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, view: View
    ) -> dict[str, Any]:
        tail = super()._tail(end_time, next_page, count, last, view)
        # Not in the schema, yet read by a client.
        return tail | {"end_of_stream": last} if view.switches.metric_events_tell_end else tail


@dataclass(frozen=True)
class ArticleExport(EndlessExport):
    """
    Help Center articles: a page's rows are in no order at all, though pages follow each other by time.

    Airbyte found them unsorted whatever was asked for; with no rows, ``next_page`` and ``end_time`` are null
    (zendesk-java-client). Agents may read them too (Zendesk docs).
    """

    role: str | None = None

    def _arranged(self, page: list[int]) -> list[int]:
        return sorted(page, key=disorder)


@dataclass(frozen=True)
class TalkExport(EndlessExport):
    """
    Calls and their legs: no ``per_page``, never more rows than a page has, and ``next_page`` is never null.

    So more legs in one second than a page has rows make a loop that nothing ends (Airbyte, on Talk).
    """

    def _size(self, _request: Request, view: View) -> int:
        return shortened(view.switches.talk_page or MOST_ROWS, view)

    def _over_fills(self, _view: View) -> bool:
        return False

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        return super()._end_time(start, page, last, view) if page else start
