# SPDX-License-Identifier: Apache-2.0
"""The one place that knows about Airflow's versions."""

from __future__ import annotations

from typing import Any

from airflow_provider_zendesk.window import RunTimes


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
