# SPDX-License-Identifier: Apache-2.0
"""SeaweedFS: S3 with signatures, conditional puts and multipart uploads, and an Iceberg REST catalog, in one binary."""

from __future__ import annotations

import json
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.stores.server import BUCKET, Store, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARY = Path(sysconfig.get_path("scripts"), "weed")
KEY, SECRET = "testkey", "testsecret123"
TABLES = "tables"


def missing() -> str | None:
    return None if BINARY.exists() else "SeaweedFS"


@contextmanager
def start(folder: Path) -> Iterator[Store]:
    port, catalog = free_port(), free_port()
    ports = {name: free_port() for name in ("master", "volume", "filer", "admin")}
    identity = {
        "name": "lake",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    command = [
        str(BINARY),
        "mini",
        "-dir=data",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-admin.ui=false",
        "-webdav=false",
        f"-s3.port.iceberg={catalog}",
        "-s3.port.lance=0",
        f"-s3.port={port}",
        *(f"-{name}.port={number}" for name, number in ports.items()),
        "-s3.config=s3.json",
        f"-bucket={BUCKET}",
        f"-tableBucket={TABLES}",
    ]
    with running(command, f"http://127.0.0.1:{port}/{BUCKET}", folder):
        client = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        store = Store(
            "seaweedfs",
            "s3",
            {"key": KEY, "secret": SECRET, "client_kwargs": client},
            endpoint=client["endpoint_url"],
            scheme="s3",
            connection={"conn_type": "aws", "login": KEY, "password": SECRET, "extra": client},
            catalog=_catalog(f"http://127.0.0.1:{catalog}", client["endpoint_url"]),
        )
        _await_bucket(store)
        yield store


def _await_bucket(store: Store) -> None:
    """Wait for the bucket, which it makes after it has begun to answer."""
    deadline = time.monotonic() + 60
    while not store.filesystem().exists(BUCKET):
        if time.monotonic() > deadline:
            raise RuntimeError(f"SeaweedFS did not make the bucket {BUCKET!r}")
        time.sleep(0.1)


def _catalog(uri: str, endpoint: str) -> dict[str, Any]:
    """Return the connection to the catalog, as the official Iceberg provider has it."""
    extra = {
        "warehouse": f"s3://{TABLES}",
        "s3.endpoint": endpoint,
        "s3.access-key-id": KEY,
        "s3.secret-access-key": SECRET,
        "s3.region": "us-east-1",
    }
    return {"conn_type": "iceberg", "host": uri, "login": KEY, "password": SECRET, "extra": extra}
