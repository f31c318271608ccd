# SPDX-License-Identifier: Apache-2.0
"""
Export the day's ticket events, and make of them what changed in which ticket, and the comments.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.operators.snapshot_export import ZendeskSnapshotOperator
from airflow_provider_zendesk.operators.ticket_history import ZendeskTicketHistoryOperator

LAKE = "{{ var.value.get('zendesk_lake', 's3://aws_default@lake/zendesk') }}"

# [START howto_operator_zendesk_ticket_history]
with DAG(
    dag_id="zendesk_ticket_history",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=1)},
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    events = ZendeskIncrementalExportOperator(
        task_id="events", resource="ticket_events", path=LAKE, pool="zendesk"
    )
    names = ZendeskSnapshotOperator(task_id="names", resource="ticket_fields", path=LAKE, pool="zendesk")
    history = ZendeskTicketHistoryOperator(task_id="history", path=LAKE)

    [events, names] >> history
# [END howto_operator_zendesk_ticket_history]
