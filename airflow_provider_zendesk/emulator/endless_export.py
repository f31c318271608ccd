# SPDX-License-Identifier: Apache-2.0
"""
The time family as others have it, without ``end_of_stream`` and without ``per_page``: articles, Talk, metric events.

Their last second comes again for ever: ``start_time`` is inclusive, and at the end ``end_time`` stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.history import ID_BITS
from airflow_provider_zendesk.emulator.limits import HELP_CENTER, TALK
from airflow_provider_zendesk.emulator.paging import disorder
from airflow_provider_zendesk.emulator.parameters import MOST_ROWS, limited
from airflow_provider_zendesk.emulator.time_export import TimeExport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.replies import Request


@dataclass(frozen=True)
class EndlessExport(TimeExport):
    """A page within one second passes on to the next one only if there is more; so the last second stays."""

    def _size(self, _request: Request, view: View) -> int:
        return limited(MOST_ROWS, view)

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return start
        return page[-1] >> ID_BITS if last else super()._end_time(start, page, last, view)

    def _tail(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, view: View
    ) -> dict[str, Any]:
        tail = {"next_page": next_page, "end_time": end_time, "count": count}
        # Not in the schemas, yet read by clients of live accounts.
        return tail | {"end_of_stream": last} if view.switches.tells_end else tail


@dataclass(frozen=True)
class ArticleExport(EndlessExport):
    """
    Help Center articles: a page's rows are in no order at all, though pages follow each other by time.

    Airbyte found them unsorted whatever was asked for. With no rows, ``next_page`` is null and ``end_time`` is what was
    asked for (recorded). Agents may read them too (Zendesk docs).
    """

    bucket: str = HELP_CENTER
    role: str | None = None

    def _goes_on(self, page: Sequence[int], last: bool) -> bool:
        return bool(page) or not last

    def _arranged(self, page: list[int]) -> list[int]:
        return sorted(page, key=disorder)


@dataclass(frozen=True)
class TalkExport(EndlessExport):
    """
    Calls and their legs: never more rows than a page has, and ``next_page`` is never null.

    So more legs in one second than a page has rows make a loop that nothing ends (Airbyte, on Talk).
    """

    bucket: str = TALK

    def _over_fills(self, _view: View) -> bool:
        return False
