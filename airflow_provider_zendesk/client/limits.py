# SPDX-License-Identifier: Apache-2.0
"""When the next call may leave. Pure: headers and moments in, moments out."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "account"

# What Zendesk's own Ruby client waits when the header is missing.
_DEFAULT_WAIT = 10.0
# 93 s is the longest wait on record; anything beyond this is a broken header, not a limit.
_LONGEST_WAIT = 600.0
_LARGEST_FLOOR = 60.0
# All limits but that of samples are told for a minute (zendesk-api.md 1.6).
_MINUTE = 60.0
# "zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2"; "rate-limit" until 2023.
_ENDPOINT_LIMIT = re.compile(r"zendesk-rate-?limit-(?P<name>.+)")
_FIELD = re.compile(r"(total|remaining|resets)\s*=\s*(-?\d+)")


class Limit(msgspec.Struct, frozen=True):
    """
    One of the limits that an answer tells.

    :param remaining: calls left in its window, of the whole account's.
    :param total: calls in a window; None if not told.
    :param resets: seconds until the next window; None if not told.
    """

    remaining: int
    total: int | None = None
    resets: float | None = None


def limits_told(headers: Mapping[str, str]) -> dict[str, Limit]:
    """
    Return the limits that an answer's headers tell, by name: :data:`ACCOUNT`, ``incremental-exports``, ...

    All spellings on record are read (zendesk-api.md 4); what is no number is as good as not told.
    """
    said = {name.lower(): value for name, value in headers.items()}
    limits = {}
    for header, value in said.items():
        named = _ENDPOINT_LIMIT.fullmatch(header)
        fields = {name: int(number) for name, number in _FIELD.findall(value)}
        if named and "remaining" in fields:
            limits[named["name"]] = Limit(fields["remaining"], fields.get("total"), fields.get("resets"))
    remaining = _number(said, "x-rate-limit-remaining", "ratelimit-remaining", "rate-limit-remaining")
    if remaining is not None:
        total = _number(said, "x-rate-limit", "ratelimit-limit", "rate-limit-limit")
        limits[ACCOUNT] = Limit(remaining, total, _number(said, "ratelimit-reset", "rate-limit-reset"))
    return limits


class Budget:
    """
    What the calls to one endpoint may use of the account's limits, as the answers tell it.

    Zendesk counts for the whole account, so all that share it, on any worker, see the same count and need no lock. A call
    leaves only while more are left than are reserved and than the others took between the last two of ours: they will
    take as many again before the next. Without headers nothing is held back, and a 429 does the same.

    :param reserve: calls of a window that are left to everything else on the account.
    """

    def __init__(self, reserve: int = 0) -> None:
        self._reserve = reserve
        self._windows: dict[str, _Window] = {}
        self._held = 0.0

    def hold(self, moment: float) -> None:
        """Let no call leave before a moment, UTC epoch seconds, that another task was told."""
        self._held = moment

    def answered(self, limits: Mapping[str, Limit], now: float, *, calls: int = 1) -> None:
        """
        Take note of an answer.

        :param limits: what it told, see :func:`limits_told`.
        :param now: this machine's time, UTC epoch seconds.
        :param calls: what the answered call has used up: 0 if it was refused for the rate.
        """
        for name, limit in limits.items():
            self._windows[name] = _Window.after(self._windows.get(name), limit, now, calls)

    def wait(self, now: float) -> tuple[float, str] | None:
        """
        Return the moment before which the next call must not leave, UTC epoch seconds, and why; None: it may leave.

        :raises ValueError: if the reserve leaves nothing at all.
        """
        waits = [
            (window.resets_at, self._reason(name, window, now))
            for name, window in self._windows.items()
            if now < window.resets_at and window.limit.remaining <= self._kept(name, window)
        ]
        if now < self._held:
            waits.append(
                (self._held, f"the task before has used up this minute, for {self._held - now:.0f} s yet")
            )
        return max(waits, default=None)

    def _kept(self, name: str, window: _Window) -> int:
        total = window.limit.total
        if total is not None and 0 < total <= self._reserve:
            raise ValueError(
                f"rate_limit_reserve={self._reserve} leaves none of the {total} calls a minute that Zendesk allows here "
                f"({name}); make it smaller"
            )
        return self._reserve + window.others

    def _reason(self, name: str, window: _Window, now: float) -> str:
        limit = window.limit
        return (
            f"{limit.remaining} of {limit.total or 'the'} calls a minute are left ({name}), {self._reserve} are reserved "
            f"and others take {window.others}; the next minute begins in {window.resets_at - now:.0f} s"
        )


class _Window(msgspec.Struct, frozen=True):
    """A limit's current window: what was told last, when it ends, and the calls of others before that."""

    limit: Limit
    resets_at: float
    others: int

    @classmethod
    def after(cls, before: _Window | None, limit: Limit, now: float, calls: int) -> _Window:
        resets = _MINUTE if limit.resets is None else min(max(limit.resets, 0.0), _LONGEST_WAIT)
        if before is None:
            others = 0
        elif now < before.resets_at:
            others = before.limit.remaining - calls - limit.remaining
        else:
            # A new window, which began full.
            others = before.others if limit.total is None else limit.total - calls - limit.remaining
        return cls(limit, now + resets, max(others, 0))


def retry_after_seconds(header: str | None, server_time: float) -> float:
    """
    Return how long to wait, in seconds, from what ``Retry-After`` says.

    :param header: whole or broken seconds, an HTTP date, nonsense, or None.
    :param server_time: Zendesk's clock on the same answer, UTC epoch seconds; a date is read against it.
    """
    return min(max(_seconds(header, server_time), 0.0), _LONGEST_WAIT)


def shortest_wait(refusals: int) -> float:
    """
    Return how long to wait at least, in seconds: ``Retry-After: 0`` would have the calls follow each other at once.

    :param refusals: for the rate, since the last good answer; 1 or more. 1 s, 2 s, 4 s, ... up to a minute.
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
    """Return UTC epoch seconds, None for what is no HTTP date."""
    try:
        return parsedate_to_datetime(header or "").replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(said: Mapping[str, str], *names: str) -> int | None:
    """Return the first of these headers that is a whole number."""
    return next((int(text) for name in names if (text := said.get(name, "").strip()).isdecimal()), None)
