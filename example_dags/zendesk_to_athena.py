# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and add the day to a table of Amazon Athena, in Glue.

Nothing is copied: the table's files are those of the lake. The folder of a day has exactly the current revision of its
window, so the partition is right after each export, and to add it again does nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_zendesk_to_athena]
LAKE = "s3://lake/zendesk"

with DAG(
    dag_id="zendesk_to_athena",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=1)},
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    export = ZendeskIncrementalExportOperator(
        task_id="export",
        resource="tickets",
        path=LAKE.replace("s3://", "s3://aws_default@"),
        file_format="parquet",
        empty_files=True,  # so that there is always something to load
    )
    load = AthenaOperator(
        task_id="load",
        aws_conn_id="aws_default",
        database="zendesk",
        output_location="s3://lake/athena/",
        query=(
            "ALTER TABLE tickets_history ADD IF NOT EXISTS "
            "PARTITION (dt = '{{ ti.xcom_pull('export')['start_time'][:10] }}') "
            "LOCATION '{{ ti.xcom_pull('export')['prefix'].rpartition('/')[0] }}/'"
        ),
    )
    export >> load
# [END howto_zendesk_to_athena]
