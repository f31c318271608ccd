# SPDX-License-Identifier: Apache-2.0
"""
A task under a real scheduler, killed in mid-export: its retry goes on, and Clear exports anew.

Takes a minute and four servers, so only ``make test-scheduler`` runs it.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif("ZENDESK_SCHEDULER" not in os.environ, reason="make test-scheduler runs it")

START, END = 1795132800, 1795219200  # 2026-11-20
PAGES = 30
DAG = """
from datetime import datetime, timedelta, timezone
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

with DAG("zendesk_killed", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    ZendeskIncrementalExportOperator(
        task_id="export", resource="tickets", path="{path}", start_time={start}, end_time={end}, per_page=20,
        retries=2, retry_delay=timedelta(seconds=1),
    )
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + 7200) as emulator:
        emulator.account.populate(START, END, tickets=20 * PAGES)
        yield emulator


class Airflow:
    """API server, scheduler with LocalExecutor, and dag processor, in a home of their own."""

    def __init__(self, home: Path, connection: str) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        self._environment = kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONN_ZENDESK_DEFAULT": connection,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "not a secret here, only the same for all",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        }
        self._home = home
        self._servers: list[subprocess.Popen[bytes]] = []
        self._headers: dict[str, str] = {}

    def __enter__(self) -> Airflow:
        airflow = str(Path(sys.executable).with_name("airflow"))
        subprocess.run([airflow, "db", "migrate"], env=self._environment, check=True, capture_output=True)
        for server in (["api-server"], ["scheduler", "--skip-serve-logs"], ["dag-processor"]):
            log = (self._home / f"{server[0]}.log").open("wb")
            self._servers.append(
                subprocess.Popen(
                    [airflow, *server], env=self._environment, stdout=log, stderr=log, start_new_session=True
                )
            )
        wait_for(self._is_up, 90)
        token = requests.get(f"{self.url}/auth/token", timeout=10).json()["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
        for server in self._servers:
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = requests.request(
            method, f"{self.url}/api/v2/{path}", json=body, headers=self._headers, timeout=30
        )
        found: dict[str, Any] = answer.json() if answer.ok else {}
        return found

    def task(self, run: str) -> dict[str, Any]:
        return self.call("GET", f"dags/zendesk_killed/dagRuns/{run}/taskInstances/export")

    def _is_up(self) -> bool:
        with suppress(requests.RequestException):
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
            return health["scheduler"]["status"] == health["dag_processor"]["status"] == "healthy"
        return False


def wait_for(condition: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{condition} did not come true in {seconds} s")


def exporting_process(zendesk: ZendeskEmulator) -> psutil.Process | None:
    """Return the process that talks to the emulator."""
    port = int(zendesk.url.rpartition(":")[2])
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(found.raddr and found.raddr.port == port for found in process.net_connections()):
                return process
    return None


def manifest(root: Path) -> dict[str, Any]:
    (path,) = root.glob("_manifests/tickets/*.json")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def test_a_killed_task_succeeds_on_its_retry_and_clear_exports_anew(
    zendesk: ZendeskEmulator, tmp_path: Path
) -> None:
    home, root = tmp_path / "airflow", tmp_path / "lake"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "killed.py").write_text(DAG.format(path=f"file://{root}", start=START, end=END))
    # Slow enough to be met at work.
    zendesk.before_export(lambda number: time.sleep(0.05))
    with Airflow(home, zendesk.airflow_connection()) as airflow:
        wait_for(lambda: airflow.call("GET", "dags/zendesk_killed"), 60)
        airflow.call("PATCH", "dags/zendesk_killed", {"is_paused": False})
        run = airflow.call("POST", "dags/zendesk_killed/dagRuns", {"logical_date": None})["dag_run_id"]

        wait_for(lambda: len(zendesk.export_requests) > PAGES // 2, 60)
        victim = exporting_process(zendesk)
        assert victim is not None
        victim.send_signal(signal.SIGKILL)
        done = wait_for(lambda: (task := airflow.task(run)).get("state") == "success" and task, 90)
        assert done["try_number"] == 2
        truth = [row.raw for row in zendesk.truth(START, END)]
        assert rows(root) == truth
        pages = -(-len(truth) // 20)
        # At most one checkpoint's worth of pages, ten, was asked for again.
        assert len(zendesk.export_requests) <= pages + 1 + 10 + 1

        airflow.call(
            "POST",
            "dags/zendesk_killed/clearTaskInstances",
            {"dag_run_id": run, "dry_run": False, "only_failed": False, "reset_dag_runs": True},
        )
        wait_for(lambda: airflow.task(run).get("state") != "success", 30)
        wait_for(lambda: airflow.task(run).get("state") == "success", 90)
    assert manifest(root)["revision"] == 1
    assert rows(root) == truth
    assert not (root / "_staging").exists()


def rows(root: Path) -> list[bytes]:
    return [
        line
        for file in manifest(root)["files"]
        for line in gzip.decompress((root / file["path"]).read_bytes()).splitlines()
    ]
