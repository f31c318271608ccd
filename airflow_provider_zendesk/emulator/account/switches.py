# SPDX-License-Identifier: Apache-2.0
"""Settings in which real accounts differ from each other or from the documentation."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

HeaderSpelling = Literal["2026", "2023", "documented", "account_only", "none"]
CustomObjectsEnd = Literal["has_more", "end_of_stream", "both"]
RetryAfterForm = Literal["seconds", "fraction", "date", "none", "absurd", "negative", "nonsense"]

CHOICES: dict[str, tuple[str, ...]] = {
    "custom_objects_end": get_args(CustomObjectsEnd),
    "header_spelling": get_args(HeaderSpelling),
    "retry_after_form": get_args(RetryAfterForm),
}


class Switches:
    """Settings that a test can change at any time, with their default values."""

    exists: bool = True
    """False: there is no help desk at this address."""

    password_access: bool = True
    """False: email and password are refused, as Zendesk does since January 2026."""

    legacy_too_recent: bool = False
    """True: the older answer to a too recent ``start_time``, 422 instead of 400."""

    null_last_cursor: bool = False
    """True: at the end of the stream, with nothing new, ``after_cursor`` is null instead of the request's."""

    server_page: int | None = None
    """Maximum rows of a page of any export, whatever was requested; a page within one second is extended as usual."""

    short_page: int | None = None
    """
    Maximum rows, perhaps 0, of the next page only, although more are left; None again after that page.

    The page's position is that of its last row, or the requested one if it has none.
    """

    over_fill: bool = True
    """False: a time-based page has no more rows than requested, even if they all have the same second."""

    late_rows: int = 0
    """
    Seconds: one row in four appears up to this long after its sort key, at the place of its sort key in the stream.

    A client that has already read past this place misses it (Estuary's connector, 2026-09, waits for such rows).
    :meth:`ZendeskEmulator.late_by` says which rows are late and by how much.
    """

    old_rows: int = 0
    """
    Seconds: another row in four comes up to this much later in the stream than its sort key.

    Pages, ``end_time`` and cursors follow the later place, but the row has its older sort key. So an export contains
    rows from before its start (reported by a reader of live ticket events, 2026-10). See :meth:`ZendeskEmulator.old_by`.
    """

    shuffled_rows: bool = False
    """True: the rows within a page are shuffled; pages follow each other as usual."""

    tells_end: bool = False
    """True: metric events by time, articles and Talk have ``end_of_stream``, which is not in their schemas."""

    custom_objects_end: CustomObjectsEnd = "has_more"
    """
    The fields with which custom object pages signal the end.

    Zendesk's OpenAPI has ``meta.has_more``, one of Zendesk's guides has ``end_of_stream``.
    """

    routing_repeats_cursor: bool = False
    """True: an empty routing page has the request's cursor in ``next_page`` again instead of null."""

    metric_sets_on_top: bool = False
    """True: the sideload ``metric_sets`` is a top-level array instead of a ``metric_set`` in each ticket."""

    pretty_rows: bool = False
    """True: rows are indented over several lines; apart from white space they are unchanged."""

    heaviest_page: int | None = None
    """A page with more rows than this is answered with 504 "upstream request timeout", whatever was requested."""

    slow_page: float = 0.0
    """Real seconds that each export page takes, including a 504; it shows the account at the start of the request."""

    header_spelling: HeaderSpelling = "2026"
    """Names of the rate limit headers, see :data:`~.limit_headers.SPELLINGS`; with ``none``, a 429 still has Retry-After."""

    retry_after_form: RetryAfterForm = "seconds"
    """``Retry-After`` on a 429: the time to wait in one of several forms, no header, or a useless value."""

    list_page: int | None = None
    """Maximum rows of a page of a list such as the groups, whatever was requested; None for Zendesk's 100."""

    forbidden_lists: Mapping[str, str] = MappingProxyType({})
    """Lists that may not be read, and why: ``plan`` (404), ``role`` (403), or the scope that the token lacks (403)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is {value!r}; choose one of: {', '.join(CHOICES[name])}")
        super().__setattr__(name, value)

    def restore(self) -> None:
        """Reset every switch to its default."""
        for name in Switches.__annotations__:
            setattr(self, name, getattr(Switches, name))
