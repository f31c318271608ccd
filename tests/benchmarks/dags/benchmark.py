# SPDX-License-Identifier: Apache-2.0
"""A DAG with one export, which is measured from the beginning of ``execute`` to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from tests.benchmarks.meter import Meter

if TYPE_CHECKING:
    from airflow.sdk import Context

METER = Meter()


class MeasuredExport(ZendeskIncrementalExportOperator):
    records = 0

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        with METER:
            summary = super().execute(context, event)
        MeasuredExport.records = summary["records"]
        return summary


with DAG("benchmark", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
    MeasuredExport(
        task_id="export",
        resource="tickets",
        path="{{ dag_run.conf.path }}",
        start_time="{{ dag_run.conf.start }}",
        end_time="{{ dag_run.conf.end }}",
    )
