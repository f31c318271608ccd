# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and load them into Snowflake.

``COPY INTO`` loads no file twice, and a revision of a window has its own files. So ``copy`` can be repeated, and
``prune`` deletes what other revisions of the window have left.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.snowflake.transfers.copy_into_snowflake import CopyFromExternalStageToSnowflakeOperator
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_zendesk_to_snowflake]
LAKE = "s3://lake/zendesk"  # what the stage zendesk.lake is: CREATE STAGE zendesk.lake URL = 's3://lake/zendesk/' ...

with DAG(
    dag_id="zendesk_to_snowflake",
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

    @task
    def names_in_stage(files: list[str]) -> list[str]:
        """Without the files of late rows, which are in another folder."""
        return [file.removeprefix(f"{LAKE}/") for file in files if file.startswith(f"{LAKE}/tickets/")]

    copy = CopyFromExternalStageToSnowflakeOperator(
        task_id="copy",
        snowflake_conn_id="snowflake_default",
        schema="zendesk",
        table="tickets_history",
        stage="zendesk.lake",
        files=names_in_stage(export.output["files"]),
        file_format="(TYPE = PARQUET USE_LOGICAL_TYPE = TRUE)",
        copy_options="MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE INCLUDE_METADATA = (_file = METADATA$FILENAME)",
    )
    prune = SQLExecuteQueryOperator(
        task_id="prune",
        conn_id="snowflake_default",
        sql=(
            "DELETE FROM zendesk.tickets_history "
            "WHERE _sort_key >= '{{ ti.xcom_pull('export')['start_time'] }}' "
            "AND _sort_key < '{{ ti.xcom_pull('export')['end_time'] }}' "
            "AND NOT CONTAINS(_file, '{{ ti.xcom_pull('export')['prefix'].rpartition('/')[2] }}')"
        ),
    )
    copy >> prune
# [END howto_zendesk_to_snowflake]
