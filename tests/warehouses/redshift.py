# SPDX-License-Identifier: Apache-2.0
"""
Amazon Redshift: PostgreSQL's protocol as ``redshift_connector`` speaks it, ``COPY`` from S3, and transactions.

``COPY`` takes what ``zendesk_to_redshift`` asks of it: gzipped JSON by the names of the table's columns, from all objects
whose names begin with a prefix. It fails if there is none, as Redshift does.
"""

from __future__ import annotations

import json
import re
import socketserver
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import sqlglot

from tests.warehouses.warehouse import Warehouse, columns, database, ids_and_keys, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stores.server import Store

_COPY = re.compile(
    r"COPY (?P<table>\S+)\s+FROM '(?P<prefix>s3://[^']+)'\s+credentials\s+'aws_access_key_id=[^']+'\s+"
    r"GZIP\s+FORMAT JSON 'auto'\s+TRUNCATECOLUMNS;"
)
_LIKE = re.compile(r"CREATE TABLE (\S+) \(LIKE (\S+)\)")
_WITH_TLS = 80877103


@contextmanager
def start(store: Store) -> Iterator[Warehouse]:
    lake = database(store)
    lake.execute("CREATE TYPE SUPER AS JSON")
    for statement in statements("redshift"):
        lake.execute(_translated(lake, statement))
    with _Cluster(("127.0.0.1", 0), _Session) as cluster:
        cluster.lake = lake
        threading.Thread(target=cluster.serve_forever, daemon=True).start()
        connection = {
            "conn_type": "redshift",
            "host": "127.0.0.1",
            "port": cluster.server_address[1],
            "login": "loader",
            "password": "secret",
            "schema": "dev",
            "extra": {"ssl": False},
        }
        yield Warehouse(
            lambda: ids_and_keys(lake.cursor(), "zendesk.tickets_history", "generated_timestamp"),
            {
                "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(store.connection),
                "AIRFLOW_CONN_REDSHIFT_DEFAULT": json.dumps(connection),
            },
        )
        cluster.shutdown()


class _Cluster(socketserver.ThreadingTCPServer):
    daemon_threads = True
    lake: duckdb.DuckDBPyConnection


class _Session(socketserver.StreamRequestHandler):
    """A connection, in as much of the extended query protocol as the driver uses for statements without rows."""

    server: _Cluster

    def handle(self) -> None:
        self.lake = self.server.lake.cursor()
        self.in_transaction = False
        self.prepared: dict[bytes, str] = {}
        self.bound = ""
        self._begin()
        failed = False  # then everything is ignored up to the next Sync
        while (kind := self.rfile.read(1)) not in (b"", b"X"):
            body = self._body()
            if kind == b"S":
                failed = False
                self._ready()
            elif not failed:
                try:
                    self._answer(kind, body)
                except (duckdb.Error, ValueError) as error:
                    failed = True
                    self._send(b"E", b"SERROR\0CXX000\0M" + str(error).encode() + b"\0\0")

    def _begin(self) -> None:
        [code] = struct.unpack_from("!I", self._body())
        if code == _WITH_TLS:
            self.wfile.write(b"N")
            self._body()
        self._send(b"R", struct.pack("!I", 0))
        self._send(b"S", b"client_encoding\0UTF8\0")
        self._ready()

    def _answer(self, kind: bytes, body: bytes) -> None:
        match kind:
            case b"P":
                name, sql, _ = body.split(b"\0", 2)
                self.prepared[name] = sql.decode()
                self._send(b"1")
            case b"D":
                if body.startswith(b"S"):
                    self._send(b"t", b"\0\0")  # no parameters
                self._send(b"n")  # no rows
            case b"B":
                self.bound = self.prepared[body.split(b"\0", 2)[1]]
                self._send(b"2")
            case b"E":
                self._send(b"C", f"{self._run(self.bound)}\0".encode())
            case b"C":
                self._send(b"3")
            case b"H":
                pass
            case _:
                raise ValueError(f"a message of kind {kind!r} is not known here")

    def _run(self, sql: str) -> str:
        """Run a statement, and return what the driver is told of it."""
        word = sql.split()[0].strip(";").upper()
        if word in ("BEGIN", "COMMIT", "ROLLBACK"):
            if self.in_transaction != (word == "BEGIN"):  # else Redshift only warns
                self.lake.execute(word)
            self.in_transaction = word == "BEGIN"
            return word
        [count] = self.lake.execute(_translated(self.lake, sql)).fetchone() or [0]
        return f"INSERT 0 {count}" if word == "INSERT" else f"{word} {count}"

    def _body(self) -> bytes:
        [length] = struct.unpack("!I", self.rfile.read(4))
        return self.rfile.read(length - 4)

    def _send(self, kind: bytes, body: bytes = b"") -> None:
        self.wfile.write(kind + struct.pack("!I", len(body) + 4) + body)

    def _ready(self) -> None:
        self._send(b"Z", b"T" if self.in_transaction else b"I")


def _translated(lake: duckdb.DuckDBPyConnection, sql: str) -> str:
    if copy := _COPY.fullmatch(sql.strip()):
        kinds = json.dumps(columns(lake, copy["table"])).replace('"', "'")
        options = f"format='newline_delimited', compression='gzip', hive_partitioning=false, columns={kinds}"
        return f"INSERT INTO {copy['table']} SELECT * FROM read_json('{copy['prefix']}*', {options})"
    if like := _LIKE.fullmatch(sql.strip()):
        return f"CREATE TABLE {like[1]} AS FROM {like[2]} LIMIT 0"
    [translated] = sqlglot.transpile(sql, read="redshift", write="duckdb")
    return translated
