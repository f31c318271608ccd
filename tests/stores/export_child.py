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

from airflow_provider_zendesk.lake.storage import open_storage
from tests.kill.child import Counting, Steps, export_in_steps
from tests.stores.server import Store

DRIVER_CALLS = ("pipe_file", "cat_file", "ls", "find", "rm_file", "rm")


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
    steps = Steps(kill_at, seed)
    storage = open_storage(Counting(filesystem, DRIVER_CALLS, steps), root)
    export_in_steps(url, token, storage, steps, start=start, end=end, run=run)
    return steps.taken


def main(store: str, url: str, token: str) -> None:
    filesystem = Store.load(store).filesystem()
    for line in sys.stdin:
        print(export(filesystem, url, token, **json.loads(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
