# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and load them into a DuckDB database.

The load replaces the rows of the run's window in one transaction, so it can be repeated, and a window that is exported
again leaves nothing of its old revision. The table has every version of every ticket; docs/sql.rst has views of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, task
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_zendesk_to_duckdb]
LAKE = "{{ var.value.get('zendesk_lake_duckdb', 'file:///data/zendesk') }}"
DATABASE = "{{ var.value.get('zendesk_duckdb', '/data/zendesk.duckdb') }}"

with DAG(
    dag_id="zendesk_to_duckdb",
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
        path=LAKE,
        file_format="parquet",
        empty_files=True,  # so that there is always something to load
    )

    @task
    def load(window: dict[str, str], lake: str, database: str) -> int:
        import duckdb

        from airflow_provider_zendesk.lake import Lake

        bounds = [window["start_time"], window["end_time"]]
        files = Lake(lake).files("tickets", *bounds)
        with duckdb.connect(database) as warehouse:  # takes back what was not committed
            # For files on S3, first: CREATE SECRET (TYPE s3, PROVIDER credential_chain)
            warehouse.execute("BEGIN")
            warehouse.execute(
                "CREATE TABLE IF NOT EXISTS tickets_history AS FROM read_parquet($1) LIMIT 0", [files]
            )
            warehouse.execute(
                "DELETE FROM tickets_history WHERE _sort_key >= $1::TIMESTAMPTZ AND _sort_key < $2::TIMESTAMPTZ",
                bounds,
            )
            inserted = warehouse.execute("INSERT INTO tickets_history BY NAME FROM read_parquet($1)", [files])
            (rows,) = inserted.fetchone()
            warehouse.execute("COMMIT")
        return rows

    load(export.output, LAKE, DATABASE)
# [END howto_zendesk_to_duckdb]
