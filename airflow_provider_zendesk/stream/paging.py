# SPDX-License-Identifier: Apache-2.0
"""
What the paging families share: the interface to a walk's position.

Each family has a module of its own. It decides what to request next, when the stream has ended, and that the position
advances. A walk ends when the server says so. Some endpoints never say so: there, a position that does not advance is
the end only if a request for rows after its second returns none. A page that leads nowhere new raises an error, so a
walk cannot loop forever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from airflow_provider_zendesk.resources import Endpoint
    from airflow_provider_zendesk.stream.page import Page
    from airflow_provider_zendesk.stream.page_size import PageSize

MAX_STALLED_PAGES = 3
"""Pages in a row that may leave the position where it is."""

Outcome = Literal["more", "ended", "stands"]
"""
The result of a page: there is more; the server says that the stream has ended; or the position did not advance, which
alone does not prove the end.
"""


class Paging(Protocol):
    """The position of a walk."""

    @property
    def position(self) -> str | None:
        """The position as text, for the manifest; None if only ``start_time`` has been sent so far."""

    @property
    def size(self) -> PageSize | None:
        """How many records to request; None if that cannot be chosen now."""

    @property
    def full_page(self) -> int | None:
        """Rows on a page of this walk that was cut off, so that a later walk knows it; None if unknown."""

    def query(self) -> dict[str, str | int]:
        """Return the parameters that request the next page."""

    def query_after(self) -> dict[str, str | int]:
        """Return the parameters that request rows after the second at which the position does not advance."""

    def resume(self, position: str | None, full_page: int | None) -> None:
        """Continue from a saved :attr:`position` and :attr:`full_page`."""

    def restart(self, start_time: int) -> None:
        """Drop the cursor and continue from a second (UTC epoch), whose rows will come again."""

    def advance(self, page: Page, fresh: int) -> Outcome:
        """
        Advance the position past a page.

        :param fresh: how many of its rows have not been seen before.
        :raises ZendeskNoProgressError: if the page leads nowhere new.
        :raises ZendeskResponseError: if the envelope lacks the fields that this family needs.
        """

    def is_end(self, *, rows_after: bool) -> bool:
        """
        Return True if a position that does not advance is the end of the stream.

        :param rows_after: whether the request from :meth:`query_after` returned rows.
        :raises ZendeskSecondTooFullError: if the second may hold more rows than fit on a page.
        """


def page_size_parameter(endpoint: Endpoint, size: PageSize | None) -> dict[str, str | int]:
    """Return the query parameter that sets the page size; empty if the size cannot be chosen."""
    return {} if size is None else {endpoint.page_size: size.rows}
