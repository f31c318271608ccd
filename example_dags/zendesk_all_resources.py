# SPDX-License-Identifier: Apache-2.0
"""
Export every day what changed the day before in six resources, with one mapped task each, into one root.

A pool of one slot keeps the tasks from all waiting for the account's rate limit at once. Create it with
``airflow pools set zendesk 1 "calls to Zendesk" --include-deferred``.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

log = logging.getLogger(__name__)

# [START howto_operator_zendesk_all_resources]
with DAG(
    dag_id="zendesk_all_resources",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    export = ZendeskIncrementalExportOperator.partial(
        task_id="export",
        path="{{ var.value.get('zendesk_lake_all', 's3://aws_default@lake/zendesk_all') }}",
        pool="zendesk",
        deferrable=True,  # waits 5 minutes for organizations and articles, half an hour for metric events
        map_index_template="{{ task.resource }}",
        retries=3,
        retry_delay=timedelta(minutes=1),
    ).expand(
        resource=[
            "tickets",
            "ticket_events",
            "users",
            "organizations",
            "articles",
            "ticket_metric_events",  # last, since it waits longest
        ]
    )

    @task
    def log_totals(summaries: list[dict[str, Any]]) -> int:
        for summary in summaries:
            log.info("%(resource)s: %(records)d records, %(bytes)d bytes, %(requests)d calls", summary)
        return sum(summary["records"] for summary in summaries)

    log_totals(export.output)
# [END howto_operator_zendesk_all_resources]
