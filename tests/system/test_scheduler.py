# SPDX-License-Identifier: Apache-2.0
"""
Tasks under a real scheduler: killed in mid-export, cleared, and waiting without a worker while the triggerer is killed.

Takes some minutes and five servers, so only ``make test-scheduler`` runs it.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.system.running import Airflow, processes_calling, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif("ZENDESK_SCHEDULER" not in os.environ, reason="make test-scheduler runs it")

EXAMPLES = Path(__file__).parents[2] / "example_dags"
START, END = 1795132800, 1795219200  # 2026-11-20
PAGES = 30
DAG = """
from datetime import datetime, timedelta, timezone
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    ZendeskIncrementalExportOperator(
        task_id="export", resource="tickets", path="file://{root}", start_time={start}, end_time={end}, per_page=20,
        retries=2, retry_delay=timedelta(seconds=1), deferrable={deferrable},
    )
"""


def a_dag(dag_id: str, root: Path, *, deferrable: bool) -> str:
    return DAG.format(dag_id=dag_id, root=root, start=START, end=END, deferrable=deferrable)


@pytest.fixture
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + 7200) as emulator:
        emulator.account.populate(START, END, tickets=20 * PAGES)
        yield emulator


def test_a_killed_task_succeeds_on_its_retry_and_clear_exports_anew(
    zendesk: ZendeskEmulator, tmp_path: Path
) -> None:
    root = tmp_path / "lake"
    # Slow enough to be met at work.
    zendesk.slow_page = 0.05
    with Airflow(tmp_path / "airflow", zendesk.airflow_connection()) as airflow:
        run = airflow.run("killed", a_dag("killed", root, deferrable=False))
        wait_for(lambda: len(zendesk.export_requests) > PAGES // 2, 60)
        (victim,) = processes_calling(zendesk.url)
        victim.send_signal(signal.SIGKILL)
        done = wait_for(lambda: (task := airflow.task("killed", run)).get("state") == "success" and task, 90)
        assert done["try_number"] == 2
        truth = [row.raw for row in zendesk.truth(START, END)]
        assert rows(root) == truth
        pages = -(-len(truth) // 20)
        # At most one checkpoint's worth of pages, ten, was asked for again.
        assert len(zendesk.export_requests) <= pages + 1 + 10 + 1

        # The scheduler would end the run after the Clear that sets it going again.
        wait_for(lambda: airflow.call("GET", f"dags/killed/dagRuns/{run}").get("state") == "success", 30)
        airflow.call(
            "POST",
            "dags/killed/clearTaskInstances",
            {"dag_run_id": run, "dry_run": False, "only_failed": False, "reset_dag_runs": True},
        )
        wait_for(lambda: airflow.task("killed", run).get("state") != "success", 30)
        wait_for(lambda: airflow.task("killed", run).get("state") == "success", 90)
    assert manifest(root)["revision"] == 1
    assert rows(root) == truth
    assert not (root / "_staging").exists()


def test_a_deferred_task_succeeds_though_the_triggerer_is_killed(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    with ZendeskEmulator(now=END + 7200, exports_per_minute=10) as zendesk:
        zendesk.account.populate(START, END, tickets=20 * PAGES)
        with Airflow(tmp_path / "airflow", zendesk.airflow_connection(), triggerer=True) as airflow:
            run = airflow.run("deferred", a_dag("deferred", root, deferrable=True))
            wait_for(lambda: airflow.task("deferred", run).get("state") == "deferred", 90)
            kind, kwargs = the_trigger(airflow.home)
            assert kind == "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
            assert zendesk.client_secret not in kwargs
            airflow.replace("triggerer")
            done = wait_for(
                lambda: (
                    (task := airflow.task("deferred", run)).get("state") in ("success", "failed") and task
                ),
                420,
            )
        assert (done["state"], done["try_number"]) == ("success", 1)
        assert rows(root) == [row.raw for row in zendesk.truth(START, END)]
        assert {request.status for request in zendesk.export_requests} == {200}
    assert not (root / "_staging").exists()


def test_a_failed_mark_in_mid_wait_leaves_what_the_next_run_goes_on_from(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    with ZendeskEmulator(now=END + 7200, exports_per_minute=10) as zendesk:
        # More than two minutes hold: the first may be nearly over, and the rest of it be slept.
        zendesk.account.populate(START, END, tickets=24 * 20)
        with Airflow(tmp_path / "airflow", zendesk.airflow_connection(), triggerer=True) as airflow:
            run = airflow.run("marked", a_dag("marked", root, deferrable=True))
            wait_for(lambda: airflow.task("marked", run).get("state") == "deferred", 90)
            read = len(zendesk.export_requests)
            airflow.call("PATCH", f"dags/marked/dagRuns/{run}", {"state": "failed"})
            wait_for(lambda: airflow.task("marked", run).get("state") not in ("deferred", None), 60)
            again = airflow.run("marked", a_dag("marked", root, deferrable=True))
            wait_for(lambda: airflow.task("marked", again).get("state") == "success", 240)
        pages = -(-len(zendesk.truth(START, END)) // 20)
        assert rows(root) == [row.raw for row in zendesk.truth(START, END)]
        assert len(zendesk.export_requests) <= pages + 2
        assert read >= 10


def test_a_dag_that_waits_for_an_asset_loads_the_window_of_its_event(
    zendesk: ZendeskEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = f"file://{tmp_path}/lake"
    monkeypatch.setenv("ZENDESK_LAKE", lake)
    monkeypatch.setenv("ZENDESK_TICKETS", f"{lake}/tickets")
    producer = a_dag("producer", tmp_path / "lake", deferrable=False).replace(
        "path=", "emit_asset=True, path="
    )
    with Airflow(tmp_path / "airflow", zendesk.airflow_connection()) as airflow:
        consumer = "zendesk_asset_consumer"
        (airflow.home / "dags" / f"{consumer}.py").write_text((EXAMPLES / f"{consumer}.py").read_text())
        wait_for(lambda: airflow.call("GET", f"dags/{consumer}"), 60)
        airflow.call("PATCH", f"dags/{consumer}", {"is_paused": False})
        airflow.run("producer", producer)
        (run,) = wait_for(lambda: airflow.call("GET", f"dags/{consumer}/dagRuns").get("dag_runs"), 90)
        wait_for(lambda: airflow.task(consumer, run["dag_run_id"]).get("state") == "success", 60)
        task = f"dags/{consumer}/dagRuns/{run['dag_run_id']}/taskInstances/load"
        loaded = airflow.call("GET", f"{task}/xcomEntries/return_value?deserialize=true")["value"]
    parts = [str(part) for part in (tmp_path / "lake" / "tickets").rglob("*.jsonl.gz")]
    assert parts
    loaded = json.loads(loaded) if isinstance(loaded, str) else loaded
    assert sorted(loaded) == sorted(parts)
    assert sum(loaded.values()) == len(zendesk.truth(START, END))


def the_trigger(home: Path) -> tuple[str, str]:
    """Return class and arguments of the only trigger in Airflow's database."""
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        ((kind, kwargs),) = database.execute("SELECT classpath, kwargs FROM trigger")
    return kind, kwargs


def manifest(root: Path) -> dict[str, Any]:
    (path,) = root.glob("_manifests/tickets/*/*.json")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def rows(root: Path) -> list[bytes]:
    return [
        line
        for file in manifest(root)["files"]
        for line in gzip.decompress((root / file["path"]).read_bytes()).splitlines()
    ]
