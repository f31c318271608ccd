# SPDX-License-Identifier: Apache-2.0
"""
How much of an account's limit exports use under a real Airflow, and what it costs.

``python -m tests.benchmarks.rate_limit pool`` runs six mapped tasks in a pool of one with deferred slots, ``free``
without a pool, ``worker`` one deferrable task over three real minutes, and ``reserve`` a walk beside another client.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.resources import TICKETS
from tests.lakes import Lake
from tests.system.running import Airflow, wait_for

if TYPE_CHECKING:
    from airflow_provider_zendesk.exceptions import NotBefore

START, END = 1795132800, 1795219200  # 2026-11-20
LIMIT = 10
PER_PAGE = 20
DAG = """
import json, psutil, time
from datetime import datetime, timedelta, timezone
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

class Timed(ZendeskIncrementalExportOperator):
    def execute(self, context, event=None):
        began = time.time()
        try:
            return super().execute(context, event)
        finally:
            with open("{home}/executed.jsonl", "a") as file:
                file.write(json.dumps([psutil.Process().create_time(), began, time.time()]) + chr(10))

with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    Timed.partial(
        task_id="export", resource="tickets", path="{path}", per_page={per_page}, partition_by=None, retries=1,
        deferrable={deferrable}, pool="{pool}",
    ).expand_kwargs({windows})
"""


def mapped(mode: str, *, tasks: int, pages: int, minute: float, page: float, deferrable: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "airflow"
        step = (END - START) // tasks
        windows = [{"start_time": at, "end_time": at + step} for at in range(START, END, step)]
        with ZendeskEmulator(now=END + 7200, exports_per_minute=LIMIT, minute=minute) as zendesk:
            zendesk.account.populate(START, END, tickets=PER_PAGE * pages * tasks)
            zendesk.slow_page = page
            with Airflow(home, zendesk.airflow_connection(), triggerer=True, parallelism=6) as airflow:
                pool = "zendesk" if mode == "pool" else "default_pool"
                airflow.command("pools", "set", "zendesk", "1", "one walk at a time", "--include-deferred")
                source = DAG.format(
                    home=home, dag_id=mode, per_page=PER_PAGE, deferrable=deferrable, pool=pool,
                    path=f"file://{folder}/lake", windows=windows,
                )  # fmt: skip
                run = airflow.run(mode, source)
                done = wait_for(lambda: ended(airflow.tasks(mode, run), tasks), 1500)
            print(f"{mode}: {tasks} tasks of {pages} pages, minute of {minute} s, deferrable={deferrable}")
            print("  states", Counter(task["state"] for task in done), Counter(t["try_number"] for t in done))
            truth = [row.raw for row in zendesk.truth(START, END)]
            lake = Lake(zendesk, Path(folder) / "lake")
            print("  the lake holds the truth:", lake.rows() == truth)
            say_calls(zendesk, minute)
            staying = Lake(zendesk, Path(folder) / "staying")
            for window in windows:
                staying.export(window["start_time"], window["end_time"], per_page=PER_PAGE)
            same = lake.listed() == staying.listed() and lake.rows() == staying.rows()
            print("  names and rows as of an export that keeps its worker:", same)
            say_durations(done)
            say_executed(home)


def ended(tasks: list[dict[str, object]], wanted: int) -> list[dict[str, object]] | None:
    over = [task for task in tasks if task["state"] in ("success", "failed")]
    return over if len(over) == wanted else None


def say_calls(zendesk: ZendeskEmulator, minute: float) -> None:
    calls = zendesk.export_requests
    good = [request.at for request in calls if request.status == 200]
    used = Counter(int(at // minute) for at in good)
    # The first and the last minute are not whole.
    whole = range(min(used) + 1, max(used))
    share = sum(used[number] for number in whole) / (LIMIT * max(len(whole), 1))
    refused = sum(request.status == 429 for request in calls) / len(calls)
    print(
        f"  {len(calls)} calls, {len(whole)} whole minutes: {share:.0%} of the limit used, {refused:.0%} answered 429"
    )


def say_durations(done: list[dict[str, object]]) -> None:
    took = [
        (
            datetime.fromisoformat(str(task["end_date"])) - datetime.fromisoformat(str(task["start_date"]))
        ).seconds
        for task in done
    ]
    print(f"  tasks took {min(took)} to {max(took)} s, slowest/fastest {max(took) / max(min(took), 1):.2f}")


def say_executed(home: Path) -> None:
    spans = [json.loads(line) for line in (home / "executed.jsonl").read_text().splitlines()]
    inside = sum(end - began for _, began, end in spans)
    whole = max(end for _, _, end in spans) - min(began for _, began, _ in spans)
    starts = sum(began - created for created, began, _ in spans) / len(spans)
    print(
        f"  {len(spans)} times on a worker, {inside:.0f} s inside execute of {whole:.0f} s: {inside / whole:.0%}; "
        f"{starts:.1f} s from the start of a process to execute"
    )


def reserve() -> None:
    """Another client makes four calls at random moments of each minute, of twelve seconds."""
    minute, reserved = 12.0, 4
    with ZendeskEmulator(now=END + 7200, exports_per_minute=LIMIT, minute=minute) as zendesk:
        zendesk.account.populate(START, END, tickets=PER_PAGE * 30)
        theirs: list[int] = []
        over = threading.Event()

        def other() -> None:
            chance = random.Random(1)
            while not over.is_set():
                now = zendesk.clock.now()
                left = minute - now % minute
                for moment in sorted(chance.uniform(0, left) for _ in range(reserved)):
                    over.wait(max(now + moment - zendesk.clock.now(), 0))
                    answer = requests.get(
                        zendesk.url + TICKETS.endpoint().path,
                        params={"start_time": START},
                        headers={"Authorization": f"Bearer {zendesk.oauth_token}"},
                        timeout=10,
                    )
                    theirs.append(answer.status_code)
                over.wait(minute - zendesk.clock.now() % minute)

        def sleep(refusal: NotBefore) -> None:
            time.sleep(max(refusal.moment - zendesk.clock.now(), 0))

        with tempfile.TemporaryDirectory() as folder:
            lake = Lake(zendesk, Path(folder))
            thread = threading.Thread(target=other)
            thread.start()
            lake.export(START, END, per_page=PER_PAGE, reserve=reserved, wait=sleep)
            over.set()
            thread.join()
            print(f"reserve: {len(lake.rows())} rows exported; the other client: {Counter(theirs)}")
            say_calls(zendesk, minute)


if __name__ == "__main__":
    match sys.argv[1]:
        case "pool":
            mapped("pool", tasks=6, pages=12, minute=40, page=0.3, deferrable=True)
        case "free":
            mapped("free", tasks=6, pages=20, minute=20, page=0.3, deferrable=False)
        case "worker":
            mapped("worker", tasks=1, pages=45, minute=60, page=0.3, deferrable=True)
        case "reserve":
            reserve()
