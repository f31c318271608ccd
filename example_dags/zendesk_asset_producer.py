# SPDX-License-Identifier: Apache-2.0
"""
Export every day the tickets that changed the day before, and tell other DAGs by an asset.

The asset's event says which window was exported. ``zendesk_asset_consumer`` loads exactly that. A day without a changed
ticket makes no event.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

# [START howto_operator_zendesk_asset_producer]
with DAG(
    dag_id="zendesk_asset_producer",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:
    ZendeskIncrementalExportOperator(
        task_id="export_tickets",
        resource="tickets",
        path=os.environ.get("ZENDESK_LAKE", "s3://aws_default@lake/zendesk_assets"),
        emit_asset=True,  # s3://lake/zendesk_assets/tickets
        retries=3,
        retry_delay=timedelta(minutes=1),
    )
# [END howto_operator_zendesk_asset_producer]
