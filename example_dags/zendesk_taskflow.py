# SPDX-License-Identifier: Apache-2.0
"""
Read Zendesk records in ``@task`` code to count the tickets that changed the day before, by status.

The records are streamed: one page at a time is in memory, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, task
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.hooks.zendesk import ZendeskHook

# [START howto_hook_zendesk_taskflow]
with DAG(
    dag_id="zendesk_taskflow",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:

    @task
    def tickets_by_status(
        data_interval_start: datetime | None = None, data_interval_end: datetime | None = None
    ) -> dict[str, int]:
        tickets = ZendeskHook().records("tickets", data_interval_start, data_interval_end)
        return dict(Counter(ticket["status"] for ticket in tickets))

    tickets_by_status()
# [END howto_hook_zendesk_taskflow]
