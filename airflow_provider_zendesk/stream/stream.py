# SPDX-License-Identifier: Apache-2.0
"""Walking one resource: page after page, each row once, in order as long as the rows are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import (
    TOO_SLOW,
    ZendeskError,
    ZendeskNoProgressError,
    ZendeskRefusedError,
    ZendeskStartTimeTooRecentError,
)
from airflow_provider_zendesk.stream.page import Page, PageDecoder, Row
from airflow_provider_zendesk.stream.page_size import PageSize
from airflow_provider_zendesk.stream.paging import CursorPaging, Paging, TimePaging
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.resources import Endpoint, Resource
    from airflow_provider_zendesk.stream.page import Identity

log = logging.getLogger(__name__)

# What Zendesk may answer to a cursor that is broken or too old: 400 InvalidCursor is documented, for custom objects.
_CURSOR_REFUSED = (400, 410, 422)
# In a row, over all positions. A few empty pages are normal, and a walk that went back reads a second again.
_PAGES_WITHOUT_FRESH_ROWS = 100


class StreamState(msgspec.Struct, frozen=True):
    """
    Where a stream stands.

    :param position: as the paging family writes it; None before the first page.
    :param second: the largest sort key seen, UTC epoch seconds.
    :param ids: of the rows of that second.
    :param per_page: records asked for at once; None: as many as the export asks for.
    :param restarted_at: the second it went back to, UTC epoch, since its cursor was refused and no page came since.
    :param full_page: rows of a page that was cut, where the server's page size is not known otherwise.
    """

    position: str | None
    second: int
    ids: tuple[int | str, ...]
    per_page: int | None = None
    restarted_at: int | None = None
    full_page: int | None = None


class Taken(msgspec.Struct, frozen=True):
    """
    What a page brought.

    :param rows: those not seen before, by ascending sort key.
    :param backward: those not seen before that came after later ones, though the stream is said to be in order; likewise.
    :param duplicates: how many were seen before.
    """

    rows: list[Row]
    backward: list[Row]
    duplicates: int


class Stream:
    """
    The rows of one resource from a moment on, page by page.

    Reading is in two steps so that a page may be refused: :meth:`fetch` asks for the page at the current
    position, :meth:`advance` accepts it. Where the server does not say that the stream has ended, :attr:`stands` is set
    instead of :attr:`ended`, and :meth:`look_after` tells.

    :param client: to ask with.
    :param resource: the catalogue's entry.
    :param endpoint: one of its endpoints.
    :param query: parameters of every page.
    :param start_time: UTC epoch seconds, inclusive.
    :param ordered: rows are said to come by ascending sort key. Where they are not, or one has come backwards, every
        row seen is remembered.
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
        # A row before the start is out of place.
        self._second = start_time
        self._ids_of_second: set[int | str | bytes] = set()
        self._seen: set[Identity] = set()
        self._pages_without_fresh_rows = 0
        self.order_trusted = ordered
        """No row has come backwards so far."""
        self.ended = False
        """The stream has ended, by the server's word or as :meth:`look_after` has shown."""
        self.stands = False
        """The position does not move on: an end, if nothing lies after it."""
        self.said_its_end = False
        """It was the server's word."""

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
            full_page=self._paging.full_page,
        )

    def resume(self, state: StreamState) -> None:
        """Go on where another stream of the same walk stood."""
        self._paging.resume(state.position, state.full_page)
        self._restarted_at = state.restarted_at
        if state.restarted_at is not None:
            self._paging.restart(state.restarted_at)
        # A page in mid-stream may begin before the start: with rows of windows that are committed.
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
        second = max(self._second, self._start_time) if self.order_trusted else self._start_time
        by_cursor = self._endpoint.pagination == "cursor" and self.position is not None
        about_cursor = by_cursor and not isinstance(refusal, ZendeskStartTimeTooRecentError)
        if not about_cursor or refusal.status not in _CURSOR_REFUSED or self._restarted_at == second:
            return False
        log.warning("the cursor %s is refused; going on from %s: %s", self.position, iso(second), refusal)
        self._restarted_at = second
        self._paging.restart(second)
        return True

    def look_after(self) -> None:
        """
        Tell whether the position at which the stream stands still is its end: look at the second after it.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskSecondTooFullError: if the second may hold more than a page.
        :raises ZendeskError: if the look cannot be had.
        """
        query = {**self._query, **self._paging.query_after()}
        try:
            rows_after = bool(self._client.get(self._endpoint.path, query, self._decode).rows)
        except ZendeskStartTimeTooRecentError:
            rows_after = False  # nothing that recent is shown
        self.ended = self._paging.is_end(rows_after=rows_after)
        self.stands = False

    def advance(self, page: Page) -> Taken:
        """
        Move behind a page and return what is new in it.

        :raises ZendeskNoProgressError: if the page leads nowhere new, or a hundred in a row brought nothing new.
        """
        taken = self._in_order(page.rows) if self._ordered else self._in_any_order(page.rows)
        fresh = len(taken.rows) + len(taken.backward)
        outcome = self._paging.advance(page, fresh)
        self.said_its_end = self.ended = outcome == "ended"
        self.stands = outcome == "stands"
        self._count_page(fresh, leads_on=outcome == "more")
        if self._paging.size is not None:
            self._paging.size.grow()
        return taken

    def _count_page(self, fresh: int, *, leads_on: bool) -> None:
        self._pages_without_fresh_rows = 0 if fresh or not leads_on else self._pages_without_fresh_rows + 1
        if self._pages_without_fresh_rows > _PAGES_WITHOUT_FRESH_ROWS:
            raise ZendeskNoProgressError(
                f"the stream does not move on: {self._pages_without_fresh_rows} pages up to {self._where()} brought no "
                "row that was not there before, and none of them was the end"
            )

    def _in_order(self, rows: list[Row]) -> Taken:
        fresh: list[Row] = []
        backward: list[Row] = []
        for row in self._forward(rows, fresh) if self.order_trusted else rows:
            if not self._is_new(row):
                continue
            if row.sort_key < self._second:
                backward.append(row)
            else:
                self._second = row.sort_key
                fresh.append(row)
        backward.sort(key=lambda row: row.sort_key)
        return Taken(fresh, backward, len(rows) - len(fresh) - len(backward))

    def _forward(self, rows: list[Row], fresh: list[Row]) -> list[Row]:
        """Add the rows that are new to ``fresh``, up to the first that goes backwards; return that and those after it."""
        second, ids = self._second, self._ids_of_second
        rest: list[Row] = []
        for position, row in enumerate(rows):
            if row.sort_key > second:
                second = row.sort_key
                ids = {row.id}
            elif row.sort_key < second:
                rest = rows[position:]
                break
            elif row.id in ids:
                continue
            else:
                ids.add(row.id)
            fresh.append(row)
        self._second, self._ids_of_second = second, ids
        if rest:
            self._distrust_order(rest[0])
        return rest

    def _distrust_order(self, row: Row) -> None:
        self.order_trusted = False
        self._seen = {(id_, self._second) for id_ in self._ids_of_second}
        log.warning(
            "%s is not in order: record %r of %s came after %s; reading on to the end of the stream, so that no row is "
            "left out",
            self._endpoint.path,
            row.id,
            iso(row.sort_key),
            iso(self._second),
        )

    def _is_new(self, row: Row) -> bool:
        identity = row.identity
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True

    def _in_any_order(self, rows: list[Row]) -> Taken:
        fresh = sorted(filter(self._is_new, rows), key=lambda row: row.sort_key)
        return Taken(fresh, [], len(rows) - len(fresh))


def _paging(endpoint: Endpoint, query: Mapping[str, str | int], start_time: int) -> Paging:
    size = PageSize(int(query[endpoint.page_size])) if endpoint.page_size in query else None
    if endpoint.pagination == "cursor":
        return CursorPaging(start_time, endpoint, size)
    return TimePaging(start_time, endpoint, size)
