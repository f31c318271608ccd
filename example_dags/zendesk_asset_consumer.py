# SPDX-License-Identifier: Apache-2.0
"""
Load the tickets of each window that ``zendesk_asset_producer`` has exported, as soon as it has.

Several exports may have ended before this DAG runs; then one run gets all their events. Loading a window again has to
replace its rows, because a window that is exported again gets a new revision.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Asset, task

# [START howto_lake_zendesk_asset_consumer]
with DAG(
    dag_id="zendesk_asset_consumer",
    schedule=[Asset(os.environ.get("ZENDESK_TICKETS", "s3://lake/zendesk_assets/tickets"))],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    max_active_runs=1,
    doc_md=__doc__,
    tags=["zendesk", "example"],
) as dag:

    @task
    def load(
        path: str,
        triggering_asset_events: Any = None,  # on Airflow 3
        triggering_dataset_events: Any = None,  # on Airflow 2.11
    ) -> dict[str, int]:
        import fsspec

        from airflow_provider_zendesk.lake import Lake

        lake = Lake(path)
        rows: dict[str, int] = {}
        for events in (triggering_asset_events or triggering_dataset_events).values():
            for window in (event.extra for event in events):
                # Here a warehouse would COPY the files, after it has deleted the rows of this window.
                for file in lake.files("tickets", window["start_time"], window["end_time"]):
                    with fsspec.open(file, compression="infer") as lines:
                        rows[file] = sum(1 for _ in lines)
        return rows

    load(os.environ.get("ZENDESK_LAKE", "s3://aws_default@lake/zendesk_assets"))
# [END howto_lake_zendesk_asset_consumer]
