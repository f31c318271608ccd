# SPDX-License-Identifier: Apache-2.0
"""The script that most people would write: requests, json for each record, and gzip as Python's library has it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import requests

from tests.benchmarks.meter import main


def export(url: str, token: str, root: str, start: int) -> int:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    address = f"{url}/api/v2/incremental/tickets/cursor.json"
    position: dict[str, str | int] = {"start_time": start}
    records = 0
    with gzip.open(Path(root, "tickets.jsonl.gz"), "wt", encoding="utf-8") as file:
        while True:
            answer = session.get(address, params={"support_type_scope": "all", **position}, timeout=120)
            answer.raise_for_status()
            page = json.loads(answer.text)
            for ticket in page["tickets"]:
                file.write(json.dumps(ticket) + "\n")
            records += len(page["tickets"])
            if page["end_of_stream"]:
                return records
            position = {"cursor": page["after_cursor"]}


if __name__ == "__main__":
    main(export)
