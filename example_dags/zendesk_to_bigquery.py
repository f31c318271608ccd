# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and load them into BigQuery.

The table is partitioned by day of ``_sort_key``, so a window is a partition. The load job replaces it as a whole, so it
can be repeated, and a window that is exported again leaves nothing of its old revision.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.providers.google.cloud.transfers.gcs_to_bigquery import GCSToBigQueryOperator
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_zendesk_to_bigquery]
BUCKET = "lake"

with DAG(
    dag_id="zendesk_to_bigquery",
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
        path=f"gs://google_cloud_default@{BUCKET}/zendesk",
        file_format="parquet",
        empty_files=True,  # so that there is always something to load
    )
    load = GCSToBigQueryOperator(
        task_id="load",
        gcp_conn_id="google_cloud_default",
        bucket=BUCKET,
        source_objects=["{{ ti.xcom_pull('export')['prefix'].split('/', 3)[3] }}*"],
        source_format="PARQUET",
        # The partition of the window's day: zendesk.tickets_history$20261120
        destination_project_dataset_table=(
            "zendesk.tickets_history${{ ti.xcom_pull('export')['start_time'][:10].replace('-', '') }}"
        ),
        time_partitioning={"type": "DAY", "field": "_sort_key"},
        write_disposition="WRITE_TRUNCATE",
        schema_update_options=["ALLOW_FIELD_ADDITION"],
        extra_config={"parquetOptions": {"enableListInference": True}},
    )
    export >> load
# [END howto_zendesk_to_bigquery]
