# SPDX-License-Identifier: Apache-2.0
"""
Take the lists that give names to the ids in tickets, users and articles, whole and every day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.snapshot_export import ZendeskSnapshotOperator

# [START howto_operator_zendesk_snapshot]
with DAG(
    dag_id="zendesk_reference_data",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # Zendesk only tells what the lists are now
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    ZendeskSnapshotOperator.partial(
        task_id="snapshot",
        path="{{ var.value.get('zendesk_lake', 's3://aws_default@lake/zendesk') }}",
        on_forbidden="record",  # not every plan has every list
        pool="zendesk",
        map_index_template="{{ task.resource }}",
        retries=3,
        retry_delay=timedelta(minutes=1),
    ).expand(
        resource=[
            "ticket_fields",
            "ticket_forms",
            "user_fields",
            "organization_fields",
            "groups",
            "brands",
            "custom_statuses",
            "sla_policies",
        ]
    )
# [END howto_operator_zendesk_snapshot]
