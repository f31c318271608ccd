# SPDX-License-Identifier: Apache-2.0
"""Walking one resource page by page. Each row is returned once, and in order as long as Zendesk sends them in order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import (
    TOO_SLOW,
    ZendeskError,
    ZendeskNoProgressError,
    ZendeskRefusedError,
    ZendeskResponseError,
    ZendeskStartTimeTooRecentError,
)
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.stream.cursor_paging import CursorPaging
from airflow_provider_zendesk.stream.page import Page, PageDecoder, Row
from airflow_provider_zendesk.stream.page_size import PageSize
from airflow_provider_zendesk.stream.time_paging import TimePaging
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.resources import Endpoint, Resource
    from airflow_provider_zendesk.stream.page import Identity
    from airflow_provider_zendesk.stream.paging import Paging

log = logging.getLogger(__name__)

# Status codes with which Zendesk may refuse a broken or expired cursor. Documented only for custom objects: 400
# InvalidCursor.
_CURSOR_REFUSED = (400, 410, 422)
# The limit of pages in a row without a new row, whatever their positions. A few empty pages are normal, and a walk that
# restarted reads a second again.
_PAGES_WITHOUT_FRESH_ROWS = 100


class StreamState(msgspec.Struct, frozen=True):
    """
    The position of a stream, to resume from.

    :param position: in the form of the paging family; None before the first page.
    :param second: the largest sort key seen, UTC epoch seconds.
    :param ids: the ids of the rows of that second.
    :param per_page: records requested per page; None for the export's own page size.
    :param restarted_at: the second (UTC epoch) it restarted from after its cursor was refused; None once it has a new
        cursor.
    :param full_page: rows on a page that was cut off, if the server's page size is not known otherwise.
    """

    position: str | None
    second: int
    ids: tuple[int | str, ...]
    per_page: int | None = None
    restarted_at: int | None = None
    full_page: int | None = None


class Taken(msgspec.Struct, frozen=True):
    """
    The rows of a page.

    :param rows: rows not seen before, by ascending sort key.
    :param backward: rows not seen before that came after later rows of a stream that should be in order; also by ascending
        sort key.
    :param duplicates: how many rows were seen before.
    """

    rows: list[Row]
    backward: list[Row]
    duplicates: int


class Stream:
    """
    The rows of one resource from a moment on, page by page.

    Reading takes two steps, so that the caller can reject a page: :meth:`fetch` requests the page at the current
    position, and :meth:`advance` accepts it. If the server never says that the stream has ended, :attr:`stands` is set
    instead of :attr:`ended`, and :meth:`look_after` finds out.

    :param client: sends the requests.
    :param resource: the catalogue's entry.
    :param endpoint: one of the resource's endpoints.
    :param query: parameters sent for every page.
    :param start_time: UTC epoch seconds, inclusive.
    :param ordered: Zendesk sends the rows by ascending sort key. If it does not, or once a row is out of order, the
        stream remembers every row it has seen.
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
        # A row before the start is out of order.
        self._second = start_time
        self._ids_of_second: set[int | str | bytes] = set()
        self._seen: set[Identity] = set()
        self._pages_without_fresh_rows = 0
        self.order_trusted = ordered
        """No row has been out of order so far."""
        self.ended = False
        """The stream has ended: the server said so, or :meth:`look_after` found no later rows."""
        self.stands = False
        """The position does not advance; this is the end if there are no later rows."""
        self.said_its_end = False
        """The server said that the stream has ended."""

    @property
    def position(self) -> str | None:
        """Where the next page begins: a cursor or a start time; None until a cursor is known."""
        return self._paging.position

    def state(self) -> StreamState:
        """Return the state that :meth:`resume` needs; only for ordered streams."""
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
        """Continue from the state of another stream of the same walk."""
        self._paging.resume(state.position, state.full_page)
        self._restarted_at = state.restarted_at
        if state.restarted_at is not None:
            self._paging.restart(state.restarted_at)
        # A page in mid-stream may begin before the start, with rows of committed windows.
        self._second, self._ids_of_second = state.second, set(state.ids)
        if self._paging.size is not None and state.per_page is not None:
            self._paging.size.rows = min(state.per_page, self._paging.size.most)

    def fetch(self) -> Page:
        """
        Request the page at the current position, with fewer rows if Zendesk takes too long.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: if the request fails.
        """
        failures = 0
        while True:
            size = self._paging.size
            smallest = size is None or size.rows == 1
            try:
                return self._ask(retry_slow=smallest)
            except TOO_SLOW as error:
                if size is None or smallest:
                    error.tell(f"the page from {self._where()} is too slow, even for a single row")
                    raise
                size.shrink()
                failures += 1
                log.warning(
                    "asking for %d rows from %s, because the last request took too long: %s",
                    size.rows,
                    self._where(),
                    error,
                )
                self._client.back_off(failures)
            except ZendeskRefusedError as error:
                if not self._restart(error):
                    raise
            except ZendeskError as error:
                if error.retryable:
                    error.tell(f"could not read the page from {self._where()}")
                raise

    def _ask(self, *, retry_slow: bool) -> Page:
        query = {**self._query, **self._paging.query()}
        page = self._client.get(self._endpoint.path, query, self._decode, retry_slow=retry_slow)
        # Positions are logged, and kept in manifests.
        if page.after_cursor is not None and self._client.repeats_secret(page.after_cursor):
            raise ZendeskResponseError(
                f"the answer's cursor, after that of the page from {self._where()}, repeats the credentials; "
                "check that the connection's host is Zendesk"
            )
        return page

    def _where(self) -> str:
        return iso(self._start_time) if self.position is None else quoted(self.position)

    def _restart(self, refusal: ZendeskRefusedError) -> bool:
        """Restart from the second of the last row if Zendesk refused the cursor; return False if that is not possible."""
        second = max(self._second, self._start_time) if self.order_trusted else self._start_time
        by_cursor = self._endpoint.pagination == "cursor" and self.position is not None
        about_cursor = by_cursor and not isinstance(refusal, ZendeskStartTimeTooRecentError)
        if not about_cursor or refusal.status not in _CURSOR_REFUSED or self._restarted_at == second:
            return False
        log.warning("the cursor %s is refused; going on from %s: %s", self._where(), iso(second), refusal)
        self._restarted_at = second
        self._paging.restart(second)
        return True

    def look_after(self) -> None:
        """
        Find out whether the position that does not advance is the end: request the rows after its second.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskSecondTooFullError: if the second may hold more rows than fit on a page.
        :raises ZendeskError: if the request fails.
        """
        query = {**self._query, **self._paging.query_after()}
        try:
            rows_after = bool(self._client.get(self._endpoint.path, query, self._decode).rows)
        except ZendeskStartTimeTooRecentError:
            rows_after = False  # Zendesk does not return rows that recent
        self.ended = self._paging.is_end(rows_after=rows_after)
        self.stands = False

    def advance(self, page: Page) -> Taken:
        """
        Accept a page, advance past it and return its new rows.

        :raises ZendeskNoProgressError: if the page leads nowhere new, or more than 100 pages in a row had no new row.
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
                "row that had not been read before, and none of them was the end"
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
        """Add new rows to ``fresh`` until one is out of order; return that row and those after it."""
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
            "%s is not in order: record %s of %s came after %s; reading on to the end of the stream, so that no row is "
            "missed",
            self._endpoint.path,
            _name(row),
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


def _name(row: Row) -> str:
    """Return a row's id for the log; a row without one is not named, since it would be quoted whole."""
    return "without id" if isinstance(row.id, bytes) else quoted(repr(row.id))


def _paging(endpoint: Endpoint, query: Mapping[str, str | int], start_time: int) -> Paging:
    size = PageSize(int(query[endpoint.page_size])) if endpoint.page_size in query else None
    if endpoint.pagination == "cursor":
        return CursorPaging(start_time, endpoint, size)
    return TimePaging(start_time, endpoint, size)
