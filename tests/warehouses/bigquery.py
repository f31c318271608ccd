# SPDX-License-Identifier: Apache-2.0
"""
BigQuery: the REST API's load jobs, as the official client sends and awaits them.

A load job takes what ``zendesk_to_bigquery`` asks of it: it overwrites one partition of a table, by day of a column, with the
rows of Parquet files. It makes the table or adds columns as it is allowed to, and refuses rows of other partitions.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import duckdb

from tests.warehouses.warehouse import Warehouse, columns, database, ids_and_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stores.server import Store

TABLE = "zendesk.tickets_history"


@contextmanager
def start(store: Store) -> Iterator[Warehouse]:
    lake = database(store)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Request) as server:
        server.jobs = _Jobs(lake)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Warehouse(
            lambda: ids_and_keys(lake.cursor(), TABLE, "epoch(_sort_key)::BIGINT"),
            {
                "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT": json.dumps(store.connection),
                "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{server.server_address[1]}",
            },
        )
        server.shutdown()


class _Request(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        if not self.path.split("?")[0].endswith("/jobs"):
            self.send_error(HTTPStatus.NOT_IMPLEMENTED)
            return
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.server.jobs.insert(asked))

    def do_GET(self) -> None:
        name = self.path.split("?")[0].rpartition("/jobs/")[2]
        self._answer(self.server.jobs.done[name])

    def _answer(self, job: dict[str, Any]) -> None:
        body = json.dumps(job).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Jobs:
    """Jobs, each of which is done when the answer to its insertion arrives."""

    def __init__(self, lake: duckdb.DuckDBPyConnection) -> None:
        self.lake = lake
        self.done: dict[str, dict[str, Any]] = {}

    def insert(self, job: dict[str, Any]) -> dict[str, Any]:
        status: dict[str, Any] = {"state": "DONE"}
        try:
            self._load(**job["configuration"]["load"])
        except (duckdb.Error, ValueError) as error:
            status["errorResult"] = {"reason": "invalid", "message": str(error)}
        name = job["jobReference"]["jobId"]
        self.done[name] = {**job, "kind": "bigquery#job", "id": name, "status": status, "statistics": {}}
        return self.done[name]

    def _load(
        self,
        sourceUris: list[str],
        destinationTable: dict[str, str],
        timePartitioning: dict[str, str],
        schemaUpdateOptions: list[str],
        sourceFormat: str,
        writeDisposition: str,
        createDisposition: str,
        parquetOptions: dict[str, Any],
        **more: Any,
    ) -> None:
        asked = (timePartitioning["type"], sourceFormat, writeDisposition, createDisposition, parquetOptions)
        if asked != ("DAY", "PARQUET", "WRITE_TRUNCATE", "CREATE_IF_NEEDED", {"enableListInference": True}):
            raise ValueError(f"{asked} is not known here")
        partition = re.fullmatch(r"(\w+)\$(\d{8})", destinationTable["tableId"])
        if not partition:
            raise ValueError(f"{destinationTable} names no partition of a day")
        table, day = f"{destinationTable['datasetId']}.{partition[1]}", partition[2]
        of_day = f"strftime({timePartitioning['field']}, '%Y%m%d') = '{day}'"
        files = f"read_parquet({sourceUris}, union_by_name=true, hive_partitioning=false)"
        with self.lake.cursor() as cursor:
            cursor.execute("BEGIN")
            [elsewhere] = cursor.execute(f"SELECT count(*) FROM {files} WHERE NOT {of_day}").fetchone() or [0]
            if elsewhere:
                raise ValueError(f"{elsewhere} rows are not of the partition {day}")
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} AS FROM {files} LIMIT 0")
            have = columns(cursor, table)
            for name, kind in columns(cursor, f"SELECT * FROM {files}").items():
                if name not in have and "ALLOW_FIELD_ADDITION" in schemaUpdateOptions:
                    cursor.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
            cursor.execute(f"DELETE FROM {table} WHERE {of_day}")
            cursor.execute(f"INSERT INTO {table} BY NAME FROM {files}")
            cursor.execute("COMMIT")
