# SPDX-License-Identifier: Apache-2.0
"""Handles the differences between Airflow versions."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import Asset


def partition_date(context: Any) -> Any:
    """Return the date of a partitioned run: it is on the run or in the context; Airflow 2.11 has no partitions."""
    return getattr(context.get("dag_run"), "partition_date", None) or context.get("partition_date")


def run_time(context: Any) -> Any:
    """Return the time that a run stands for where it has no data interval: Airflow 2.11 has no ``run_after``."""
    return getattr(context.get("dag_run"), "run_after", None) or context.get("logical_date")


def task_state_store(context: Any) -> Any:
    """Return Airflow 3.3's store for the state of a task; None on other versions."""
    return context.get("task_state_store")


def asset_types() -> tuple[type, ...]:
    """Return what makes an event as an outlet: assets, and references to one, which Airflow 2.11 does not have."""
    try:
        from airflow.sdk.definitions.asset import AssetRef
    except ImportError:
        return (Asset,)
    return (Asset, AssetRef)
