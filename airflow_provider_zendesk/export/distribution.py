# SPDX-License-Identifier: Apache-2.0
"""Writes each row of a page to the window it belongs to, whatever order rows come in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_zendesk.export.window_writer import WindowWriter
from airflow_provider_zendesk.lake.layout import late_dataset
from airflow_provider_zendesk.stream.page import rows_between
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.stream.page import Page, Row
    from airflow_provider_zendesk.stream.stream import Stream, Taken

log = logging.getLogger(__name__)


def distribute(
    job: Job, taken: Taken, page: Page, windows: deque[WindowWriter], stream: Stream
) -> list[WindowWriter]:
    """
    Write each row of a page, and the page's sideloads, to the windows they belong to.

    :param taken: the rows of the page that are new.
    :param windows: those that are not committed yet, in order of time.
    :return: the windows that the page counts for: those that got rows, or else the first.
    """
    if not stream.order_trusted:
        for window in windows:
            window.distrust_order()
    touched = _distribute(taken.rows, windows, WindowWriter.write)
    if not stream.order_trusted:
        touched += _distribute(taken.backward, windows, WindowWriter.write_backward)
        touched += _keep_strays(job, taken, windows)
    touched = list(dict.fromkeys(touched))
    for window in touched:
        window.write_sideloads(page.sideloads)
    counting = touched or [windows[0]]
    counting[0].count_oddities(taken.duplicates, page.compacted)
    return counting


def _distribute(
    rows: list[Row], windows: deque[WindowWriter], write: Callable[[WindowWriter, Sequence[Row]], None]
) -> list[WindowWriter]:
    """Write each of the rows, which are in order of sort key, to its window; return the windows that got any."""
    taking = []
    for window in windows:
        if inside := rows_between(rows, window.window):
            write(window, inside)
            taking.append(window)
        if not rows or rows[-1].sort_key < window.window.end:
            break
    return taking


def _keep_strays(job: Job, taken: Taken, windows: deque[WindowWriter]) -> list[WindowWriter]:
    """Write rows that are older than the run's window as late rows, and count the rows outside every window."""
    oldest = windows[0]
    # A walk without a start time begins with older rows, so they are not late.
    asked_for = taken.backward if job.ordered else taken.rows if job.endpoint.takes_start_time else []
    late = [row for row in asked_for if row.sort_key < oldest.window.start]
    inside = sum(
        len(rows_between(rows, window.window)) for rows in (taken.rows, taken.backward) for window in windows
    )
    oldest.count_outside(len(taken.rows) + len(taken.backward) - inside - len(late))
    if not late:
        return []
    oldest.write_late(late)
    log.warning(
        "%s: %d rows of %s to %s are older than the window; they are in the dataset %s",
        job.resource.name,
        len(late),
        iso(late[0].sort_key),
        iso(late[-1].sort_key),
        late_dataset(job.resource.name),
    )
    return [oldest]
