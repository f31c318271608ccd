# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and load them into Amazon Redshift.

``stage`` fills a staging table, and ``load`` replaces the rows of the run's window in one transaction. Both can be
repeated. Clear them together, since ``load`` takes what was staged last; it does nothing if that is another window.

The export writes JSON Lines, since ``COPY`` then finds the columns that your table has by their names, in any order.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator
from airflow.providers.common.compat.sdk import DAG
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_zendesk_to_redshift]
BUCKET = "lake"
IN_WINDOW = (
    "generated_timestamp >= EXTRACT(epoch FROM '{{ ti.xcom_pull('export')['start_time'] }}'::timestamptz) "
    "AND generated_timestamp < EXTRACT(epoch FROM '{{ ti.xcom_pull('export')['end_time'] }}'::timestamptz)"
)

with DAG(
    dag_id="zendesk_to_redshift",
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
        path=f"s3://aws_default@{BUCKET}/zendesk",
        empty_files=True,  # so that there is always something to load
    )
    stage = S3ToRedshiftOperator(
        task_id="stage",
        aws_conn_id="aws_default",
        redshift_conn_id="redshift_default",
        schema="zendesk",
        table="tickets_window",  # CREATE TABLE zendesk.tickets_window (LIKE zendesk.tickets_history)
        s3_bucket=BUCKET,
        s3_key="{{ ti.xcom_pull('export')['prefix'].split('/', 3)[3] }}",
        copy_options=["GZIP", "FORMAT JSON 'auto'", "TRUNCATECOLUMNS"],
        method="REPLACE",
    )
    load = SQLExecuteQueryOperator(
        task_id="load",
        conn_id="redshift_default",
        autocommit=False,  # one transaction
        sql=[
            f"DELETE FROM zendesk.tickets_history WHERE {IN_WINDOW} "  # noqa: S608
            f"AND NOT EXISTS (SELECT 1 FROM zendesk.tickets_window WHERE NOT ({IN_WINDOW}))",
            f"INSERT INTO zendesk.tickets_history SELECT * FROM zendesk.tickets_window WHERE {IN_WINDOW}",  # noqa: S608
        ],
    )
    export >> stage >> load
# [END howto_zendesk_to_redshift]
