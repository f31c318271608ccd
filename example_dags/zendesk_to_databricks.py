# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and load them into a Delta table on Databricks.

``COPY INTO`` loads no file twice, and a revision of a window has its own files. So ``copy`` can be repeated, and
``prune`` deletes what other revisions of the window have left.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.providers.databricks.operators.databricks_sql import (
    DatabricksCopyIntoOperator,
    DatabricksSqlOperator,
)
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_zendesk_to_databricks]

with DAG(
    dag_id="zendesk_to_databricks",
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
        path="s3://aws_default@lake/zendesk",
        file_format="parquet",
        empty_files=True,  # so that there is always something to load
    )
    copy = DatabricksCopyIntoOperator(
        task_id="copy",
        databricks_conn_id="databricks_default",
        table_name="zendesk.tickets_history",  # CREATE TABLE zendesk.tickets_history, without columns
        file_location="{{ ti.xcom_pull('export')['prefix'].rpartition('/')[0] }}",  # the folder of the day
        file_format="PARQUET",
        expression_list="*, _metadata.file_name AS _file",
        copy_options={"mergeSchema": "true"},
    )
    prune = DatabricksSqlOperator(
        task_id="prune",
        databricks_conn_id="databricks_default",
        sql=(
            "DELETE FROM zendesk.tickets_history "
            "WHERE _sort_key >= '{{ ti.xcom_pull('export')['start_time'] }}' "
            "AND _sort_key < '{{ ti.xcom_pull('export')['end_time'] }}' "
            "AND NOT contains(_file, '{{ ti.xcom_pull('export')['prefix'].rpartition('/')[2] }}')"
        ),
    )
    export >> copy >> prune
# [END howto_zendesk_to_databricks]
