# SPDX-License-Identifier: Apache-2.0
"""Ways in which real accounts differ from each other, or from what is documented."""

from __future__ import annotations

from typing import Any, Literal, get_args

HeaderSpelling = Literal["2026", "2023", "documented", "account_only", "none"]
CustomObjectsEnd = Literal["has_more", "end_of_stream", "both"]
RetryAfterForm = Literal["seconds", "fraction", "date", "none", "absurd", "negative", "nonsense"]

CHOICES: dict[str, tuple[str, ...]] = {
    "custom_objects_end": get_args(CustomObjectsEnd),
    "header_spelling": get_args(HeaderSpelling),
    "retry_after_form": get_args(RetryAfterForm),
}


class Switches:
    """What a test may turn on or off at any time; the values here are the usual ones."""

    exists: bool = True
    """False: there is no help desk at this address."""

    password_access: bool = True
    """False: email and password are refused, as Zendesk does since January 2026."""

    legacy_too_recent: bool = False
    """True: the older answer to a too recent ``start_time``, 422 instead of 400."""

    null_last_cursor: bool = False
    """True: at the end of the stream, with nothing new, ``after_cursor`` is null instead of the request's."""

    server_page: int | None = None
    """Rows that a page of any export has at most, whatever was asked for; one within a second is filled up all the same."""

    short_page: int | None = None
    """
    The next page holds no more rows than this, perhaps none, though more are left; None again after it.

    Its position is that of its last row, and if it has none the one that was asked for.
    """

    over_fill: bool = True
    """False: a time-based page holds no more rows than asked for, even where they all share one second."""

    late_rows: int = 0
    """
    Seconds: one row in four shows only so long after its sort key, or somewhat less, at its old place in the stream.

    Until then it is not there, and a walk has passed its place (Estuary's connector, 2026-09, waits for such rows).
    :meth:`ZendeskEmulator.late_by` tells which rows and how long.
    """

    old_rows: int = 0
    """
    Seconds: another row in four lies so far behind its sort key in the stream, or somewhat less.

    A page is cut by that place, and ``end_time`` and cursor name it, while the row says its older sort key; so a walk
    meets rows from before its start (a reader of live ticket events, 2026-10). See :meth:`ZendeskEmulator.old_by`.
    """

    shuffled_rows: bool = False
    """True: a page's rows are in no order, though pages follow each other as ever."""

    tells_end: bool = False
    """True: metric events by time, articles and Talk have ``end_of_stream``, which their schemas lack."""

    custom_objects_end: CustomObjectsEnd = "has_more"
    """
    How pages of custom objects tell their end.

    By ``meta.has_more`` in Zendesk's OpenAPI, by ``end_of_stream`` in a guide of Zendesk's, or by both.
    """

    routing_repeats_cursor: bool = False
    """True: with nothing after its cursor, a routing page's ``next_page`` has that cursor again instead of being null."""

    metric_sets_on_top: bool = False
    """True: the sideload ``metric_sets`` is an array beside the tickets instead of a ``metric_set`` in each."""

    pretty_rows: bool = False
    """True: rows are spread over several lines; without white space they are the same bytes as ever."""

    heaviest_page: int | None = None
    """A page that would hold more rows than this ends in 504 "upstream request timeout", whatever was asked for."""

    slow_page: float = 0.0
    """Real seconds that each page of an export takes, also one too heavy; it shows the account as it was before them."""

    header_spelling: HeaderSpelling = "2026"
    """How answers spell the rate limits, see :data:`~.limit_headers.SPELLINGS`; without any, a 429 has Retry-After."""

    retry_after_form: RetryAfterForm = "seconds"
    """What ``Retry-After`` says on a 429: the time to wait in one form or another, nothing, or what is of no use."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is {value!r}; choose one of: {', '.join(CHOICES[name])}")
        super().__setattr__(name, value)

    def restore(self) -> None:
        """Turn every switch back to its usual value."""
        for name in Switches.__annotations__:
            setattr(self, name, getattr(Switches, name))
