# SPDX-License-Identifier: Apache-2.0
"""Airflow's servers, as a user runs them: API server, scheduler, dag processor, triggerer, workers of Celery."""

from __future__ import annotations

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
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

_AIRFLOW = str(Path(sys.executable).with_name("airflow"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Airflow:
    """
    Servers in a home of their own, with LocalExecutor and an in-file database if the settings do not say otherwise.

    :param home: an empty folder.
    :param connection: to Zendesk, as JSON.
    :param triggerer: with one, which defers to nothing else.
    :param workers: of the CeleryExecutor, with three tasks each at once.
    :param parallelism: tasks at once.
    :param settings: more environment variables.
    """

    def __init__(
        self,
        home: Path,
        connection: str,
        *,
        triggerer: bool = False,
        workers: int = 0,
        parallelism: int = 2,
        **settings: str,
    ) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        self._environment = kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONN_ZENDESK_DEFAULT": connection,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__PARALLELISM": str(parallelism),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "not a secret here, only the same for all",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            # A killed triggerer is replaced after seconds instead of half a minute.
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
            **settings,
        }
        self.home = home
        (home / "dags").mkdir(parents=True)
        self._commands = {
            "api-server": ["api-server"],
            "scheduler": ["scheduler", "--skip-serve-logs"],
            "dag-processor": ["dag-processor"],
        }
        if triggerer:
            self._commands["triggerer"] = ["triggerer", "--skip-serve-logs"]
        for name in (f"worker-{number}" for number in range(workers)):
            own = [
                "--celery-hostname",
                f"{name}@%h",
                "--pid",
                str(home / f"{name}.pid"),
                "--concurrency",
                "3",
            ]
            self._commands[name] = ["celery", "worker", "--skip-serve-logs", *own]
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self._headers: dict[str, str] = {}

    def __enter__(self) -> Airflow:
        self.command("db", "migrate")
        for name in self._commands:
            self._start(name)
        wait_for(self._is_up, 90)
        token = requests.get(f"{self.url}/auth/token", timeout=10).json()["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
        for server in self._servers.values():
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()

    def command(self, *arguments: str) -> None:
        """Run an Airflow command."""
        subprocess.run([_AIRFLOW, *arguments], env=self._environment, check=True, capture_output=True)

    def replace(self, name: str) -> None:
        """Kill a server as a lost machine would, such as ``triggerer`` or ``worker-0``, and start another."""
        os.killpg(self._servers[name].pid, signal.SIGKILL)
        self._servers[name].wait()
        self._start(name)

    def run(self, dag_id: str, source: str) -> str:
        """Give Airflow a DAG and trigger a run; return its id."""
        (self.home / "dags" / f"{dag_id}.py").write_text(source)
        wait_for(lambda: self.call("GET", f"dags/{dag_id}"), 60)
        self.call("PATCH", f"dags/{dag_id}", {"is_paused": False})
        run: str = self.call("POST", f"dags/{dag_id}/dagRuns", {"logical_date": None})["dag_run_id"]
        return run

    def tasks(self, dag_id: str, run: str) -> list[dict[str, Any]]:
        """Return the run's task instances, mapped ones each."""
        found: list[dict[str, Any]] = self.call(
            "GET", f"dags/{dag_id}/dagRuns/{run}/taskInstances?limit=100"
        ).get("task_instances", [])
        return found

    def task(self, dag_id: str, run: str) -> dict[str, Any]:
        """Return the run's only task instance."""
        return next(iter(self.tasks(dag_id, run)), {})

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = requests.request(
            method, f"{self.url}/api/v2/{path}", json=body, headers=self._headers, timeout=30
        )
        found: dict[str, Any] = answer.json() if answer.ok else {}
        return found

    def _start(self, name: str) -> None:
        log = (self.home / f"{name}.log").open("ab")
        self._servers[name] = subprocess.Popen(
            [_AIRFLOW, *self._commands[name]],
            env=self._environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _is_up(self) -> bool:
        wanted = {"scheduler", "dag_processor"} | ({"triggerer"} & set(self._commands))
        with suppress(requests.RequestException):
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
            return all(health[name]["status"] == "healthy" for name in wanted)
        return False


def processes_calling(url: str) -> list[psutil.Process]:
    """Return the processes that are connected to a server on this machine."""
    port = int(url.rpartition(":")[2])
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(one.raddr and one.raddr.port == port for one in process.net_connections()):
                found.append(process)
    return found


def wait_for(condition: Callable[[], Any], seconds: float) -> Any:
    """Return what a condition gives as soon as that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{condition} did not come true in {seconds} s")
