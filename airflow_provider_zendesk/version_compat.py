# SPDX-License-Identifier: Apache-2.0
"""Handles the differences between Airflow versions."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.window import RunTimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.stream.progress import PageReport

log = logging.getLogger(__name__)

_MIRROR_SECONDS = 10.0


def run_times(context: Any) -> RunTimes:
    """
    Return what a task's context says about the time of its run.

    On Airflow 3 manual and asset-triggered runs have none of the ``data_interval_*`` keys, and partitioned runs have
    a ``partition_date`` on the run; Airflow 2.11 has neither ``run_after`` nor partitions.
    """
    dag_run = context.get("dag_run")
    return RunTimes(
        interval_start=context.get("data_interval_start"),
        interval_end=context.get("data_interval_end"),
        partition_date=getattr(dag_run, "partition_date", None) or context.get("partition_date"),
        run_time=getattr(dag_run, "run_after", None) or context.get("logical_date"),
    )


def progress_mirror(context: Any) -> Callable[[PageReport], None]:
    """
    Return a function that writes an export's progress to Airflow 3.3's task state store; on other versions it does nothing.

    The progress is for people; nothing reads it back. Each write is a call to Airflow's API, so there is at most one every
    ten seconds. A failed write does not fail the task, and no more are made after one.
    """
    store = context.get("task_state_store")
    last = -_MIRROR_SECONDS

    def mirror(report: PageReport) -> None:
        nonlocal last, store
        if store is None or time.monotonic() - last < _MIRROR_SECONDS:
            return
        last = time.monotonic()
        try:
            store.set("progress", msgspec.structs.asdict(report))
        except Exception as error:
            log.warning("progress will no longer be updated: the task state store failed with %r", error)
            store = None

    return mirror
