# SPDX-License-Identifier: Apache-2.0
"""How far a walk is and when it will be done, for people to read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.window import Window, iso

if TYPE_CHECKING:
    from collections.abc import Callable


class PageReport(msgspec.Struct, frozen=True):
    """
    Where a walk is.

    :param position: the last record's sort key, ``2026-11-20T00:00:00Z``; None if the page had none.
    :param rows: read so far.
    :param rows_a_minute: since the walk began.
    :param seconds_before_end: how far the position is from the window's end.
    :param minutes_to_go: at this pace; None while it cannot be told.
    :param requests: calls to Zendesk so far.
    :param retries: how many of them were tries after the first.
    """

    position: str | None
    rows: int
    rows_a_minute: int
    seconds_before_end: int | None
    minutes_to_go: float | None
    requests: int
    retries: int

    def __str__(self) -> str:
        if self.position is None:
            return f"{self.rows} rows so far"
        to_go = (
            "time to go not known yet" if self.minutes_to_go is None else f"{self.minutes_to_go} min to go"
        )
        return f"at {self.position}, {self.seconds_before_end} s before the end, {self.rows_a_minute} rows a minute, {to_go}"


class Pace:
    """
    Follows a walk through its window.

    :param window: the run's window.
    :param clock: seconds that only go up.
    """

    def __init__(self, window: Window, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._began = clock()
        self._first: int | None = None
        self._rows = 0

    def after(self, rows: int, at: int | None, requests: int = 0, retries: int = 0) -> PageReport:
        """
        Return where the walk is after a page.

        :param rows: of the page.
        :param at: the largest sort key of the page, UTC epoch seconds; None if it has no rows.
        :param requests: calls to Zendesk so far.
        :param retries: how many of them were tries after the first.
        """
        self._rows += rows
        minutes = max(self._clock() - self._began, 0.001) / 60
        left = None if at is None else max(self._window.end - at, 0)
        to_go = None
        if at is not None and left is not None:
            first = self._first = at if self._first is None else self._first
            # The first page says where the records begin; from there on time in the stream passes at a pace.
            to_go = minutes * left / (at - first) if at > first else None
        return PageReport(
            position=None if at is None else iso(at),
            rows=self._rows,
            rows_a_minute=round(self._rows / minutes),
            seconds_before_end=left,
            minutes_to_go=None if to_go is None else round(to_go, 1),
            requests=requests,
            retries=retries,
        )
