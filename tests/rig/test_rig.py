# SPDX-License-Identifier: Apache-2.0
"""
Exports as a company runs them: CeleryExecutor with two workers, PostgreSQL, Redis, an S3 store; and each of these killed.

Takes some minutes and a dozen servers, so only ``make test-rig`` runs it. No test leaves this machine.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.lake import Lake
from airflow_provider_zendesk.verify.checks import verify
from tests.rig.servers import postgres, redis
from tests.stores import seaweedfs
from tests.system.running import Airflow, processes_calling, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.stores.server import Store

pytestmark = pytest.mark.skipif("ZENDESK_RIG" not in os.environ, reason="make test-rig runs it")

EXAMPLES = Path(__file__).parents[2] / "example_dags"
DAY = 86400
START, END = 1795132800, 1795219200  # 2026-11-20
SIX = ["tickets", "ticket_events", "ticket_metric_events", "users", "organizations", "articles"]
PER_PAGE = 20
MAPPED = """
from datetime import datetime, timedelta, timezone
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    ZendeskIncrementalExportOperator.partial(
        task_id="export", path="s3://lake@{root}", start_time={start}, end_time={end},
        deferrable=True, retries=3, retry_delay=timedelta(seconds=1),
    ).expand(resource={resources})
"""
SETTINGS = {
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__CORE__FERNET_KEY": "",
    # A task whose heart stops is tried again after seconds instead of five minutes.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "10",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AIRFLOW_VAR_ZENDESK_LAKE": "s3://lake@lake/backfill",
}


@pytest.fixture(scope="module")
def account() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + 7200) as account:
        yield account


@pytest.fixture
def zendesk(account: ZendeskEmulator) -> ZendeskEmulator:
    account.reset(now=END + 7200)
    return account


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    assert not seaweedfs.missing()
    with seaweedfs.start(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture(scope="module")
def airflow(
    account: ZendeskEmulator, s3: Store, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    with postgres() as database, redis(tmp_path_factory.mktemp("redis")) as broker:
        settings = {
            **SETTINGS,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql://{database}",
            "AIRFLOW__CELERY__BROKER_URL": broker,
            "AIRFLOW_CONN_LAKE": json.dumps(s3.connection),
        }
        connection = account.airflow_connection()
        with Airflow(home, connection, triggerer=True, workers=2, parallelism=16, **settings) as airflow:
            yield airflow


def test_a_backfill_of_ten_days_exports_each_once(
    airflow: Airflow, s3: Store, zendesk: ZendeskEmulator
) -> None:
    first = END - 10 * DAY
    zendesk.account.populate(first - DAY, END + 3600, tickets=2000)
    # The example, without the run of today that comes as soon as it is not paused.
    daily = (EXAMPLES / "zendesk_daily.py").read_text()
    daily = daily.replace("catchup=False,", "catchup=False, end_date=datetime(2026, 11, 20, tzinfo=UTC),")
    (airflow.home / "dags" / "zendesk_daily.py").write_text(daily)
    wait_for(lambda: airflow.call("GET", "dags/zendesk_daily"), 60)
    airflow.call("PATCH", "dags/zendesk_daily", {"is_paused": False})
    days = ["--from-date", "2026-11-11", "--to-date", "2026-11-20"]
    airflow.command("backfill", "create", "--dag-id", "zendesk_daily", *days, "--max-active-runs", "4")

    def backfilled() -> list[dict[str, Any]]:
        runs = airflow.call("GET", "dags/zendesk_daily/dagRuns?limit=100").get("dag_runs", [])
        return [
            run for run in runs if run["run_type"] == "backfill" and run["state"] in ("success", "failed")
        ]

    done = wait_for(lambda: len(found := backfilled()) == 10 and found, 300)
    assert {run["state"] for run in done} == {"success"}
    check_the_lake(s3.at("backfill"), zendesk, {"tickets": (first, END)}, windows=10)
    # Each day is read from its start to its end, and pages of a thousand hold a day.
    assert len(zendesk.export_requests) <= 2 * 10


def no_one(airflow: Airflow, zendesk: ZendeskEmulator) -> None:
    """Kill nothing."""


def a_task(airflow: Airflow, zendesk: ZendeskEmulator) -> None:
    processes_calling(zendesk.url)[0].send_signal(signal.SIGKILL)


def a_worker(airflow: Airflow, zendesk: ZendeskEmulator) -> None:
    """Kill a worker with three tasks: they live on, and are tried again beside their first attempts."""
    airflow.replace("worker-0")


def the_scheduler(airflow: Airflow, zendesk: ZendeskEmulator) -> None:
    airflow.replace("scheduler")


@pytest.mark.parametrize("kill", [no_one, a_task, a_worker, the_scheduler])
def test_six_mapped_exports_are_whole_whoever_is_killed_while_they_run(
    airflow: Airflow,
    s3: Store,
    zendesk: ZendeskEmulator,
    kill: Callable[[Airflow, ZendeskEmulator], None],
) -> None:
    populate(zendesk, pages=25)
    zendesk.slow_page = 2.0  # until all of them are at work
    name = f"killed_{kill.__name__}"
    run = airflow.run(name, mapped(name))
    wait_for(lambda: len(processes_calling(zendesk.url)) == len(SIX), 120)
    kill(airflow, zendesk)
    zendesk.slow_page = 0.2
    tasks = ended(airflow, name, run)
    assert {task["state"] for task in tasks} == {"success"}
    tried = sum(task["try_number"] > 1 for task in tasks)
    assert tried == {no_one: 0, a_task: 1, a_worker: 3, the_scheduler: 0}[kill]
    wait_for(lambda: not processes_calling(zendesk.url), 60)
    check_the_lake(s3.at(name), zendesk, dict.fromkeys(SIX, (START, END)))


def test_they_are_whole_though_the_triggerer_is_killed_while_they_wait(
    airflow: Airflow, s3: Store, zendesk: ZendeskEmulator
) -> None:
    populate(zendesk, pages=14)
    for name in SIX:
        zendesk.limit(name, 10)
    run = airflow.run("deferred", mapped("deferred"))
    wait_for(lambda: "deferred" in {task["state"] for task in airflow.tasks("deferred", run)}, 120)
    airflow.replace("triggerer")
    tasks = ended(airflow, "deferred", run)
    assert {(task["state"], task["try_number"]) for task in tasks} == {("success", 1)}
    check_the_lake(s3.at("deferred"), zendesk, dict.fromkeys(SIX, (START, END)))
    assert {request.status for request in zendesk.export_requests} == {200}


def mapped(name: str) -> str:
    return MAPPED.format(dag_id=name, root=f"lake/{name}", start=START, end=END, resources=SIX)


def populate(zendesk: ZendeskEmulator, pages: int) -> None:
    zendesk.server_page = PER_PAGE
    for name in SIX:
        zendesk.account.records(name).populate(START, END, pages * PER_PAGE)


def ended(airflow: Airflow, dag_id: str, run: str) -> list[dict[str, Any]]:
    """Wait for the end of a run, and return its tasks."""

    def over() -> bool:
        return airflow.call("GET", f"dags/{dag_id}/dagRuns/{run}").get("state") in ("success", "failed")

    wait_for(over, 300)
    return airflow.tasks(dag_id, run)


def check_the_lake(
    store: Store, zendesk: ZendeskEmulator, held: dict[str, tuple[int, int]], windows: int = 1
) -> None:
    """Check that the lake holds what the account tells, each row once, and that verification finds nothing wrong."""
    storage = store.storage()
    for name, (start, end) in held.items():
        report = verify(storage, name, start, end, check_content=True)
        assert report.is_whole, report.lines()
        assert report.windows == windows
        include = ("comment_events",) if name == "ticket_events" else ()
        truth = zendesk.truth(start, end, resource=name, include=include)
        assert sorted(rows(store, name)) == sorted(row.raw for row in truth) != []


def rows(store: Store, name: str) -> list[bytes]:
    filesystem = store.filesystem()
    found: list[bytes] = []
    for path in Lake(f"s3://{store.root}", store.options).files(name):
        with filesystem.open(path, "rb", compression="gzip") as part:
            found += part.read().splitlines()
    return found
