# SPDX-License-Identifier: Apache-2.0
"""Ways in which real accounts differ from each other, or from what is documented."""

from __future__ import annotations

from typing import Any, Literal, get_args

HeaderSpelling = Literal["2026", "2023", "documented", "account_only", "none"]
RetryAfterForm = Literal["seconds", "fraction", "date", "none", "absurd", "negative", "nonsense"]
CustomObjectsEnd = Literal["has_more", "end_of_stream", "both"]

CHOICES: dict[str, tuple[str, ...]] = {
    "header_spelling": get_args(HeaderSpelling),
    "retry_after_form": get_args(RetryAfterForm),
    "custom_objects_end": get_args(CustomObjectsEnd),
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

    short_page: int | None = None
    """The next page holds no more rows than this, perhaps none, though more are left; None again after it."""

    over_fill: bool = True
    """False: a time-based page holds no more rows than asked for, even where they all share one second."""

    tells_end: bool = False
    """True: pages of metric events by time, articles, calls and legs have ``end_of_stream``, which their schema lacks."""

    custom_objects_end: CustomObjectsEnd = "has_more"
    """How a page of a custom object says whether there is more: a guide and the OpenAPI file disagree."""

    server_page: int | None = None
    """Rows that a page of any export has at most, whatever was asked for."""

    late_rows: int = 0
    """One row in four shows only up to so many seconds after its sort key, in its place: behind walks that have passed it."""

    old_rows: int = 0
    """One row in four lies in the stream up to so many seconds behind its own sort key: the position follows delivery."""

    shuffled_rows: bool = False
    """True: the rows of a page are in no order, though pages follow each other as ever."""

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
