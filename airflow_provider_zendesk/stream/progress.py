# SPDX-License-Identifier: Apache-2.0
"""How far a walk is and when it will finish, for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.window import Window, iso

if TYPE_CHECKING:
    from collections.abc import Callable


class PageReport(msgspec.Struct, frozen=True):
    """
    How far a walk is.

    :param position: the last record's sort key, ``2026-11-20T00:00:00Z``; None if the page had no rows.
    :param page_rows: rows of the page just read.
    :param rows: rows read so far, including those read before the task deferred.
    :param rows_a_minute: the average since the walk began.
    :param seconds_before_end: how far the position is from the window's end.
    :param minutes_to_go: the estimated time left at this pace; None while it is unknown.
    :param requests: calls to Zendesk so far.
    :param retries: how many of them were retries.
    """

    position: str | None
    page_rows: int
    rows: int
    rows_a_minute: int
    seconds_before_end: int | None
    minutes_to_go: float | None
    requests: int
    retries: int

    def __str__(self) -> str:
        if self.position is None:
            return f"{self.rows} rows so far"
        to_go = "" if self.minutes_to_go is None else f", {self.minutes_to_go} min to go"
        return f"to {self.position}, {self.seconds_before_end} s before the end{to_go}"


class WalkProgress(msgspec.Struct):
    """
    The progress of a walk.

    :param began_at: when the walk began, UTC epoch seconds.
    :param first: the largest sort key of the first page with rows, UTC epoch seconds; None before that.
    :param rows: rows read so far.
    """

    began_at: float
    first: int | None = None
    rows: int = 0


class ProgressMeter:
    """
    Measures the progress of a walk through its window.

    :param window: the run's window.
    :param clock: returns this machine's time, UTC epoch seconds.
    """

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock
        self.progress = WalkProgress(clock())
        """The progress so far; may be set to the progress that the same walk had made before its task deferred."""

    def after(self, rows: int, at: int | None, requests: int = 0, retries: int = 0) -> PageReport:
        """
        Return the progress after a page.

        :param rows: rows of the page.
        :param at: the largest sort key of the page, UTC epoch seconds; None if it has no rows.
        :param requests: calls to Zendesk so far.
        :param retries: how many of them were retries.
        """
        so_far = self.progress
        so_far.rows += rows
        minutes = max(self._clock() - so_far.began_at, 0.001) / 60
        left = None if at is None else max(self._window.end - at, 0)
        to_go = None
        if at is not None and left is not None:
            first = so_far.first = at if so_far.first is None else so_far.first
            # The first page shows where the records begin; the pace is measured from there.
            to_go = minutes * left / (at - first) if at > first else None
        return PageReport(
            position=None if at is None else iso(at),
            page_rows=rows,
            rows=so_far.rows,
            rows_a_minute=round(so_far.rows / minutes),
            seconds_before_end=left,
            minutes_to_go=None if to_go is None else round(to_go, 1),
            requests=requests,
            retries=retries,
        )
