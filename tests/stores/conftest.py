# SPDX-License-Identifier: Apache-2.0
"""
Stores to test with: local files and real servers, which ``make test-stores`` installs.

No test leaves this machine: endpoints are loopback, and what drivers would look up in a cloud is off.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stores import azurite, fake_gcs, seaweedfs
from tests.stores.proxy import Proxy
from tests.stores.server import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
# gcsfs would ask a gRPC service that no emulator has, for a minute each time.
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"

# Not moto: it answers from two objects at once, and lets two exclusive puts win.
SERVERS = {"seaweedfs": seaweedfs, "fake-gcs-server": fake_gcs, "azurite": azurite}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "ZENDESK_STORES" in os.environ:
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs the servers that `make test-stores` installs"))


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Store]]:
    """Return what starts a store by name, once."""
    stores: dict[str, Store] = {}
    with ExitStack() as servers:

        def start(name: str) -> Store:
            if name not in stores:
                folder = tmp_path_factory.mktemp(name)
                stores[name] = servers.enter_context(SERVERS[name].start(folder))
            return stores[name]

        yield start


def _store(name: str, started: Callable[[str], Store]) -> Store:
    lacking = SERVERS[name].missing()
    assert not lacking, f"{lacking} is not installed; make test-stores does"
    return started(name).at(uuid.uuid4().hex)


@pytest.fixture(params=SERVERS)
def remote(request: pytest.FixtureRequest, started: Callable[[str], Store]) -> Store:
    """Return each object store, with a root nobody has used."""
    return _store(request.param, started)


@pytest.fixture(params=["local", *SERVERS])
def store(request: pytest.FixtureRequest, started: Callable[[str], Store], tmp_path: object) -> Store:
    """Return local files, and each object store."""
    if request.param == "local":
        return Store("local", "file", {}, str(tmp_path))
    return _store(request.param, started)


@pytest.fixture
def s3(started: Callable[[str], Store]) -> Store:
    return _store("seaweedfs", started)


@pytest.fixture
def proxy(remote: Store) -> Iterator[Proxy]:
    with Proxy(remote.endpoint) as proxy:
        yield proxy


class Child(subprocess.Popen[str]):
    """Another client of a store, see :mod:`tests.stores.child`."""

    def __init__(self, store: Store, *arguments: object) -> None:
        command = [sys.executable, "-m", "tests.stores.child", store.dump(), *map(str, arguments)]
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def finish(self) -> str:
        said, _ = self.communicate(timeout=300)
        assert self.returncode == 0
        return said
