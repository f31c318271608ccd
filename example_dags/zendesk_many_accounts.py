# SPDX-License-Identifier: Apache-2.0
"""
Export several accounts side by side, each with its own connection, root and pool.

Create the pools with ``airflow pools set zendesk_acme 1 "calls to acme" --include-deferred``, and so on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, TaskGroup
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

ACCOUNTS = ["acme", "globex"]

# [START howto_operator_zendesk_many_accounts]
with DAG(
    dag_id="zendesk_many_accounts",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    for account in ACCOUNTS:
        with TaskGroup(account):
            ZendeskIncrementalExportOperator.partial(
                task_id="export",
                zendesk_conn_id=f"zendesk_{account}",
                path=f"{{{{ var.value.get('zendesk_lake_accounts', 's3://aws_default@lake/accounts') }}}}/{account}",
                pool=f"zendesk_{account}",
                map_index_template="{{ task.resource }}",
                retries=3,
                retry_delay=timedelta(minutes=1),
            ).expand(resource=["tickets", "users", "organizations"])
# [END howto_operator_zendesk_many_accounts]
