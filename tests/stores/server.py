# SPDX-License-Identifier: Apache-2.0
"""A store that runs on this machine, for as long as the tests need it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import fsspec
import requests

from airflow_provider_zendesk.lake.storage import Storage, open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "lake"
_SECONDS_TO_START = 60


@dataclass(frozen=True)
class Store:
    """
    A store, and how its driver and Airflow reach it.

    :param protocol: of fsspec.
    :param options: of the driver.
    :param endpoint: its address, as the options name it; empty for local files.
    :param root: bucket, or folder.
    :param connection: Airflow's, with the scheme of an ``ObjectStoragePath``; none for local files.
    :param catalog: Airflow's connection to its Iceberg catalog, if it has one.
    """

    name: str
    protocol: str
    options: dict[str, Any]
    root: str = BUCKET
    endpoint: str = ""
    scheme: str = ""
    connection: dict[str, Any] | None = None
    catalog: dict[str, Any] | None = None

    def filesystem(self, **options: Any) -> Any:
        """Return a driver with no memory of others."""
        return fsspec.filesystem(self.protocol, **self.options, **options, skip_instance_cache=True)

    def storage(self, **options: Any) -> Storage:
        return open_storage(self.filesystem(**options), self.root)

    def at(self, folder: str) -> Store:
        return replace(self, root=f"{self.root}/{folder}")

    def through(self, proxy: str) -> Store:
        """Return the same store behind a proxy."""
        options = json.loads(json.dumps(self.options).replace(self.endpoint, proxy))
        return replace(self, options=options, endpoint=proxy)

    def dump(self) -> str:
        return json.dumps([self.name, self.protocol, self.options, self.root])

    @classmethod
    def load(cls, text: str) -> Store:
        return cls(*json.loads(text))


def free_port() -> int:
    """Return a port that is free, as is the one 10,000 above it: SeaweedFS takes both."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            if port > 55_000:
                continue
            try:
                other.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


@contextmanager
def running(command: list[str], url: str, folder: Path) -> Iterator[None]:
    """Run a server until it is no longer needed; its output is kept in the folder."""
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=folder, stdout=output, stderr=output) as server,
    ):
        try:
            _await(url, server, log)
            yield
        finally:
            server.kill()


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).status_code < 500:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{server.args!r} did not start:\n{log.read_text(errors='replace')[-4000:]}")
