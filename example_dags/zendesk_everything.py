# SPDX-License-Identifier: Apache-2.0
"""
Everything an account has, every day: exports of what changed, snapshots of the lists that give names to ids, the history of
ticket fields, and a verification of all of it.

One pool keeps the tasks from all waiting for a rate limit at once. Create it with
``airflow pools set zendesk 1 "calls to Zendesk" --include-deferred``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.operators.snapshot_export import ZendeskSnapshotOperator
from airflow_provider_zendesk.operators.ticket_history import ZendeskTicketHistoryOperator
from airflow_provider_zendesk.operators.verify_export import ZendeskVerifyExportOperator

EXPORTS = [
    "tickets",
    "ticket_events",
    "users",
    "organizations",
    "articles",
    "satisfaction_ratings",
    "ticket_metric_events",  # last, since it waits longest for late rows
]
LISTS = [
    "ticket_fields",
    "ticket_forms",
    "user_fields",
    "organization_fields",
    "groups",
    "group_memberships",
    "brands",
    "custom_statuses",
    "sla_policies",
    "schedules",
    "macros",
    "views",
    "triggers",
    "automations",
    "sections",
    "categories",
]
HISTORY = ["ticket_field_history", "ticket_comments"]
LAKE = "{{ var.value.get('zendesk_lake_everything', 's3://aws_default@lake/zendesk_everything') }}"

# [START howto_zendesk_everything]
with DAG(
    dag_id="zendesk_everything",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=1)},
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    # 2 of 10 calls a minute stay for others, and 20 of the account's hundreds.
    exports = ZendeskIncrementalExportOperator.partial(
        task_id="export",
        path=LAKE,
        rate_limit_reserve=2,
        deferrable=True,
        pool="zendesk",
        map_index_template="{{ task.resource }}",
    ).expand(resource=EXPORTS)
    snapshots = ZendeskSnapshotOperator.partial(
        task_id="snapshot",
        path=LAKE,
        on_forbidden="record",
        rate_limit_reserve=20,
        pool="zendesk",
        map_index_template="{{ task.resource }}",
    ).expand(resource=LISTS)
    history = ZendeskTicketHistoryOperator(task_id="history", path=LAKE)
    verify = ZendeskVerifyExportOperator.partial(
        task_id="verify", path=LAKE, map_index_template="{{ task.resource }}"
    ).expand(resource=[*EXPORTS, *LISTS, *HISTORY])

    [exports, snapshots] >> history >> verify
# [END howto_zendesk_everything]
