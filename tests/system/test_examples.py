# SPDX-License-Identifier: Apache-2.0
"""Example DAGs of one resource and what follows it, run by Airflow's command line."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as parquet

from airflow_provider_zendesk.emulator.faults import too_many_requests
from tests.lakes import Lake
from tests.system.written import one_manifest, rows
from tests.tables.needed import skip_without_sql_catalog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

START, END = 1795132800, 1795219200  # 2026-11-20


def test_the_parquet_example_exports_its_interval(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=300)
    run_dag(
        "zendesk_parquet",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE_PARQUET=f"file://{tmp_path}",
    )
    (file,) = one_manifest(tmp_path, "tickets")["files"]
    with (tmp_path / file["path"]).open("rb") as part:
        exported = parquet.read_table(part)["id"].to_pylist()
    assert exported == [row.id for row in zendesk_emulator.truth(START, END)]
    assert exported


def test_the_gated_example_waits_without_a_worker_and_exports_its_hour(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    """Sensor and export are asked once each to wait just long enough to be deferred."""
    zendesk_emulator.account.populate(END - 7200, END + 7200, tickets=400)
    zendesk_emulator.answer_next(too_many_requests("31"), None, too_many_requests("31"))
    said = run_dag(
        "zendesk_sensor_gated",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE_HOURLY=f"file://{tmp_path}",
    )
    assert said.count("deferring until") in (2, 4)  # Airflow 2.11 says each line twice
    manifest = one_manifest(tmp_path, "tickets")
    truth = zendesk_emulator.truth(END - 3600, END)
    assert rows(tmp_path, manifest) == [row.raw for row in truth]
    assert truth
    assert [request.status for request in zendesk_emulator.export_requests] == [429, 200, 429, 200]


def test_the_table_example_exports_its_interval_and_registers_it_in_an_iceberg_table(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    skip_without_sql_catalog()
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=300)
    catalog = {
        "conn_type": "iceberg",
        "host": f"sqlite:///{tmp_path}/catalog.db",
        "extra": {"type": "sql", "warehouse": f"file://{tmp_path}/warehouse"},
    }
    run_dag(
        "zendesk_iceberg",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_CONN_ICEBERG_DEFAULT=json.dumps(catalog),
        AIRFLOW_VAR_ZENDESK_LAKE_ICEBERG=f"file://{tmp_path}/lake",
    )
    from pyiceberg.catalog import load_catalog

    table = load_catalog("iceberg_default", type="sql", uri=catalog["host"]).load_table("zendesk.tickets")
    truth = [json.loads(row.raw)["id"] for row in zendesk_emulator.truth(START, END)]
    assert sorted(table.scan(selected_fields=("id",)).to_arrow()["id"].to_pylist()) == sorted(truth) != []
    assert table.current_snapshot().summary["zendesk.dag_id"] == "zendesk_iceberg"


def test_the_reconciling_example_finds_what_came_late_and_exports_it_again(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.late_rows = 7200
    zendesk_emulator.clock.set(END)
    lake = Lake(zendesk_emulator, tmp_path)
    for name in ("ticket_metric_events", "ticket_events"):
        zendesk_emulator.account.records(name).populate(END - 7200, END, 200)
        lake.export(START, END, name=name, partition_by="day")
    zendesk_emulator.clock.set(END + 6 * 3600)
    run_dag(
        "zendesk_reconcile",
        "2026-11-21T07:00:00",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE_ALL=f"file://{tmp_path}",
    )
    for name in ("ticket_metric_events", "ticket_events"):
        manifest = one_manifest(tmp_path, name)
        assert manifest["revision"] == 1
        include = ("comment_events",) if name == "ticket_events" else ()
        truth = zendesk_emulator.truth(START, END, resource=name, include=include)
        assert sorted(rows(tmp_path, manifest)) == sorted(row.raw for row in truth)
        (report,) = (tmp_path / "_reconciliations" / name).glob("*.json")
        assert json.loads(report.read_bytes())["late"] > 0


def test_the_duckdb_example_loads_its_interval_and_what_replaced_it(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START, END, tickets=300)

    def run(day: str) -> None:
        run_dag(
            "zendesk_to_duckdb",
            day,
            AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_DUCKDB=f"file://{tmp_path}",
            AIRFLOW_VAR_ZENDESK_DUCKDB=str(tmp_path / "zendesk.duckdb"),
        )

    def loaded() -> list[tuple[int, int]]:
        with duckdb.connect(tmp_path / "zendesk.duckdb", read_only=True) as database:
            return database.sql("SELECT generated_timestamp, id FROM tickets_history ORDER BY ALL").fetchall()

    def truth() -> list[tuple[int, int]]:
        return [(row.sort_key, row.id) for row in zendesk_emulator.truth(START, END)]

    run("2026-11-21")
    assert loaded() == truth()
    changed = next(row.id for row in zendesk_emulator.truth(START, END))
    zendesk_emulator.account.update(changed, END + 60)  # its row moves to the next window
    run("2026-11-21T00:00:01")  # the same interval in another run
    assert loaded() == truth()


def test_the_backfill_example_sweeps_its_period_and_verifies_it(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    first = END - 5 * 86400
    zendesk_emulator.account.populate(first - 3600, END + 3600, tickets=500)
    run_dag(
        "zendesk_backfill",
        "2026-11-21",
        "--conf",
        json.dumps({"start": "2026-11-16", "end": "2026-11-21"}),
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    manifests = sorted((tmp_path / "_manifests" / "tickets").glob("*/*.json"))
    exported = [row for path in manifests for row in rows(tmp_path, json.loads(path.read_bytes()))]
    assert len(manifests) == 5
    assert exported == [row.raw for row in zendesk_emulator.truth(first, END)]


def test_the_erasing_example_leaves_nothing_of_a_ticket(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START, END, tickets=50)
    lake = Lake(zendesk_emulator, tmp_path)
    lake.export(START, END, partition_by="day")
    gone, *rest = zendesk_emulator.truth(START, END)
    run_dag(
        "zendesk_erase",
        "2026-11-21",
        "--conf",
        json.dumps({"resource": "tickets", "ids": str(gone.id), "start": "2026-11-20", "end": "2026-11-21"}),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    assert rows(tmp_path, one_manifest(tmp_path, "tickets")) == [row.raw for row in rest if row.id != gone.id]


def test_the_taskflow_example_counts_the_tickets_of_its_interval(
    run_dag: Callable[..., str], zendesk_emulator: ZendeskEmulator
) -> None:
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=50)
    said = run_dag(
        "zendesk_taskflow",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
    )
    counts = Counter(json.loads(row.raw)["status"] for row in zendesk_emulator.truth(START, END))
    assert all(f"'{status}': {count}" in said for status, count in counts.items())
