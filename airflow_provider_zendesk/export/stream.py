# SPDX-License-Identifier: Apache-2.0
"""
Walking one resource: what to ask for next, when the stream has ended, and that it moves.

One class a paging family; a family that cannot tell progress raises, so an endless loop is impossible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import (
    ZendeskNoProgressError,
    ZendeskOrderError,
    ZendeskResponseError,
)
from airflow_provider_zendesk.export.page import Page, PageDecoder, Row
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.resources import Endpoint, Resource

_EMPTY_PAGES = 3


class CursorPaging:
    """
    Cursor exports: ``start_time`` on the first call, then the cursor of the page before.

    The stream ends where the envelope says ``end_of_stream``. An empty or a short page ends nothing: both
    occur in mid-stream. The last page's cursor is still set and is where a later call goes on.

    :param start_time: UTC epoch seconds, inclusive.
    """

    def __init__(self, start_time: int) -> None:
        self._start_time = start_time
        self._empty_pages = 0
        self._since_last_row: set[str] = set()
        self.cursor: str | None = None

    def query(self) -> dict[str, str | int]:
        """Return the parameters that ask for the next page."""
        if self.cursor is None:
            return {"start_time": self._start_time}
        return {"cursor": self.cursor}

    def advance(self, page: Page) -> bool:
        """
        Move behind a page; True if the stream has ended there.

        :raises ZendeskNoProgressError: if the page leads nowhere new.
        """
        if page.end_of_stream is None:
            raise ZendeskResponseError("the answer has no 'end_of_stream', by which a cursor export ends")
        if page.end_of_stream:
            self._move_to(page.after_cursor)
            return True
        if page.rows:
            self._empty_pages = 0
            self._since_last_row.clear()
        if page.after_cursor is not None and page.after_cursor not in (self.cursor, *self._since_last_row):
            self._move_to(page.after_cursor)
        else:
            self._stand_still(page)
        return False

    def _move_to(self, cursor: str | None) -> None:
        # A null cursor is allowed by the schema: the one before stays good.
        if cursor is not None:
            self.cursor = cursor
            self._since_last_row.add(cursor)

    def _stand_still(self, page: Page) -> None:
        self._empty_pages += 1
        if page.rows or self._empty_pages > _EMPTY_PAGES:
            raise ZendeskNoProgressError(
                f"the stream does not move on from {'its start' if self.cursor is None else 'cursor ' + self.cursor}: "
                f"a page of {len(page.rows)} rows leads back to where it came from, and end_of_stream is false"
            )


class Stream:
    """
    The rows of one resource from a moment on, page by page.

    Reading is in two steps so that a page may be refused: :meth:`fetch` asks for the page at the current
    position, :meth:`advance` accepts it.

    :param client: to ask with.
    :param resource: the catalogue's entry.
    :param endpoint: one of its endpoints.
    :param query: parameters of every page.
    :param start_time: UTC epoch seconds, inclusive.
    """

    def __init__(
        self,
        client: ZendeskClient,
        resource: Resource,
        endpoint: Endpoint,
        query: Mapping[str, str | int],
        start_time: int,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._query = dict(query)
        self._decode = PageDecoder(resource)
        self._paging = CursorPaging(start_time)
        self._second = 0
        self._ids_of_second: set[int | str] = set()
        self.ended = False

    @property
    def cursor(self) -> str | None:
        """The cursor of the next page; None before the first."""
        return self._paging.cursor

    def fetch(self) -> Page:
        """
        Ask for the page at the current position.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: if the page cannot be had.
        """
        return self._client.get(self._endpoint.path, {**self._query, **self._paging.query()}, self._decode)

    def advance(self, page: Page) -> tuple[list[Row], int]:
        """
        Move behind a page and return its rows without those seen before, and how many those were.

        :raises ZendeskOrderError: if a row goes backwards.
        :raises ZendeskNoProgressError: if the page leads nowhere new.
        """
        rows = self._in_order(page.rows)
        self.ended = self._paging.advance(page)
        return rows, len(page.rows) - len(rows)

    def _in_order(self, rows: list[Row]) -> list[Row]:
        fresh: list[Row] = []
        second, ids = self._second, self._ids_of_second
        for row in rows:
            if row.sort_key > second:
                second = row.sort_key
                ids = {row.id}
            elif row.sort_key < second:
                raise ZendeskOrderError(
                    f"record {row.id} of {iso(row.sort_key)} came after one of {iso(second)}: "
                    f"{self._endpoint.path} is not in the order its documentation promises"
                )
            elif row.id in ids:
                continue
            else:
                ids.add(row.id)
            fresh.append(row)
        self._second, self._ids_of_second = second, ids
        return fresh
