# SPDX-License-Identifier: Apache-2.0
"""Walking one resource: page after page, in order, each row once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ZendeskOrderError
from airflow_provider_zendesk.export.checkpoint import StreamState
from airflow_provider_zendesk.export.page import Page, PageDecoder, Row
from airflow_provider_zendesk.export.paging import CursorPaging, Paging, StreamPaging, TimePaging
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.resources import Endpoint, Resource


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
        self._ordered = ordered
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
        return StreamState(self._paging.position, self._second, ids)

    def resume(self, state: StreamState) -> None:
        """Go on where another stream of the same walk stood."""
        self._paging.resume(state.position)
        self._second, self._ids_of_second = state.second, set(state.ids)

    def fetch(self) -> Page:
        """
        Ask for the page at the current position.

        :raises NotBefore: if Zendesk asks to wait.
        :raises ZendeskError: if the page cannot be had.
        """
        return self._client.get(self._endpoint.path, {**self._query, **self._paging.query()}, self._decode)

    def advance(self, page: Page) -> tuple[list[Row], int]:
        """
        Move behind a page and return its rows by sort key, without those seen before, and how many those were.

        :raises ZendeskOrderError: if a row goes backwards.
        :raises ZendeskNoProgressError: if the page leads nowhere new.
        """
        rows = self._in_order(page.rows) if self._ordered else self._in_any_order(page.rows)
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
    if endpoint.pagination == "cursor":
        return CursorPaging(start_time)
    per_page = query.get("per_page")
    return TimePaging(start_time, endpoint, None if per_page is None else int(per_page))
