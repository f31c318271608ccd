# SPDX-License-Identifier: Apache-2.0
"""Tables in a real Iceberg REST catalog, of files in a real object store."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyiceberg")
pytest.importorskip("airflow.providers.apache.iceberg")

from airflow_provider_zendesk.lake.formats.parquet import Parquet
from airflow_provider_zendesk.operators.table import ZendeskTableOperator
from airflow_provider_zendesk.runtime.iceberg_catalog import open_catalog
from airflow_provider_zendesk.tables.selection import select
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from tests.lakes import Lake
    from tests.stores.server import Store

DAY = 86400
START = 1763596800
DAYS = 4


class Tables:
    """A lake in the store, a table in its catalog, and the operator."""

    def __init__(self, lake: Lake, store: Store) -> None:
        self.lake = lake
        self.store = store
        self.name = f"zendesk_{uuid.uuid4().hex}.tickets"

    def export(self, first: int, days: int = 1) -> None:
        storage = self.store.storage()
        start = START + first * DAY
        self.lake.export(start, start + days * DAY, partition_by="day", format=Parquet(), storage=storage)

    def register(self, first: int, days: int = 1) -> dict[str, Any]:
        task = ZendeskTableOperator(
            task_id="register",
            resource="tickets",
            path=f"s3://seaweedfs@{self.store.root}",
            table=self.name,
            start_time=START + first * DAY,
            end_time=START + (first + days) * DAY,
        )
        return task.execute({})

    def load(self) -> Any:
        return open_catalog("iceberg_default").load_table(self.name)

    def files(self) -> list[str]:
        return sorted(task.file.file_path for task in self.load().scan().plan_files())

    def listed(self) -> list[str]:
        from airflow_provider_zendesk.runtime.root import open_root

        root = open_root(f"s3://seaweedfs@{self.store.root}")
        return sorted(select(root, "tickets", "tickets", Window(START, START + DAYS * DAY)).files)


@pytest.fixture
def tables(lake: Lake, s3: Store, monkeypatch: pytest.MonkeyPatch) -> Tables:
    monkeypatch.setenv("AIRFLOW_CONN_SEAWEEDFS", json.dumps(s3.connection))
    monkeypatch.setenv("AIRFLOW_CONN_ICEBERG_DEFAULT", json.dumps(s3.catalog))
    lake.zendesk.account.populate(START, START + DAYS * DAY, tickets=80)
    tables = Tables(lake, s3)
    tables.export(0, DAYS)
    return tables


def test_the_files_of_windows_are_registered_and_replaced_in_a_rest_catalog(tables: Tables) -> None:
    summary = tables.register(0, DAYS)
    assert (summary["files_added"], summary["files_removed"]) == (DAYS, 0)
    assert tables.files() == tables.listed()
    assert len(tables.load().scan().to_arrow()) == summary["records"] > 0
    tables.export(1)
    again = tables.register(0, DAYS)
    assert (again["files_added"], again["files_removed"]) == (1, 1)
    assert tables.files() == tables.listed()
    assert len(tables.load().scan().to_arrow()) == summary["records"]
    assert tables.register(0, DAYS)["snapshot_id"] == again["snapshot_id"]
    assert len(tables.load().metadata.snapshots) == 2


def test_runs_of_several_days_at_once_all_get_their_files_in(tables: Tables) -> None:
    at_once(lambda day: tables.register(day), range(DAYS))
    assert tables.files() == tables.listed()
    assert len(tables.load().metadata.snapshots) == DAYS


def test_runs_of_the_same_days_at_once_end_as_one_would(tables: Tables) -> None:
    tables.register(0, DAYS)
    tables.export(0, 2)
    at_once(lambda _: tables.register(0, DAYS), range(3))
    assert tables.files() == tables.listed()
    assert len(tables.load().metadata.snapshots) == 2


def at_once(what: Any, numbers: range) -> None:
    start = threading.Barrier(len(numbers))

    def run(number: int) -> None:
        start.wait()
        what(number)

    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(run, numbers))
