# SPDX-License-Identifier: Apache-2.0
"""
Snowflake, which is fakesnow: its server speaks to the official connector, here with TLS as Airflow's hook insists.

Two things are added to its ``COPY INTO``: it reads the stage's objects through the driver of the store, and
``INCLUDE_METADATA = (_file = METADATA$FILENAME)``, which it does not know.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import fakesnow.copy_into
import fakesnow.cursor
import fakesnow.server
import trustme
import uvicorn
from fakesnow.instance import FakeSnow
from sqlglot import exp

from tests.stores.server import free_port
from tests.system.running import wait_for
from tests.warehouses.warehouse import Warehouse, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stores.server import Store

PLACE = {"database": "ANALYTICS", "schema": "ZENDESK"}
_copy_into, _inserts = fakesnow.copy_into.copy_into, fakesnow.copy_into._inserts


@contextmanager
def start(store: Store) -> Iterator[Warehouse]:
    lake = FakeSnow()
    lake.duck_conn.register_filesystem(store.filesystem(use_listings_cache=False))
    with lake.connect(**PLACE) as connection:
        for statement in statements("snowflake"):
            connection.cursor().execute(statement)
    with (
        patch.object(fakesnow.server, "shared_fs", lake),
        patch.object(fakesnow.cursor, "copy_into", _copy_without_metadata),
        patch.object(fakesnow.copy_into, "_inserts", _inserts_with_file_names),
        _serving() as (port, certificate),
    ):
        extra = {"account": "zendesk", "database": "analytics", "host": "localhost", "port": port}
        connection = {
            "conn_type": "snowflake",
            "login": "loader",
            "password": "secret",
            "schema": "zendesk",
            "extra": {**extra, "insecure_mode": True},  # no OCSP: there is no internet to ask
        }
        yield Warehouse(
            lambda: _rows(lake),
            {
                "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(store.connection),
                "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": json.dumps(connection),
                "REQUESTS_CA_BUNDLE": certificate,
            },
        )


@contextmanager
def _serving() -> Iterator[tuple[int, str]]:
    """Serve on a port, and give it with the file of the certificate to trust."""
    authority = trustme.CA()
    with TemporaryDirectory() as folder:
        trusted, own = Path(folder, "ca.pem"), Path(folder, "server.pem")
        authority.cert_pem.write_to_path(str(trusted))
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(own))
        port = free_port()
        server = uvicorn.Server(
            uvicorn.Config(fakesnow.server.app, port=port, ssl_certfile=own, log_level="warning")
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_for(lambda: server.started, 30)
        yield port, str(trusted)
        server.should_exit = True
        thread.join()


def _rows(lake: FakeSnow) -> list[tuple[int, int]]:
    with lake.connect(**PLACE) as connection:
        found = connection.cursor().execute("SELECT id, _sort_key FROM tickets_history").fetchall()
    return sorted(((int(id), int(key.timestamp())) for id, key in found), key=lambda row: row[::-1])


def _copy_without_metadata(duck: Any, database: Any, schema: Any, copy: exp.Copy, *more: Any) -> str:
    assert "USE_LOGICAL_TYPE" in copy.sql(dialect="snowflake").upper()  # fakesnow passes over it
    parameters = copy.args["params"]
    [metadata] = [one for one in parameters if one.this.name.upper() == "INCLUDE_METADATA"]
    assert "METADATA$FILENAME" in metadata.sql(dialect="snowflake").upper()
    copy.set("params", [one for one in parameters if one is not metadata])
    return _copy_into(duck, database, schema, copy, *more)


def _inserts_with_file_names(copy: Any, parameters: Any, urls: list[str], *more: Any) -> list[Any]:
    inserts = _inserts(copy, parameters, urls, *more)
    for insert, url in zip(inserts, urls, strict=True):
        [column] = [one for one in insert.expression.expressions if one.alias == "_FILE"]
        column.set("this", exp.Literal.string(url.split("/", 3)[3]))  # its path in the bucket
    return inserts
