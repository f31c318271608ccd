# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL and Redis, which Airflow's CeleryExecutor needs; Debian's packages, on the loopback interface."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.system.running import free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def postgres() -> Iterator[str]:
    """Run a database, and give its address without a driver: ``user@host:port/database``."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    # PostgreSQL refuses to run as root, and its own user cannot enter pytest's folders.
    owner: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="rig-", ignore_cleanup_errors=True) as folder:
        if owner:
            shutil.chown(folder, **owner)
        data, port = f"{folder}/data", free_port()
        initdb = [programs / "initdb", "--auth=trust", "--username=airflow", "--no-sync", data]
        subprocess.run(initdb, cwd=folder, check=True, capture_output=True, **owner)
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
        options = [word for setting in settings for word in ("-c", setting)]
        with _serving([str(programs / "postgres"), "-D", data, *options], folder, port, **owner):
            yield f"airflow@127.0.0.1:{port}/postgres"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a broker that keeps nothing on disk, and give its URL."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with _serving(command, folder, port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _serving(command: list[str], folder: str | Path, port: int, **owner: Any) -> Iterator[None]:
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere, **owner) as server:
        try:
            wait_for(lambda: server.poll() is not None or _answers(port), 30)
            if server.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at once, with status {server.returncode}")
            yield
        finally:
            server.send_signal(signal.SIGINT)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
