# SPDX-License-Identifier: Apache-2.0
"""Decides when the next call may be sent, from the rate-limit headers of earlier answers. No I/O but the log."""

from __future__ import annotations

import logging
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ZendeskReserveError
from airflow_provider_zendesk.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

ACCOUNT = "account"

# Zendesk's own Ruby client waits this long if the header is missing.
_DEFAULT_WAIT = 10.0
# The longest Retry-After on record is 93 s; anything above this value is a broken header.
_LONGEST_WAIT = 600.0
_LARGEST_FLOOR = 60.0
# All limits except that of samples are per minute (zendesk-api.md 1.6).
_MINUTE = 60.0
# "zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2"; spelled "rate-limit" until 2023.
_ENDPOINT_LIMIT = re.compile(r"zendesk-rate-?limit-(?P<name>[a-z0-9_-]{1,100})")
_FIELD = re.compile(r"(total|remaining|resets)\s*=\s*(-?[0-9]+)")
# Limits are some hundreds of calls, and Python refuses to read numbers of several thousand digits.
_MOST_DIGITS = 9


class Limit(msgspec.Struct, frozen=True):
    """
    One of the rate limits in an answer's headers.

    :param remaining: calls that the whole account has left in the current period.
    :param total: calls per period; None if not given.
    :param resets: seconds until the next period; None if not given.
    """

    remaining: int
    total: int | None = None
    resets: float | None = None


def limits_told(headers: Mapping[str, str]) -> dict[str, Limit]:
    """
    Return the rate limits in an answer's headers by name: :data:`ACCOUNT`, ``incremental-exports``, ...

    All known spellings are read (zendesk-api.md 4); a value that is not a number is treated as missing.
    """
    lower_case = {name.lower(): value for name, value in headers.items()}
    limits = {}
    for header, value in lower_case.items():
        named = _ENDPOINT_LIMIT.fullmatch(header)
        fields = _fields(header, value) if named else {}
        if named and "remaining" in fields:
            limits[named["name"]] = Limit(fields["remaining"], fields.get("total"), fields.get("resets"))
    remaining = _number(lower_case, "x-rate-limit-remaining", "ratelimit-remaining", "rate-limit-remaining")
    if remaining is not None:
        total = _number(lower_case, "x-rate-limit", "ratelimit-limit", "rate-limit-limit")
        limits[ACCOUNT] = Limit(remaining, total, _number(lower_case, "ratelimit-reset", "rate-limit-reset"))
    return limits


class Budget:
    """
    How many calls to one endpoint the account's rate limits still allow, according to the answers so far.

    Zendesk counts calls for the whole account, so all tasks that share it, on any worker, see the same count and need no
    lock. A call is sent only if more calls are left than the reserve plus the number that others made between our last two
    calls, since they may make as many before our next one. If answers have no rate-limit headers, calls are not held back,
    and Zendesk's 429 answers limit the rate.

    :param reserve: calls per period to leave for everything else that uses the account.
    """

    def __init__(self, reserve: int = 0) -> None:
        self._reserve = reserve
        self._periods: dict[str, _Period] = {}
        self._held = 0.0

    def hold(self, moment: float) -> None:
        """Send no call before a time, UTC epoch seconds, that another task learned from Zendesk."""
        self._held = moment

    def answered(self, limits: Mapping[str, Limit], now: float, *, calls: int = 1) -> None:
        """
        Record an answer's rate limits.

        :param limits: as :func:`limits_told` returns them.
        :param now: this machine's time, UTC epoch seconds.
        :param calls: how many calls the answer used up: 0 if it was a 429, otherwise 1.
        """
        for name, limit in limits.items():
            self._periods[name] = _Period.after(self._periods.get(name), limit, now, calls)

    def limits(self) -> dict[str, Limit]:
        """Return the rate limits that the last answer told, by name."""
        return {name: period.limit for name, period in self._periods.items()}

    def wait(self, now: float) -> tuple[float, str] | None:
        """
        Return when the next call may be sent, UTC epoch seconds, and why not now; None if it may be sent now.

        :raises ZendeskReserveError: if the reserve leaves no calls at all.
        """
        waits = [
            (period.resets_at, self._reason(name, period, now))
            for name, period in self._periods.items()
            if now < period.resets_at and period.limit.remaining <= self._held_back(name, period)
        ]
        if now < self._held:
            waits.append(
                (
                    self._held,
                    f"an earlier task used up this minute's calls; {self._held - now:.0f} s are left of it",
                )
            )
        return max(waits, default=None)

    def _held_back(self, name: str, period: _Period) -> int:
        total = period.limit.total
        if total is not None and 0 < total <= self._reserve:
            raise ZendeskReserveError(
                f"rate_limit_reserve={self._reserve} leaves none of the {total} calls per minute that Zendesk allows here "
                f"({name}); make it smaller"
            )
        return self._reserve + period.others

    def _reason(self, name: str, period: _Period, now: float) -> str:
        limit = period.limit
        return (
            f"{limit.remaining} of {limit.total or 'the'} calls per minute are left ({name}), {self._reserve} are reserved "
            f"and others use {period.others}; the next minute starts in {period.resets_at - now:.0f} s"
        )


