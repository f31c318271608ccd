# SPDX-License-Identifier: Apache-2.0
"""Azurite: Azure's blob storage, Microsoft's own emulator."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.stores.server import BUCKET, Store, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.prefix, "node_modules", ".bin", "azurite-blob")
ACCOUNT = "devstoreaccount1"
# Public, from Azurite's documentation.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def missing() -> str | None:
    return None if PROGRAM.exists() and shutil.which("node") else "azurite"


@contextmanager
def start(folder: Path) -> Iterator[Store]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        "node",
        str(PROGRAM),
        *("--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder / "data")),
        # The driver may speak a newer version than azurite knows.
        *("--silent", "--disableTelemetry", "--skipApiVersionCheck"),
    ]
    with running(command, f"{url}/{ACCOUNT}", folder):
        connection = ";".join(
            [
                "DefaultEndpointsProtocol=http",
                f"AccountName={ACCOUNT}",
                f"AccountKey={KEY}",
                f"BlobEndpoint={url}/{ACCOUNT}",
            ]
        )
        store = Store(
            "azurite",
            "abfs",
            {"connection_string": connection},
            endpoint=url,
            scheme="abfs",
            connection={"conn_type": "wasb", "extra": {"connection_string": connection}},
        )
        store.filesystem().mkdir(BUCKET)
        yield store
