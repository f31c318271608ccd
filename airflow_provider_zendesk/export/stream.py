# SPDX-License-Identifier: Apache-2.0
"""Walking one resource: page after page, in order, each row once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import (
    TOO_SLOW,
    ZendeskError,
    ZendeskOrderError,
    ZendeskRefusedError,
    ZendeskStartTimeTooRecentError,
)
from airflow_provider_zendesk.export.checkpoint import StreamState
from airflow_provider_zendesk.export.page import Page, PageDecoder, Row
from airflow_provider_zendesk.export.page_size import PageSize
from airflow_provider_zendesk.export.paging import CursorPaging, Paging, StreamPaging, TimePaging
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.resources import Endpoint, Resource

log = logging.getLogger(__name__)

# What Zendesk may answer to a cursor that is broken or too old: 400 InvalidCursor is documented, for custom objects.
_CURSOR_REFUSED = (400, 410, 422)


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
    :param ordered: rows come by ascending sort key, and one that does not is an error; where they need not, every row
        seen is remembered.
    """

    def __init__(
        self,
        client: ZendeskClient,
        resource: Resource,
        endpoint: Endpoint,
        query: Mapping[str, str | int],
        start_time: int,
        *,
        ordered: bool,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._query = dict(query)
        self._decode = PageDecoder(resource, endpoint, self._query)
        self._paging = _paging(endpoint, self._query, start_time)
        self._start_time = start_time
        self._ordered = ordered
        self._restarted_at: int | None = None
        self._second = 0
        self._ids_of_second: set[int | str | bytes] = set()
        self._seen: set[tuple[int | str | bytes, int]] = set()
        self.ended = False

    @property
    def position(self) -> str | None:
        """Where the next page begins: a cursor, or a start time; None before a cursor is known."""
        return self._paging.position

    def state(self) -> StreamState:
        """Return what :meth:`resume` needs; for ordered streams."""
        ids = tuple(id_ for id_ in self._ids_of_second if not isinstance(id_, bytes))
        size = self._paging.size
        return StreamState(
            position=self._paging.position,
            second=self._second,
            ids=ids,
            per_page=None if size is None else size.rows,
            restarted_at=self._restarted_at if self._paging.position is None else None,
        )

    def resume(self, state: StreamState) -> None:
        """Go on where another stream of the same walk stood."""
        self._paging.resume(state.position)
        self._restarted_at = state.restarted_at
        if state.restarted_at is not None:
            self._paging.restart(state.restarted_at)
        self._second, self._ids_of_second = state.second, set(state.ids)
        if self._paging.size is not None and state.per_page is not None:
            self._paging.size.rows = min(state.per_page, self._paging.size.most)

    def fetch(self) -> Page:
        """
        Ask for the page at the current position, for fewer rows if Zendesk takes too long.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: if the page cannot be had.
        """
        failures = 0
        while True:
            size = self._paging.size
            smallest = size is None or size.rows == 1
            try:
                return self._ask(retry_slow=smallest)
            except TOO_SLOW as error:
                if size is None or smallest:
                    error.tell(f"the page from {self._where()} is too slow, however few rows are asked for")
                    raise
                size.shrink()
                failures += 1
                log.warning("asking for %d rows from %s: %s", size.rows, self._where(), error)
                self._client.back_off(failures)
            except ZendeskRefusedError as error:
                if not self._restart(error):
                    raise
            except ZendeskError as error:
                if error.retryable:
                    error.tell(f"the page from {self._where()} could not be had")
                raise

    def _ask(self, *, retry_slow: bool) -> Page:
        query = {**self._query, **self._paging.query()}
        return self._client.get(self._endpoint.path, query, self._decode, retry_slow=retry_slow)

    def _where(self) -> str:
        return iso(self._start_time) if self.position is None else self.position

    def _restart(self, refusal: ZendeskRefusedError) -> bool:
        """Go back to the second of the last row, if Zendesk refused the cursor, and not for the second time there."""
        second = max(self._second, self._start_time) if self._ordered else self._start_time
        by_cursor = "cursor" in self._paging.query()
        about_cursor = by_cursor and not isinstance(refusal, ZendeskStartTimeTooRecentError)
        if not about_cursor or refusal.status not in _CURSOR_REFUSED or self._restarted_at == second:
            return False
        log.warning("the cursor %s is refused; going on from %s: %s", self.position, iso(second), refusal)
        self._restarted_at = second
        self._paging.restart(second)
        return True

    def advance(self, page: Page) -> tuple[list[Row], int]:
        """
        Move behind a page and return its rows by sort key, without those seen before, and how many those were.

        :raises ZendeskOrderError: if a row goes backwards.
        :raises ZendeskNoProgressError: if the page leads nowhere new.
        """
        rows = self._in_order(page.rows) if self._ordered else self._in_any_order(page.rows)
        self.ended = self._paging.advance(page)
        if self._paging.size is not None:
            self._paging.size.grow()
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
                    f"record {row.id!r} of {iso(row.sort_key)} came after one of {iso(second)}: "
                    f"{self._endpoint.path} is not in the order its documentation promises; full_walk=True exports it "
                    "all the same"
                )
            elif row.id in ids:
                continue
            else:
                ids.add(row.id)
            fresh.append(row)
        self._second, self._ids_of_second = second, ids
        return fresh

    def _in_any_order(self, rows: list[Row]) -> list[Row]:
        fresh = []
        for row in rows:
            identity = (row.id, row.sort_key)
            if identity not in self._seen:
                self._seen.add(identity)
                fresh.append(row)
        return sorted(fresh, key=lambda row: row.sort_key)


def _paging(endpoint: Endpoint, query: Mapping[str, str | int], start_time: int) -> Paging:
    if endpoint.ends == "next_page":
        return StreamPaging()
    size = PageSize(int(query["per_page"])) if "per_page" in query else None
    if endpoint.pagination == "cursor":
        return CursorPaging(start_time, size)
    return TimePaging(start_time, endpoint, size)