class _Period(msgspec.Struct, frozen=True):
    """The current period of a rate limit: its latest values, when it ends, and what others used between our last two calls."""

    limit: Limit
    resets_at: float
    others: int

    @classmethod
    def after(cls, before: _Period | None, limit: Limit, now: float, calls: int) -> _Period:
        resets = _MINUTE if limit.resets is None else min(max(limit.resets, 0.0), _LONGEST_WAIT)
        if before is None:
            others = 0
        elif now < before.resets_at:
            others = before.limit.remaining - calls - limit.remaining
        else:
            # A new period, which started with all its calls left.
            others = before.others if limit.total is None else limit.total - calls - limit.remaining
        return cls(limit, now + resets, max(others, 0))


def retry_after_seconds(header: str | None, server_time: float) -> float:
    """
    Return how long to wait, in seconds, according to ``Retry-After``.

    :param header: seconds (integer or decimal), an HTTP date, an invalid value, or None.
    :param server_time: Zendesk's clock on the same answer, UTC epoch seconds; subtracted from a date.
    """
    return min(max(_seconds(header, server_time), 0.0), _LONGEST_WAIT)


def shortest_wait(refusals: int) -> float:
    """
    Return the shortest time to wait, in seconds: 1, 2, 4, ... up to a minute. ``Retry-After: 0`` alone would not slow down.

    :param refusals: 429 answers since the last successful one; 1 or more.
    """
    return min(2.0 ** min(refusals - 1, 10), _LARGEST_FLOOR)


def _seconds(header: str | None, server_time: float) -> float:
    if header is None:
        return _DEFAULT_WAIT
    try:
        seconds = float(header)
    except ValueError:
        pass
    else:
        return seconds if seconds == seconds else _DEFAULT_WAIT  # "nan" is a float too
    moment = http_date(header)
    return _DEFAULT_WAIT if moment is None else moment - server_time


def http_date(header: str | None) -> float | None:
    """Return UTC epoch seconds; None if the header is not an HTTP date."""
    try:
        return parsedate_to_datetime(header or "").replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(lower_case: Mapping[str, str], *names: str) -> int | None:
    """Return the first of these headers that is a whole number."""
    for name in names:
        text = lower_case.get(name, "").strip()
        if text.isdecimal() and _is_short(name, text):
            return int(text)
    return None


def _fields(header: str, value: str) -> dict[str, int]:
    """Return the numbers in the header of an endpoint's limit."""
    found = _FIELD.findall(value)
    return {name: int(number) for name, number in found if _is_short(header, number)}


def _is_short(header: str, number: str) -> bool:
    """Return False, and say so in the log, if a number has too many digits to be a rate limit."""
    is_short = len(number) <= _MOST_DIGITS
    if not is_short:
        log.warning("ignoring a number of %d digits in the answer's header %s", len(number), quoted(header))
    return is_short
