# SPDX-License-Identifier: Apache-2.0
"""
Start an export every hour once Zendesk shows the whole hour, and defer while waiting.

Tasks that share an account share its rate limit, so they share a pool of one slot, which a task keeps while deferred.
Create it with ``airflow pools set zendesk 1 "one walk at a time" --include-deferred``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.sensors.end_of_stream import ZendeskEndOfStreamSensor

# [START howto_sensor_zendesk_gated]
with DAG(
    dag_id="zendesk_sensor_gated",
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    shown = ZendeskEndOfStreamSensor(
        task_id="wait_for_the_hour",
        resource="tickets",
        end_time="{{ data_interval_end + macros.timedelta(minutes=10) }}",  # on a busy account the stream never ends
        timeout=timedelta(minutes=50),
        deferrable=True,
        pool="zendesk",
    )
    export = ZendeskIncrementalExportOperator(
        task_id="export_tickets",
        resource="tickets",
        path="{{ var.value.get('zendesk_lake_hourly', 's3://aws_default@lake/zendesk_hourly') }}",
        partition_by="hour",
        rate_limit_reserve=2,  # calls a minute left to others on this account
        deferrable=True,
        pool="zendesk",
        retries=3,
        retry_delay=timedelta(minutes=1),
    )
    shown >> export
# [END howto_sensor_zendesk_gated]
