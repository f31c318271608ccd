# SPDX-License-Identifier: Apache-2.0
"""
Databricks: the Thrift protocol of its SQL warehouses, ``COPY INTO`` and ``DELETE``.

``COPY INTO`` takes what ``zendesk_to_databricks`` asks of it: the Parquet files of a folder that it has not loaded yet, with
their names beside the rows, into a table that gets the columns that it lacks.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import duckdb
from databricks.sql.thrift_api.TCLIService import TCLIService
from databricks.sql.thrift_api.TCLIService import ttypes as thrift
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from tests.warehouses.warehouse import Warehouse, columns, database, ids_and_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stores.server import Store

TABLE = "zendesk.tickets_history"
_COPY = re.compile(
    r"COPY INTO (?P<table>\S+)\s+FROM \(SELECT \*, _metadata\.file_name AS _file FROM '(?P<folder>[^']+)'\)\s+"
    r"FILEFORMAT = PARQUET\s+COPY_OPTIONS \('mergeSchema' = 'true'\)"
)
_HANDLE = thrift.THandleIdentifier(guid=b"0" * 16, secret=b"1" * 16)


@contextmanager
def start(store: Store) -> Iterator[Warehouse]:
    lake = database(store)
    lake.execute(f"CREATE TABLE {TABLE} (_file VARCHAR)")  # DuckDB has no table without columns
    with ThreadingHTTPServer(("127.0.0.1", 0), _Request) as server:
        server.processor = TCLIService.Processor(_Service(store, lake))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        extra = {"http_path": "sql/1.0/warehouses/0", "_connection_uri": url, "enable_telemetry": False}
        connection = {"conn_type": "databricks", "host": "127.0.0.1", "password": "token", "extra": extra}
        yield Warehouse(
            lambda: ids_and_keys(lake.cursor(), TABLE, "epoch(_sort_key)::BIGINT"),
            {
                "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(store.connection),
                "AIRFLOW_CONN_DATABRICKS_DEFAULT": json.dumps(connection),
            },
        )
        server.shutdown()


class _Request(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = TMemoryBuffer(self.rfile.read(int(self.headers["Content-Length"])))
        answer = TMemoryBuffer()
        self.server.processor.process(TBinaryProtocol(asked), TBinaryProtocol(answer))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-thrift")
        self.send_header("Content-Length", str(len(answer.getvalue())))
        self.end_headers()
        self.wfile.write(answer.getvalue())

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Service(TCLIService.Iface):
    """A warehouse that answers when a statement is done, as the driver asks it to."""

    def __init__(self, store: Store, lake: duckdb.DuckDBPyConnection) -> None:
        self.files = store.filesystem(use_listings_cache=False)
        self.lake = lake
        self.loaded: set[str] = set()

    def OpenSession(self, request: Any) -> Any:
        return thrift.TOpenSessionResp(
            status=_SUCCESS,
            serverProtocolVersion=thrift.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V7,
            sessionHandle=thrift.TSessionHandle(sessionId=_HANDLE),
            initialNamespace=request.initialNamespace,
            canUseMultipleCatalogs=True,
        )

    def CloseSession(self, request: Any) -> Any:
        return thrift.TCloseSessionResp(status=_SUCCESS)

    def ExecuteStatement(self, request: Any) -> Any:
        try:
            count = self._run(" ".join(request.statement.split()).rstrip(";"))
        except duckdb.Error as error:
            status = thrift.TStatus(statusCode=thrift.TStatusCode.ERROR_STATUS, errorMessage=str(error))
            return thrift.TExecuteStatementResp(status=status)
        kind = thrift.TOperationType.EXECUTE_STATEMENT
        return thrift.TExecuteStatementResp(
            status=_SUCCESS,
            operationHandle=thrift.TOperationHandle(
                operationId=_HANDLE, operationType=kind, hasResultSet=True
            ),
            directResults=_one_row(num_affected_rows=count),
        )

    def _run(self, sql: str) -> int:
        """Run a statement, and return the number of rows that it changed."""
        copy = _COPY.fullmatch(sql)
        if not copy:
            return _count(self.lake.execute(sql))
        found = [path for path in self.files.find(copy["folder"]) if path not in self.loaded]
        self.loaded.update(found)
        return sum(self._load(f"s3://{path}", copy["table"]) for path in found)

    def _load(self, uri: str, table: str) -> int:
        rows = f"(SELECT *, parse_filename('{uri}') AS _file FROM read_parquet('{uri}', hive_partitioning=false))"
        have = columns(self.lake, table)
        for name, kind in columns(self.lake, f"SELECT * FROM {rows}").items():
            if name not in have:
                self.lake.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
        return _count(self.lake.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {rows}"))


def _count(done: duckdb.DuckDBPyConnection) -> int:
    [count] = done.fetchone() or [0]
    return int(count)


def _one_row(**values: int) -> Any:
    """Return the results of a statement that is done, in the form that comes with the answer to it."""
    number = thrift.TTypeDesc(
        types=[thrift.TTypeEntry(primitiveEntry=thrift.TPrimitiveTypeEntry(type=thrift.TTypeId.BIGINT_TYPE))]
    )
    schema = [
        thrift.TColumnDesc(columnName=name, typeDesc=number, position=place)
        for place, name in enumerate(values, 1)
    ]
    columns = [
        thrift.TColumn(i64Val=thrift.TI64Column(values=[value], nulls=b"\0")) for value in values.values()
    ]
    return thrift.TSparkDirectResults(
        operationStatus=thrift.TGetOperationStatusResp(
            status=_SUCCESS, operationState=thrift.TOperationState.FINISHED_STATE
        ),
        resultSetMetadata=thrift.TGetResultSetMetadataResp(
            status=_SUCCESS,
            schema=thrift.TTableSchema(columns=schema),
            resultFormat=thrift.TSparkRowSetType.COLUMN_BASED_SET,
        ),
        resultSet=thrift.TFetchResultsResp(
            status=_SUCCESS,
            hasMoreRows=False,
            results=thrift.TRowSet(startRowOffset=0, rows=[], columns=columns),
        ),
        closeOperation=thrift.TCloseOperationResp(status=_SUCCESS),
    )


_SUCCESS = thrift.TStatus(statusCode=thrift.TStatusCode.SUCCESS_STATUS)
