# SPDX-License-Identifier: Apache-2.0
"""
The same export by dlt: its REST source, and its filesystem destination with gzipped JSON Lines.

Nested values stay in their row (``max_table_nesting``), so that it writes one table as the others do.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import dlt
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source

from tests.benchmarks.meter import Meter


class ZendeskPaginator(JSONResponseCursorPaginator):
    """Ends where Zendesk says so: the last page has a cursor too."""

    def update_state(self, response: Any, data: Any = None) -> None:
        super().update_state(response, data)
        if response.json()["end_of_stream"]:
            self._has_next_page = False


def export(url: str, token: str, root: str, start: int) -> int:
    tickets = {
        "path": "incremental/tickets/cursor.json",
        "params": {"start_time": start, "support_type_scope": "all"},
        "data_selector": "tickets",
        "paginator": ZendeskPaginator(cursor_path="after_cursor", cursor_param="cursor"),
    }
    source = rest_api_source(
        {
            "client": {"base_url": f"{url}/api/v2/", "auth": {"type": "bearer", "token": token}},
            "resources": [{"name": "tickets", "max_table_nesting": 0, "endpoint": tickets}],
        }
    )
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=f"{root}/pipelines",
        destination=dlt.destinations.filesystem(f"file://{root}/lake"),
        dataset_name="zendesk",
    )
    pipeline.run(source, loader_file_format="jsonl")
    counts: dict[str, int] = pipeline.last_trace.last_normalize_info.row_counts
    return counts["tickets"]


def main(url: str, token: str, root: str, start: int, end: int) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with Meter() as meter:
        records = export(url, token, root, start)
    meter.report(records)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
