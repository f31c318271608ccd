# SPDX-License-Identifier: Apache-2.0
"""
Exports to a store in a process of its own that kills itself at a step: as :mod:`tests.kill.child`, on an object store.

``python -m tests.stores.export_child STORE URL TOKEN`` reads a job a line from standard input, and prints the number of
steps that each took. Every call of the store's driver and every call to Zendesk is a step.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.export import checkpoint, writer
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.export.manifest import Run
from airflow_provider_zendesk.export.storage import open_storage
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.window import Window
from tests.kill.child import PAGES, PER_PAGE, Counting, Steps
from tests.stores.server import Store

DRIVER_CALLS = ("pipe_file", "cat_file", "ls", "find", "rm_file")


def export(
    filesystem: Any,
    url: str,
    token: str,
    *,
    root: str,
    start: int,
    end: int,
    run: str,
    kill_at: int,
    seed: int | None,
) -> int:
    """Export once; return the number of steps."""
    checkpoint.PAGES, writer.MAX_RECORDS, writer._BLOCK = PAGES, 25, 4096
    steps = Steps(kill_at, seed)
    account = Account.at(url)
    endpoint = TICKETS.endpoint()
    job = Job(
        account=account.name,
        resource=TICKETS,
        endpoint=endpoint,
        query=TICKETS.query(endpoint, per_page=PER_PAGE, include=["users"]),
        window=Window(start, end),
        partition_by="day",
        run=Run("dag", run, "task", -1, 0),
    )
    storage = open_storage(Counting(filesystem, DRIVER_CALLS, steps), root)
    with ZendeskClient(account).authenticate(BearerAuth(account, token)) as client:
        client.get = steps.counted(client.get)  # type: ignore[method-assign]
        Exporter(job, client, storage).run()
    return steps.taken


def main(store: str, url: str, token: str) -> None:
    filesystem = Store.load(store).filesystem()
    for line in sys.stdin:
        print(export(filesystem, url, token, **json.loads(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
