# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before.

The timetable gives each run a data interval of one UTC day, on Airflow 2.11 and 3 alike. (A bare
``schedule="@daily"`` gives an empty one on Airflow 3, and the operator refuses it.)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_operator_zendesk_daily]
with DAG(
    dag_id="zendesk_daily",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # more would not be faster, since all share the account's rate limit
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    ZendeskIncrementalExportOperator(
        task_id="export_tickets",
        resource="tickets",
        path="{{ var.value.get('zendesk_lake', 's3://aws_default@lake/zendesk') }}",
        retries=3,
        retry_delay=timedelta(minutes=1),
    )
# [END howto_operator_zendesk_daily]
