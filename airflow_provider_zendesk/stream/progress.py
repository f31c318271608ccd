# SPDX-License-Identifier: Apache-2.0
"""How far a walk is and when it will be done, for people to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.window import Window, iso

if TYPE_CHECKING:
    from collections.abc import Callable


class PageReport(msgspec.Struct, frozen=True):
    """
    Where a walk is.

    :param position: the last record's sort key, ``2026-11-20T00:00:00Z``; None if the page had none.
    :param page_rows: rows of the page just read.
    :param rows: read so far, before the worker was given back too.
    :param rows_a_minute: since the walk began.
    :param seconds_before_end: how far the position is from the window's end.
    :param minutes_to_go: at this pace; None while it cannot be told.
    :param requests: calls to Zendesk so far.
    :param retries: how many of them were tries after the first.
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
        to_go = (
            "time to go not known yet" if self.minutes_to_go is None else f"{self.minutes_to_go} min to go"
        )
        return f"at {self.position}, {self.seconds_before_end} s before the end, {self.rows_a_minute} rows a minute, {to_go}"


class WalkProgress(msgspec.Struct):
    """
    How far a walk has come.

    :param began_at: UTC epoch seconds.
    :param first: where the first page ended, UTC epoch seconds; None before that.
    :param rows: read so far.
    """

    began_at: float
    first: int | None = None
    rows: int = 0


class ProgressMeter:
    """
    Follows a walk through its window.

    :param window: the run's window.
    :param clock: this machine's time, UTC epoch seconds.
    """

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock
        self.progress = WalkProgress(clock())
        """So far; it may be set to where the same walk stood before it gave its worker back."""

    def after(self, rows: int, at: int | None, requests: int = 0, retries: int = 0) -> PageReport:
        """
        Return where the walk is after a page.

        :param rows: of the page.
        :param at: the largest sort key of the page, UTC epoch seconds; None if it has no rows.
        :param requests: calls to Zendesk so far.
        :param retries: how many of them were tries after the first.
        """
        so_far = self.progress
        so_far.rows += rows
        minutes = max(self._clock() - so_far.began_at, 0.001) / 60
        left = None if at is None else max(self._window.end - at, 0)
        to_go = None
        if at is not None and left is not None:
            first = so_far.first = at if so_far.first is None else so_far.first
            # The first page says where the records begin; from there on time in the stream passes at a pace.
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
