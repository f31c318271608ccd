# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, as Parquet with typed columns.

Install ``airflow-provider-zendesk[parquet]`` on the workers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_operator_zendesk_parquet]
with DAG(
    dag_id="zendesk_parquet",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    ZendeskIncrementalExportOperator(
        task_id="export_tickets",
        resource="tickets",
        path="{{ var.value.get('zendesk_lake_parquet', 's3://aws_default@lake/zendesk_parquet') }}",
        file_format="parquet",
        retries=3,
        retry_delay=timedelta(minutes=1),
    )
# [END howto_operator_zendesk_parquet]
