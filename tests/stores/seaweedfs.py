# SPDX-License-Identifier: Apache-2.0
"""SeaweedFS: S3 with signatures, conditional puts and multipart uploads, in one binary."""

from __future__ import annotations

import json
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.stores.server import BUCKET, Store, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARY = Path(sysconfig.get_path("scripts"), "weed")
KEY, SECRET = "testkey", "testsecret123"


def missing() -> str | None:
    return None if BINARY.exists() else "SeaweedFS"


@contextmanager
def start(folder: Path) -> Iterator[Store]:
    port = free_port()
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
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.port={port}",
        *(f"-{name}.port={number}" for name, number in ports.items()),
        "-s3.config=s3.json",
        f"-bucket={BUCKET}",
    ]
    with running(command, f"http://127.0.0.1:{port}/{BUCKET}", folder):
        client = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        yield Store(
            "seaweedfs",
            "s3",
            {"key": KEY, "secret": SECRET, "client_kwargs": client},
            endpoint=client["endpoint_url"],
            scheme="s3",
            connection={"conn_type": "aws", "login": KEY, "password": SECRET, "extra": client},
        )
