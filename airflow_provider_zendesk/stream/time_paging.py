# SPDX-License-Identifier: Apache-2.0
"""Paging through time-based exports."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import (
    ZendeskNoProgressError,
    ZendeskResponseError,
    ZendeskSecondTooFullError,
)
from airflow_provider_zendesk.stream.paging import MAX_STALLED_PAGES, page_size_parameter
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.resources import Endpoint
    from airflow_provider_zendesk.stream.page import Page
    from airflow_provider_zendesk.stream.page_size import PageSize
    from airflow_provider_zendesk.stream.paging import Outcome

log = logging.getLogger(__name__)


class TimePaging:
    """
    Time-based exports: each call's ``start_time`` is the ``end_time`` of the previous page.

    ``end_time`` is the second of the page's last row, so the rows of that second come again and are recognised by id.
    If all rows of a page share one second, Zendesk over-fills the page with every row of that second and sets
    ``end_time`` one second later (recorded 2023/24). If a server does not over-fill, the page size is raised to the
    maximum; if the second does not fit even then, that is an error.

    The stream ends when the envelope says so. Endpoints that do not say so repeat their last second forever. For those,
    one request asks for rows after that second:

    * It returns rows: either the page was cut off within its second, or the account has new rows by now. Requesting
      the page again shows which.
    * It returns none: this is the end, unless the page is as full as pages known to have been cut off.

    One case cannot be detected: the very last second of a stream cut off by a page of a size never seen before.

    :param start_time: UTC epoch seconds, inclusive.
    :param endpoint: says what ends it and how many records fit on a page.
    :param size: records per page; None if the endpoint does not let the caller choose.
    """

    def __init__(self, start_time: int, endpoint: Endpoint, size: PageSize | None) -> None:
        self._start_time = start_time
        self._endpoint = endpoint
        self._size = size
        self._widened = False
        self._stalled_pages = 0
        self._stalled_rows = 0
        self._rows_after = False
        self._fullest = 0
        self._previous_rows = 0
        self.full_page: int | None = None

    @property
    def position(self) -> str | None:
        return str(self._start_time)

    @property
    def size(self) -> PageSize | None:
        # The second did not fit on a smaller page, so the size must not shrink now.
        return None if self._widened else self._size

    def query(self) -> dict[str, str | int]:
        if self._widened:
            return {"start_time": self._start_time, self._endpoint.page_size: self._max_rows()}
        return {"start_time": self._start_time, **page_size_parameter(self._endpoint, self._size)}

    def query_after(self) -> dict[str, str | int]:
        return {"start_time": self._start_time + 1, **page_size_parameter(self._endpoint, self._size)}

    def resume(self, position: str | None, full_page: int | None) -> None:
        if position is not None:
            self._start_time = int(position)
        self.full_page = full_page
        self._fullest = full_page or 0

    def restart(self, start_time: int) -> None:
        self._move_to(start_time)

    def advance(self, page: Page, fresh: int) -> Outcome:
        if page.end_of_stream is None and self._endpoint.ends == "end_of_stream":
            raise ZendeskResponseError(
                "the answer has no 'end_of_stream', so there is no way to tell where this export ends"
            )
        self._learn_full_page(page, fresh)
        # An empty result has a null end_time; the position does not change then.
        end_time = self._start_time if page.end_time is None else page.end_time
        if end_time > self._start_time:
            self._move_to(end_time)
            return "ended" if page.end_of_stream else "more"
        return "ended" if page.end_of_stream else self._stall(page)

    def is_end(self, *, rows_after: bool) -> bool:
        self._rows_after = rows_after
        if rows_after:
            return False
        if self._is_full(self._stalled_rows):
            raise ZendeskSecondTooFullError(self._start_time, self._stalled_rows)
        return True

    def _move_to(self, second: int) -> None:
        self._start_time = second
        self._widened = self._rows_after = False
        self._stalled_pages = self._stalled_rows = 0

    def _learn_full_page(self, page: Page, fresh: int) -> None:
        """Record that the previous page was cut off, if it was the fullest so far and this one has new rows."""
        if fresh and self._previous_rows and self._previous_rows >= self._fullest:
            self.full_page = self._previous_rows
        self._previous_rows = len(page.rows)
        self._fullest = max(self._fullest, len(page.rows))

    def _is_full(self, rows: int) -> bool:
        """Return True if a page with this many rows in one second may lack some rows of that second."""
        endpoint = self._endpoint
        if endpoint.max_per_page is not None:
            return rows >= self._requested_rows()
        was_cut = self.full_page is not None and rows == self.full_page == self._fullest
        return was_cut or rows in endpoint.full_pages or rows >= max(endpoint.full_pages)

    def _requested_rows(self) -> int:
        return self._max_rows() if self._widened or self._size is None else self._size.rows

    def _max_rows(self) -> int:
        return self._endpoint.max_per_page or max(self._endpoint.full_pages)

    def _stall(self, page: Page) -> Outcome:
        """Handle a page that does not advance the position."""
        if page.passes(self._start_time + 1):
            return self._step_to_next_second(page)
        self._stalled_rows = max(self._stalled_rows, len(page.rows))
        if self._size is not None and self._is_full(len(page.rows)):
            self._widen(page)
            return "more"
        if page.end_of_stream is None and not self._rows_after:
            # Rows that appear later may be new, so they do not prove that this page was cut off.
            self._previous_rows = 0
            return "stands"
        self._stalled_pages += 1
        is_cut = self._rows_after and self._is_full(len(page.rows))
        if self._stalled_pages <= MAX_STALLED_PAGES and not is_cut:
            return "more"
        if self._stalled_rows:
            raise ZendeskSecondTooFullError(self._start_time, self._stalled_rows)
        raise ZendeskNoProgressError(
            f"the stream does not move on from {iso(self._start_time)}: the page has no rows, but "
            f"{'there are later ones' if self._rows_after else 'end_of_stream is false'}"
        )

    def _step_to_next_second(self, page: Page) -> Outcome:
        """Advance by one second after a page that has later rows, so its first second is whole, but no later end_time."""
        if page.end_of_stream is None:
            self._move_to(self._start_time + 1)
            return "more"
        raise ZendeskNoProgressError(
            f"the page from {iso(self._start_time)} holds later rows, but its end_time is {page.end_time}: "
            "the stream would go round in circles"
        )

    def _widen(self, page: Page) -> None:
        if self._requested_rows() >= self._max_rows():
            raise ZendeskSecondTooFullError(self._start_time, len(page.rows))
        self._widened = True
        log.info(
            "the second %s does not fit on a page of %d rows; requesting %d",
            iso(self._start_time),
            len(page.rows),
            self._max_rows(),
        )
