# SPDX-License-Identifier: Apache-2.0
"""
The examples that load a warehouse, from the export to the table, by Airflow's command line.

Operators, clients and protocols are the official ones; the warehouses are stand-ins that run on this machine, since the services
themselves do not. They are many to install, so only ``make test-warehouses`` runs this.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.stores import fake_gcs, seaweedfs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from tests.warehouses.warehouse import Warehouse

pytestmark = pytest.mark.skipif("ZENDESK_WAREHOUSES" not in os.environ, reason="make test-warehouses runs it")

START, END, DAY = 1795132800, 1795219200, 86400  # 2026-11-20
WAREHOUSES = ["athena", "bigquery", "databricks", "redshift", "snowflake"]
STORES = {"bigquery": fake_gcs}


@pytest.fixture(params=WAREHOUSES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def warehouse(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with (
        STORES.get(name, seaweedfs).start(tmp_path_factory.mktemp("store")) as store,
        import_module(f"tests.warehouses.{name}").start(store) as warehouse,
    ):
        yield warehouse


def test_the_table_has_the_rows_of_each_window_once_also_after_it_was_replaced(
    name: str,
    warehouse: Warehouse,
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
) -> None:
    zendesk_emulator.account.populate(START, END + 3600, tickets=300)
    zendesk_emulator.clock.set(END + 2 * DAY)

    def run(date: str) -> None:
        connection = zendesk_emulator.airflow_connection()
        run_dag(f"zendesk_to_{name}", date, AIRFLOW_CONN_ZENDESK_DEFAULT=connection, **warehouse.environment)

    def truth(start: int, end: int) -> list[tuple[int, int]]:
        return sorted(
            ((row.id, row.sort_key) for row in zendesk_emulator.truth(start, end)),
            key=lambda row: row[::-1],
        )

    run("2026-11-21")
    assert warehouse.rows() == truth(START, END) != []
    run("2026-11-20")  # a day without tickets
    assert warehouse.rows() == truth(START, END)
    gone = truth(START, END)[0][0]
    zendesk_emulator.account.update(gone, END + 60)  # its row moves to the next window
    run("2026-11-21T00:00:01")  # the same interval in another run
    assert warehouse.rows() == truth(START, END)
    run("2026-11-22")
    assert warehouse.rows() == truth(START, END + DAY)
    assert (gone, END + 60) in warehouse.rows()
