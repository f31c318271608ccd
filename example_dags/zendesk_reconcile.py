# SPDX-License-Identifier: Apache-2.0
"""
Find every day the rows that the exports of the day before lack, and export their windows again.

Zendesk stamps some rows, mostly metric events and ticket events, with a time long before they show. The reports below
``_reconciliations`` are the evidence for choosing the exports' ``settle``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.reconcile_export import ZendeskReconcileOperator

# [START howto_operator_zendesk_reconcile]
with DAG(
    dag_id="zendesk_reconcile",
    schedule=CronDataIntervalTimetable("0 6 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    ZendeskReconcileOperator.partial(
        task_id="reconcile",
        path="{{ var.value.get('zendesk_lake_all', 's3://aws_default@lake/zendesk_all') }}",
        # Yesterday, with the borders of the daily export.
        start_time="{{ data_interval_end.subtract(days=1).strftime('%Y-%m-%d') }}",
        end_time="{{ data_interval_end.strftime('%Y-%m-%d') }}",
        repair=True,
        pool="zendesk",
        map_index_template="{{ task.resource }}",
        retries=3,
        retry_delay=timedelta(minutes=1),
    ).expand(resource=["ticket_metric_events", "ticket_events"])
# [END howto_operator_zendesk_reconcile]
