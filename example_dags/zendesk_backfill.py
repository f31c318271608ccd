# SPDX-License-Identifier: Apache-2.0
"""
Export the history before the daily runs in one sweep. Trigger it by hand, and again if it does not finish.

A run reads each page once and commits, day by day, the same windows as daily runs. Another run keeps what is
committed and walks only what is missing. The sweep ends at midnight of the day that the daily DAG begins with.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.operators.verify_export import ZendeskVerifyExportOperator

LAKE = "{{ var.value.get('zendesk_lake', 's3://aws_default@lake/zendesk') }}"

# [START howto_operator_zendesk_backfill]
with DAG(
    dag_id="zendesk_backfill",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "start": Param("2026-01-01", type="string", format="date"),
        "end": Param("2026-11-01", type="string", format="date", description="where the daily DAG begins"),
    },
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    sweep = ZendeskIncrementalExportOperator(
        task_id="sweep",
        resource="tickets",
        path=LAKE,
        start_time="{{ params.start }}",
        end_time="{{ params.end }}",
        on_existing="keep",
        retries=10,
        retry_delay=timedelta(minutes=1),
    )
    verify = ZendeskVerifyExportOperator(
        task_id="verify",
        resource="tickets",
        path=LAKE,
        start_time="{{ params.start }}",
        end_time="{{ params.end }}",
    )
    sweep >> verify
# [END howto_operator_zendesk_backfill]
