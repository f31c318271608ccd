# SPDX-License-Identifier: Apache-2.0
"""
Amazon Athena, whose API is moto's: it takes queries and says that they have succeeded.

What they did is done here, for the one statement of ``zendesk_to_athena``: it adds a partition to the table, and a table is the
files that are in the folders of its partitions when it is read.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from moto.server import ThreadedMotoServer

from tests.warehouses.warehouse import Warehouse, database, ids_and_keys, statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.stores.server import Store

_ADD = re.compile(
    r"ALTER TABLE tickets_history ADD IF NOT EXISTS PARTITION \(dt = '([\d-]+)'\) LOCATION '(s3://[^']+/)'"
)


@contextmanager
def start(store: Store) -> Iterator[Warehouse]:
    server = ThreadedMotoServer(port=0)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    assert store.connection is not None
    region = store.connection["extra"]["region_name"]
    services = {"athena": {"endpoint_url": url}, "s3": {"endpoint_url": store.endpoint}}
    connection = {**store.connection, "extra": {"region_name": region, "service_config": services}}
    client = boto3.client(
        "athena",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=connection["login"],
        aws_secret_access_key=connection["password"],
    )
    lake = database(store)
    declared = _declared()

    def rows() -> list[tuple[int, int]]:
        folders = _partitions(client).values()
        files = [f"{folder}*.parquet" for folder in folders]
        table = f"(SELECT {declared} FROM read_parquet({files}, union_by_name=true, hive_partitioning=false))"
        return ids_and_keys(lake, table, "epoch(_sort_key)::BIGINT")

    yield Warehouse(rows, {"AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection)})
    server.stop()


def _declared() -> str:
    """Return the columns that the documentation's table has of the files, as their types."""
    [create] = statements("athena")
    [text] = re.findall(r"tickets_history \(\s+(.*?)\s+\)\s+PARTITIONED", create, re.DOTALL)
    pairs = re.findall(r"`?(\w+)`? (bigint|string|timestamp|boolean|array<string>|map<string, string>)", text)
    types = {
        "string": "VARCHAR",
        "array<string>": "VARCHAR[]",
        "map<string, string>": "MAP(VARCHAR, VARCHAR)",
    }
    return ", ".join(f"{name}::{types.get(kind, kind)} AS {name}" for name, kind in pairs)


def _partitions(client: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for query in client.list_query_executions()["QueryExecutionIds"]:
        execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        assert execution["QueryExecutionContext"]["Database"] == "zendesk"
        added = _ADD.fullmatch(execution["Query"])
        assert added, execution["Query"]
        found.setdefault(added[1], added[2])
    return found
