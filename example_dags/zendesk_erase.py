# SPDX-License-Identifier: Apache-2.0
"""
Erase single records from everything that is stored. Trigger it with their ids.

The windows of the period are verified afterwards, with their content.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_zendesk.operators.erase import ZendeskEraseOperator
from airflow_provider_zendesk.operators.verify_export import ZendeskVerifyExportOperator

LAKE = "{{ var.value.get('zendesk_lake', 's3://aws_default@lake/zendesk') }}"

# [START howto_operator_zendesk_erase]
with DAG(
    dag_id="zendesk_erase",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    max_active_runs=1,
    params={
        "resource": Param("users", enum=["users", "tickets", "organizations"]),
        "ids": Param("", type="string", description="separated by commas"),
        "start": Param(
            "2026-01-01", type="string", format="date", description="of what is verified afterwards"
        ),
        "end": Param("2026-11-01", type="string", format="date"),
    },
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    erase = ZendeskEraseOperator(
        task_id="erase", resource="{{ params.resource }}", path=LAKE, ids="{{ params.ids }}", retries=3
    )
    verify = ZendeskVerifyExportOperator(
        task_id="verify",
        resource="{{ params.resource }}",
        path=LAKE,
        start_time="{{ params.start }}",
        end_time="{{ params.end }}",
        check_content=True,
    )
    erase >> verify
# [END howto_operator_zendesk_erase]
