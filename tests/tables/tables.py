# SPDX-License-Identifier: Apache-2.0
"""Tables of the lake in a SQL catalog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.lake.formats.parquet import Parquet
from airflow_provider_zendesk.lake.root import open_url
from airflow_provider_zendesk.tables.iceberg import IcebergTable
from airflow_provider_zendesk.window import Window
from tests.tables.catalogs import DisturbedCatalog, DisturbedStorage, sql_catalog

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.tables.iceberg import Registered
    from tests.lakes import Lake

DAY = 86400
START = 1763596800
NAME = "zendesk.tickets"


@dataclass
class Tables:
    """
    A lake of Parquet files, and a catalog beside it.

    :param folder: of the catalog.
    """

    lake: Lake
    folder: Path

    @property
    def catalog(self) -> Any:
        return sql_catalog(self.folder)

    def moment(self, day: int) -> int:
        """The start of a day."""
        return START + day * DAY

    def beside(self, name: str) -> Tables:
        """Return the same lake with another catalog."""
        return replace(self, folder=self.folder.with_name(name))

    def export(self, first: int = 0, days: int = 1, **wanted: Any) -> None:
        self.lake.export(
            START + first * DAY,
            START + (first + days) * DAY,
            **{"partition_by": "day", "format": Parquet(), **wanted},
        )

    def table(self, name: str = NAME, dataset: str = "tickets", **arguments: Any) -> IcebergTable:
        root = open_url(str(self.lake.root))
        root = root._replace(storage=DisturbedStorage(self.lake.storage))
        return IcebergTable(
            DisturbedCatalog(self.catalog), name, root, "tickets", dataset, longest_pause=0.0, **arguments
        )

    def register(self, first: int = 0, days: int = 1, **arguments: Any) -> Registered:
        return self.table(**arguments).register(Window(START + first * DAY, START + (first + days) * DAY))

    def load(self, name: str = NAME) -> Any:
        return self.catalog.load_table(name)

    def files(self, name: str = NAME) -> list[str]:
        """The files that the table refers to, relative to the lake, with repetitions if there are any."""
        start = f"file://{self.lake.root}/"
        return sorted(task.file.file_path.removeprefix(start) for task in self.load(name).scan().plan_files())

    def listed(self, dataset: str = "tickets") -> list[str]:
        """The files that the manifests list."""
        return sorted(
            file["path"]
            for manifest in self.lake.manifests()
            for file in manifest["files"]
            if file["dataset"] == dataset
        )

    def rows(self, name: str = NAME) -> list[tuple[int, Any]]:
        found = self.load(name).scan(selected_fields=("id", "updated_at")).to_arrow().to_pylist()
        return sorted((row["id"], row["updated_at"]) for row in found)


@pytest.fixture
def tables(lake: Lake, tmp_path: Path) -> Tables:
    """Four days with tickets, the first three of them exported."""
    lake.zendesk.account.populate(START, START + 4 * DAY, tickets=60)
    tables = Tables(lake, tmp_path / "catalog")
    tables.export(days=3)
    return tables
