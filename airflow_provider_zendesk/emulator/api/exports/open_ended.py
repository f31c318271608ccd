# SPDX-License-Identifier: Apache-2.0
"""
Time-based exports without ``end_of_stream`` and ``per_page``: articles, Talk and, in another module, metric events.

At the end, ``end_time`` stays at the last second. As ``start_time`` is inclusive, every further page repeats that second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.account.history import ID_BITS
from airflow_provider_zendesk.emulator.api.exports.buckets import HELP_CENTER, TALK
from airflow_provider_zendesk.emulator.api.exports.page import shuffle_key
from airflow_provider_zendesk.emulator.api.exports.parameters import MAX_ROWS, limited
from airflow_provider_zendesk.emulator.api.exports.time_based import TimeExport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Request


@dataclass(frozen=True)
class OpenEndedExport(TimeExport):
    """``end_time`` moves past a page's last second only if there are more rows, so the last second is repeated."""

    def _size(self, _request: Request, view: View) -> int:
        return limited(MAX_ROWS, view)

    def _end_time(self, start: int, page: Sequence[int], last: bool, view: View) -> int | None:
        if not page:
            return start
        return page[-1] >> ID_BITS if last else super()._end_time(start, page, last, view)

    def _envelope(
        self, end_time: int | None, next_page: str | None, count: int, last: bool, view: View
    ) -> dict[str, Any]:
        envelope = {"next_page": next_page, "end_time": end_time, "count": count}
        # Not in the schemas, but clients of live accounts read it.
        return envelope | {"end_of_stream": last} if view.switches.tells_end else envelope


@dataclass(frozen=True)
class ArticleExport(OpenEndedExport):
    """
    Help Center articles: pages are in order of time, but the rows of a page are not sorted.

    Airbyte found them unsorted whatever sorting was requested. Without rows, ``next_page`` is null and ``end_time`` is
    the requested ``start_time`` (recorded). Agents may read them too (Zendesk docs).
    """

    bucket: str = HELP_CENTER
    role: str | None = None

    def _has_next_page(self, page: Sequence[int], last: bool) -> bool:
        return bool(page) or not last

    def _reordered(self, page: list[int]) -> list[int]:
        return sorted(page, key=shuffle_key)


@dataclass(frozen=True)
class TalkExport(OpenEndedExport):
    """
    Calls and their legs: a page is never extended, and ``next_page`` is never null.

    If one second has more legs than a page has rows, the same page is returned for ever (Airbyte, on Talk).
    """

    bucket: str = TALK

    def _fills_up_second(self, _view: View) -> bool:
        return False
