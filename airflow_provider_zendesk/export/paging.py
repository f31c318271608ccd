# SPDX-License-Identifier: Apache-2.0
"""
The paging families: what to ask for next, when the stream has ended, and that it moves.

One class a family. A page that leads nowhere raises, so an endless loop is impossible.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

from airflow_provider_zendesk.exceptions import (
    ZendeskNoProgressError,
    ZendeskResponseError,
    ZendeskSecondTooFullError,
)
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.export.page import Page
    from airflow_provider_zendesk.export.page_size import PageSize
    from airflow_provider_zendesk.resources import Endpoint

log = logging.getLogger(__name__)

_STANDING_PAGES = 3
_DEFAULT_PAGE = 1000


class Paging(Protocol):
    """Where a walk stands."""

    @property
    def position(self) -> str | None:
        """The position in text, for the manifest; None where nothing but ``start_time`` was sent yet."""

    @property
    def size(self) -> PageSize | None:
        """How many records to ask for; None where that cannot be chosen now."""

    def query(self) -> dict[str, str | int]:
        """Return the parameters that ask for the next page."""

    def resume(self, position: str | None) -> None:
        """Go on from where :attr:`position` was noted."""

    def restart(self, start_time: int) -> None:
        """Forget the cursor and go on from a second, UTC epoch, whose rows come again."""

    def advance(self, page: Page) -> bool:
        """
        Move behind a page; True if the stream has ended there.

        :raises ZendeskNoProgressError: if the page leads nowhere new.
        :raises ZendeskResponseError: if the envelope lacks what the family goes by.
        """


class CursorPaging:
    """
    Cursor exports: ``start_time`` on the first call, then the cursor of the page before.

    The stream ends where the envelope says ``end_of_stream`` (custom objects: ``meta.has_more`` false). An empty or a short page ends nothing: both
    occur in mid-stream. The last page's cursor is still set and is where a later call goes on.

    :param start_time: UTC epoch seconds, inclusive.
    :param size: records a page.
    """

    def __init__(self, start_time: int, size: PageSize | None) -> None:
        self._start_time = start_time
        self._standing_pages = 0
        self._since_last_row: set[str] = set()
        self.size = size
        self.position: str | None = None

    def query(self) -> dict[str, str | int]:
        if self.position is None:
            return {"start_time": self._start_time, **_per_page(self.size)}
        return {"cursor": self.position, **_per_page(self.size)}

    def resume(self, position: str | None) -> None:
        self.position = position

    def restart(self, start_time: int) -> None:
        self._start_time, self.position = start_time, None

    def advance(self, page: Page) -> bool:
        if page.end_of_stream is None:
            raise ZendeskResponseError(
                "the answer has neither 'end_of_stream' nor 'meta.has_more', by which a cursor export ends"
            )
        if page.end_of_stream:
            self._move_to(page.after_cursor)
            return True
        if page.rows:
            self._standing_pages = 0
            self._since_last_row.clear()
        if page.after_cursor is not None and page.after_cursor not in (self.position, *self._since_last_row):
            self._move_to(page.after_cursor)
        else:
            self._stand_still(page)
        return False

    def _move_to(self, cursor: str | None) -> None:
        # A null cursor is allowed by the schema: the one before stays good.
        if cursor is not None:
            self.position = cursor
            self._since_last_row.add(cursor)

    def _stand_still(self, page: Page) -> None:
        self._standing_pages += 1
        if page.rows or self._standing_pages > _STANDING_PAGES:
            raise ZendeskNoProgressError(
                f"the stream does not move on from {'its start' if self.position is None else self.position}: "
                f"a page of {len(page.rows)} rows leads back to where it came from, and end_of_stream is false"
            )


class StreamPaging:
    """
    Routing exports: no ``start_time``, and a UUID as cursor in ``next_page``.

    The stream ends where a page is empty, or ``next_page`` is null or names the cursor it was asked with.
    """

    size = None

    def __init__(self) -> None:
        self.position: str | None = None

    def query(self) -> dict[str, str | int]:
        return {} if self.position is None else {"cursor": self.position}

    def resume(self, position: str | None) -> None:
        self.position = position

    def restart(self, start_time: int) -> None:
        self.position = None

    def advance(self, page: Page) -> bool:
        cursor = parse_qs(urlsplit(page.next_page or "").query).get("cursor", [self.position])[0]
        ended = not page.rows or cursor == self.position
        self.position = cursor
        return ended


class TimePaging:
    """
    Time-based exports: every call has the ``start_time`` that the page before gave as ``end_time``.

    That is the second of the page's last row, which comes again: its rows are told apart by id. A page whose rows all
    share one second is over-filled by Zendesk with all of that second, and ends one second later (recorded 2023/24).
    Where a server does not over-fill, the page is made as large as it may be; a second that does not fit then is an
    error.

    The stream ends where ``end_of_stream`` says so. Endpoints that do not say it end where the position no longer
    moves: their last second comes again for ever.

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

    @property
    def position(self) -> str | None:
        return str(self._start_time)

    @property
    def size(self) -> PageSize | None:
        # A second that does not fit a smaller page is not had by one.
        return None if self._widened else self._size

    def query(self) -> dict[str, str | int]:
        if self._widened:
            return {"start_time": self._start_time, "per_page": self._max()}
        return {"start_time": self._start_time, **_per_page(self._size)}

    def resume(self, position: str | None) -> None:
        if position is not None:
            self._start_time = int(position)

    def restart(self, start_time: int) -> None:
        self._start_time = start_time

    def advance(self, page: Page) -> bool:
        says_end = self._endpoint.ends == "end_of_stream"
        if says_end and page.end_of_stream is None:
            raise ZendeskResponseError("the answer has no 'end_of_stream', by which this export ends")
        # A null end_time comes with an empty result: the position stays.
        end_time = self._start_time if page.end_time is None else page.end_time
        if end_time > self._start_time:
            self._start_time = end_time
            self._widened = False
            self._standing_pages = 0
            return bool(page.end_of_stream) or not (says_end or page.next_page)
        return bool(page.end_of_stream) or self._stand_still(page) and not says_end

    def _asked_for(self) -> int:
        return _DEFAULT_PAGE if self._size is None else self._max() if self._widened else self._size.rows

    def _max(self) -> int:
        return self._endpoint.max_per_page or _DEFAULT_PAGE

    def _stand_still(self, page: Page) -> bool:
        """Return True if there is nothing more to come at this second, False if it is to be asked for again."""
        if page.passes(self._start_time + 1):
            raise ZendeskNoProgressError(
                f"the page from {iso(self._start_time)} holds later rows, but its end_time is {page.end_time}: "
                "the stream would go round in circles"
            )
        if len(page.rows) >= self._asked_for():
            self._widen(page)
            return False
        self._standing_pages += 1
        if self._endpoint.ends == "end_of_stream" and self._standing_pages > _STANDING_PAGES:
            raise ZendeskNoProgressError(
                f"the stream does not move on from {iso(self._start_time)}: {len(page.rows)} rows, and "
                "end_of_stream is false"
            )
        return True

    def _widen(self, page: Page) -> None:
        if self._asked_for() >= self._max():
            raise ZendeskSecondTooFullError(self._start_time, len(page.rows))
        self._widened = True
        log.info(
            "the second %s does not fit a page of %d; asking for %d",
            iso(self._start_time),
            len(page.rows),
            self._max(),
        )


def _per_page(size: PageSize | None) -> dict[str, str | int]:
    return {} if size is None else {"per_page": size.rows}
