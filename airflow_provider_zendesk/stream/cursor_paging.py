# SPDX-License-Identifier: Apache-2.0
"""Paging through cursor exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ZendeskNoProgressError, ZendeskResponseError
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.stream.page import CURSOR_PARTS
from airflow_provider_zendesk.stream.paging import MAX_STALLED_PAGES, page_size_parameter

if TYPE_CHECKING:
    from airflow_provider_zendesk.resources import Endpoint
    from airflow_provider_zendesk.stream.page import Page
    from airflow_provider_zendesk.stream.page_size import PageSize
    from airflow_provider_zendesk.stream.paging import Outcome


class CursorPaging:
    """
    Cursor exports: ``start_time`` on the first call, then the cursor from the previous page.

    The stream ends when the envelope says so, by ``end_of_stream``, ``has_more`` or a null ``next_page``. An empty or
    short page is not the end: both occur in mid-stream. The last page may still have a cursor, and a later call
    continues from there.

    :param start_time: UTC epoch seconds, inclusive.
    :param endpoint: says how its cursor is sent.
    :param size: records per page; None if the endpoint does not let the caller choose.
    """

    full_page = None

    def __init__(self, start_time: int, endpoint: Endpoint, size: PageSize | None) -> None:
        self._start_time = start_time
        self._endpoint = endpoint
        self._stalled_pages = 0
        self._cursors_since_fresh_row: set[str] = set()
        self.size = size
        self.position: str | None = None

    def query(self) -> dict[str, str | int]:
        endpoint, query = self._endpoint, page_size_parameter(self._endpoint, self.size)
        if endpoint.takes_start_time and (self.position is None or endpoint.cursor.with_start_time):
            query["start_time"] = self._start_time
        if self.position is not None:
            names = endpoint.cursor.parameters
            query |= zip(names, self.position.split(CURSOR_PARTS, len(names) - 1), strict=True)
        return query

    def query_after(self) -> dict[str, str | int]:
        raise NotImplementedError("a cursor export says where it ends")

    def resume(self, position: str | None, full_page: int | None) -> None:
        self.position = position

    def restart(self, start_time: int) -> None:
        self._start_time, self.position = start_time, None
        self._cursors_since_fresh_row.clear()

    def advance(self, page: Page, fresh: int) -> Outcome:
        if page.end_of_stream is None:
            raise ZendeskResponseError(
                f"the answer of {self._endpoint.path} has neither 'end_of_stream' nor 'meta.has_more', so there is no way to "
                "tell where it ends; if it is a list with a 'next_page', it is longer than one page and not paged by cursor"
                if self._endpoint.ends in ("list", "whole_list")
                else f"the answer of {self._endpoint.path} has neither 'end_of_stream' nor 'meta.has_more', so there is no way "
                "to tell where it ends"
            )
        if page.end_of_stream:
            self._move_to(page.after_cursor)
            return "ended"
        if fresh:
            self._cursors_since_fresh_row.clear()
        cursor = page.after_cursor
        if cursor is not None and cursor not in (self.position, *self._cursors_since_fresh_row):
            self._stalled_pages = 0
            self._move_to(cursor)
            return "more"
        return self._stall(page)

    def is_end(self, *, rows_after: bool) -> bool:
        raise NotImplementedError("a cursor export says where it ends")

    def _move_to(self, cursor: str | None) -> None:
        # The schema allows a null cursor; the previous one is still valid then.
        if cursor is not None:
            self.position = cursor
            self._cursors_since_fresh_row.add(cursor)

    def _stall(self, page: Page) -> Outcome:
        """Handle a page that does not advance the position."""
        self._stalled_pages += 1
        if not page.rows and self._endpoint.ends == "next_page" and self._stalled_pages > 1:
            # Zendesk's documentation says to stop at count 0. This asks twice, since an empty page may just be short.
            return "ended"
        if page.rows or self._stalled_pages > MAX_STALLED_PAGES:
            raise ZendeskNoProgressError(
                f"the stream does not move on from {'its start' if self.position is None else quoted(self.position)}: "
                f"a page of {len(page.rows)} rows leads back to where it came from, and end_of_stream is false"
            )
        return "more"
