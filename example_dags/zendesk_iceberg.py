# SPDX-License-Identifier: Apache-2.0
"""
Export every day as Parquet, and register the day's files in an Apache Iceberg table.

The table refers to the files where they are, so the second task takes seconds. It follows the export at once, because an
export that replaces a day removes the old files, to which the table refers until then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.operators.table import ZendeskTableOperator

LAKE = "{{ var.value.get('zendesk_lake_iceberg', 's3://aws_default@lake/zendesk_iceberg') }}"

# [START howto_operator_zendesk_table]
with DAG(
    dag_id="zendesk_iceberg",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
    default_args={"retries": 3, "retry_delay": timedelta(minutes=1)},
) as dag:
    export = ZendeskIncrementalExportOperator(
        task_id="export_tickets", resource="tickets", path=LAKE, file_format="parquet"
    )
    register = ZendeskTableOperator(
        task_id="register_tickets", resource="tickets", path=LAKE, table="zendesk.tickets"
    )
    export >> register
# [END howto_operator_zendesk_table]
