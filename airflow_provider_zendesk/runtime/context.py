# SPDX-License-Identifier: Apache-2.0
"""What a task's context says about its run: who it is, and which time it is for."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.version_compat import partition_date, run_time
from airflow_provider_zendesk.window import RunTimes, origin_of_window, resolve_window

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow_provider_zendesk.window import TimeLike, Window

log = logging.getLogger(__name__)


def run_identity(context: Any, task_id: str) -> Run:
    """Return the identity of the task instance, or one made up if there is none."""
    instance = context.get("ti")
    if instance is None:
        return Run(dag_id="", run_id=f"direct__{uuid.uuid4()}", task_id=task_id, map_index=-1, max_tries=0)
    return Run(
        dag_id=str(instance.dag_id),
        run_id=str(instance.run_id),
        task_id=str(instance.task_id),
        map_index=int(-1 if instance.map_index is None else instance.map_index),
        max_tries=int(instance.max_tries),
    )


def run_times(context: Any) -> RunTimes:
    """
    Return the times of a run.

    On Airflow 3 manual and asset-triggered runs have none of the ``data_interval_*`` keys.
    """
    return RunTimes(
        interval_start=context.get("data_interval_start"),
        interval_end=context.get("data_interval_end"),
        partition_date=partition_date(context),
        run_time=run_time(context),
    )


def run_window(
    context: Any,
    *,
    start_time: TimeLike = None,
    end_time: TimeLike = None,
    window: timedelta | None = None,
) -> Window:
    """
    Return the window of a run, and log where it comes from: see :func:`~airflow_provider_zendesk.window.resolve_window`.

    :param context: the context of the run.
    :param start_time: the task's argument.
    :param end_time: the task's argument.
    :param window: the task's argument.
    :raises ValueError: if the arguments and the run give no window, or an impossible one.
    """
    run = run_times(context)
    resolved = resolve_window(
        start_time=start_time, end_time=end_time, window=window, run=run, now=time.time()
    )
    log.info("the window is %s: %s", resolved, origin_of_window(start_time, end_time, window, run))
    return resolved
