# SPDX-License-Identifier: Apache-2.0
"""
The paging families: what to ask for next, when the stream has ended, and that it moves.

One class a family. A walk ends on the server's word; where an endpoint has none, a position that stands still is an end
only once a look after its second has shown nothing. A page that leads nowhere raises, so an endless loop is impossible.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, Protocol

from airflow_provider_zendesk.exceptions import (
    ZendeskNoProgressError,
    ZendeskResponseError,
    ZendeskSecondTooFullError,
)
from airflow_provider_zendesk.stream.page import CURSOR_PARTS
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.resources import Endpoint
    from airflow_provider_zendesk.stream.page import Page
    from airflow_provider_zendesk.stream.page_size import PageSize

log = logging.getLogger(__name__)

_STANDING_PAGES = 3

Outcome = Literal["more", "ended", "stands"]
"""After a page: there is more; the stream has ended, as the server says; the position stands still, which proves nothing."""


class Paging(Protocol):
    """Where a walk stands."""

    @property
    def position(self) -> str | None:
        """The position in text, for the manifest; None where nothing but ``start_time`` was sent yet."""

    @property
    def size(self) -> PageSize | None:
        """How many records to ask for; None where that cannot be chosen now."""

    @property
    def full_page(self) -> int | None:
        """Rows of a page of this walk that was cut, for a later walk to know; None: not known."""

    def query(self) -> dict[str, str | int]:
        """Return the parameters that ask for the next page."""

    def query_after(self) -> dict[str, str | int]:
        """Return the parameters that ask for what lies after the second at which the walk stands still."""

    def resume(self, position: str | None, full_page: int | None) -> None:
        """Go on from where :attr:`position` and :attr:`full_page` were noted."""

    def restart(self, start_time: int) -> None:
        """Forget the cursor and go on from a second, UTC epoch, whose rows come again."""

    def advance(self, page: Page, fresh: int) -> Outcome:
        """
        Move behind a page.

        :param fresh: how many of its rows were not seen before.
        :raises ZendeskNoProgressError: if the page leads nowhere new.
        :raises ZendeskResponseError: if the envelope lacks what the family goes by.
        """

    def is_end(self, *, rows_after: bool) -> bool:
        """
        True if a position that stands still is the end, given what a look after its second showed.

        :raises ZendeskSecondTooFullError: if the second may hold more than a page.
        """


class CursorPaging:
    """
    Cursor exports: ``start_time`` on the first call, then the cursor of the page before.

    The stream ends where the envelope says so: ``end_of_stream``, or ``has_more``, or a ``next_page`` that is null. An
    empty or a short page ends nothing: both occur in mid-stream. The last page's cursor may still be set and is where a
    later call goes on.

    :param start_time: UTC epoch seconds, inclusive.
    :param endpoint: how its cursor travels.
    :param size: records a page; None: the endpoint does not let one choose.
    """

    full_page = None

    def __init__(self, start_time: int, endpoint: Endpoint, size: PageSize | None) -> None:
        self._start_time = start_time
        self._endpoint = endpoint
        self._standing_pages = 0
        self._since_fresh_row: set[str] = set()
        self.size = size
        self.position: str | None = None

    def query(self) -> dict[str, str | int]:
        endpoint, query = self._endpoint, _page_size(self._endpoint, self.size)
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
        self._since_fresh_row.clear()

    def advance(self, page: Page, fresh: int) -> Outcome:
        if page.end_of_stream is None:
            raise ZendeskResponseError(
                "the answer has neither 'end_of_stream' nor 'meta.has_more', by which a cursor export ends"
            )
        if page.end_of_stream:
            self._move_to(page.after_cursor)
            return "ended"
        if fresh:
            self._since_fresh_row.clear()
        cursor = page.after_cursor
        if cursor is not None and cursor not in (self.position, *self._since_fresh_row):
            self._standing_pages = 0
            self._move_to(cursor)
            return "more"
        return self._stand_still(page)

    def is_end(self, *, rows_after: bool) -> bool:
        raise NotImplementedError("a cursor export says where it ends")

    def _move_to(self, cursor: str | None) -> None:
        # A null cursor is allowed by the schema: the one before stays good.
        if cursor is not None:
            self.position = cursor
            self._since_fresh_row.add(cursor)

    def _stand_still(self, page: Page) -> Outcome:
        self._standing_pages += 1
        if not page.rows and self._endpoint.ends == "next_page" and self._standing_pages > 1:
            # Documented: stop at count 0. Asked twice, since an empty page may also be a short one.
            return "ended"
        if page.rows or self._standing_pages > _STANDING_PAGES:
            raise ZendeskNoProgressError(
                f"the stream does not move on from {'its start' if self.position is None else self.position}: "
                f"a page of {len(page.rows)} rows leads back to where it came from, and end_of_stream is false"
            )
        return "more"


class TimePaging:
    """
    Time-based exports: every call has the ``start_time`` that the page before gave as ``end_time``.

    That is the second of the page's last row, which comes again: its rows are told apart by id. A page whose rows all
    share one second is over-filled by Zendesk with all of that second, and ends one second later (recorded 2023/24).
    Where a server does not over-fill, the page is made as large as it may be; a second that does not fit then is an
    error.

    The stream ends where the envelope says so. Endpoints that do not say it repeat their last second for ever: there the
    second after it is looked at. Rows there mean that the page was cut within its second, or that the account has moved
    on meanwhile, which asking again tells. Nothing there means the end, unless the page is as full as pages that were
    cut. What cannot be known is whether the very last second of a stream was cut by a page of a size never seen before.

    :param start_time: UTC epoch seconds, inclusive.
    :param endpoint: what ends it, and the most it gives a page.
    :param size: records a page; None: the endpoint does not let one choose.
    """

    def __init__(self, start_time: int, endpoint: Endpoint, size: PageSize | None) -> None:
        self._start_time = start_time
        self._endpoint = endpoint
        self._size = size
        self._widened = False
        self._standing_pages = 0
        self._standing_rows = 0
        self._rows_after = False
        self._fullest = 0
        self._before = 0
        self.full_page: int | None = None

    @property
    def position(self) -> str | None:
        return str(self._start_time)

    @property
    def size(self) -> PageSize | None:
        # A second that does not fit a smaller page is not had by one.
        return None if self._widened else self._size

    def query(self) -> dict[str, str | int]:
        if self._widened:
            return {"start_time": self._start_time, self._endpoint.page_size: self._most()}
        return {"start_time": self._start_time, **_page_size(self._endpoint, self._size)}

    def query_after(self) -> dict[str, str | int]:
        return {"start_time": self._start_time + 1, **_page_size(self._endpoint, self._size)}

    def resume(self, position: str | None, full_page: int | None) -> None:
        if position is not None:
            self._start_time = int(position)
        self.full_page = full_page
        self._fullest = full_page or 0

    def restart(self, start_time: int) -> None:
        self._move_to(start_time)

    def advance(self, page: Page, fresh: int) -> Outcome:
        if page.end_of_stream is None and self._endpoint.ends == "end_of_stream":
            raise ZendeskResponseError("the answer has no 'end_of_stream', by which this export ends")
        self._learn_full_page(page, fresh)
        # A null end_time comes with an empty result: the position stays.
        end_time = self._start_time if page.end_time is None else page.end_time
        if end_time > self._start_time:
            self._move_to(end_time)
            return "ended" if page.end_of_stream else "more"
        return "ended" if page.end_of_stream else self._stand_still(page)

    def is_end(self, *, rows_after: bool) -> bool:
        self._rows_after = rows_after
        if rows_after:
            return False
        if self._is_full(self._standing_rows):
            raise ZendeskSecondTooFullError(self._start_time, self._standing_rows)
        return True

    def _move_to(self, second: int) -> None:
        self._start_time = second
        self._widened = self._rows_after = False
        self._standing_pages = self._standing_rows = 0

    def _learn_full_page(self, page: Page, fresh: int) -> None:
        """Note that the page before was cut, if it was the fullest and this one brings more."""
        if fresh and self._before and self._before >= self._fullest:
            self.full_page = self._before
        self._before = len(page.rows)
        self._fullest = max(self._fullest, len(page.rows))

    def _is_full(self, rows: int) -> bool:
        """True if a page with so many rows within one second may have left some of that second out."""
        endpoint = self._endpoint
        if endpoint.max_per_page is not None:
            return rows >= self._asked_for()
        was_cut = self.full_page is not None and rows == self.full_page == self._fullest
        return was_cut or rows in endpoint.full_pages or rows >= max(endpoint.full_pages)

    def _asked_for(self) -> int:
        return self._most() if self._widened or self._size is None else self._size.rows

    def _most(self) -> int:
        return self._endpoint.max_per_page or max(self._endpoint.full_pages)

    def _stand_still(self, page: Page) -> Outcome:
        if page.passes(self._start_time + 1):
            return self._step_on(page)
        self._standing_rows = max(self._standing_rows, len(page.rows))
        if self._size is not None and self._is_full(len(page.rows)):
            self._widen(page)
            return "more"
        if page.end_of_stream is None and not self._rows_after:
            # Later on there may be rows that the page before this one had been cut at.
            self._before = 0
            return "stands"
        self._standing_pages += 1
        is_cut = self._rows_after and self._is_full(len(page.rows))
        if self._standing_pages <= _STANDING_PAGES and not is_cut:
            return "more"
        if self._standing_rows:
            raise ZendeskSecondTooFullError(self._start_time, self._standing_rows)
        raise ZendeskNoProgressError(
            f"the stream does not move on from {iso(self._start_time)}: no rows, and "
            f"{'there are later ones' if self._rows_after else 'end_of_stream is false'}"
        )

    def _step_on(self, page: Page) -> Outcome:
        """Go on after a second whose page holds later rows, so that it is whole, but names no later position."""
        if page.end_of_stream is None:
            self._move_to(self._start_time + 1)
            return "more"
        raise ZendeskNoProgressError(
            f"the page from {iso(self._start_time)} holds later rows, but its end_time is {page.end_time}: "
            "the stream would go round in circles"
        )

    def _widen(self, page: Page) -> None:
        if self._asked_for() >= self._most():
            raise ZendeskSecondTooFullError(self._start_time, len(page.rows))
        self._widened = True
        log.info(
            "the second %s does not fit a page of %d; asking for %d",
            iso(self._start_time),
            len(page.rows),
            self._most(),
        )


def _page_size(endpoint: Endpoint, size: PageSize | None) -> dict[str, str | int]:
    return {} if size is None else {endpoint.page_size: size.rows}
