# SPDX-License-Identifier: Apache-2.0
"""What an Iceberg table holds after a run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from tests.tables.needed import skip_without_sql_catalog

skip_without_sql_catalog()

import pyarrow
import pyarrow.parquet
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation
from pyiceberg.types import LongType, NestedField

from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ExportNotCommittedError,
    ExportStorageError,
)
from airflow_provider_zendesk.lake.formats.parquet import Parquet
from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES
from airflow_provider_zendesk.lake.root import open_url
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.tables.iceberg import IcebergTable
from airflow_provider_zendesk.window import Window
from tests.history.making import CHANGES, events, make, rows
from tests.tables.catalogs import sql_catalog
from tests.tables.tables import DAY, NAME, START

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lakes import Lake
    from tests.tables.tables import Tables


def test_the_table_has_exactly_the_rows_of_the_windows(tables: Tables) -> None:
    done = tables.register(days=3)
    assert (done.windows, done.files, done.files_added, done.files_removed) == (3, 3, 3, 0)
    assert tables.files() == tables.listed()
    records = [manifest["counts"]["records"] for manifest in tables.lake.manifests()]
    assert len(tables.rows()) == done.records == sum(records)
    [snapshot] = tables.load().metadata.snapshots
    assert snapshot.snapshot_id == done.snapshot_id


def test_a_run_that_finds_nothing_to_do_makes_no_snapshot(tables: Tables) -> None:
    first, second = tables.register(days=3), tables.register(days=3)
    assert second == first._replace(files_added=0)
    assert len(tables.load().metadata.snapshots) == 1


def test_another_day_is_added_to_what_is_there(tables: Tables) -> None:
    tables.register()
    tables.register(1)
    assert tables.files() == tables.listed()[:2]
    tables.register(2)
    assert tables.files() == tables.listed()
    assert [snapshot.summary.operation for snapshot in tables.load().metadata.snapshots] == [
        Operation.APPEND
    ] * 3


def test_the_files_of_a_replaced_window_leave_in_the_snapshot_in_which_the_new_ones_come(
    tables: Tables,
) -> None:
    tables.register(days=3)
    rows = tables.rows()
    tables.lake.policy = Policy(part_records=5)
    tables.export(1)
    done = tables.register(1)
    assert done.files_removed == 1
    assert done.files_added > 1
    assert tables.files() == tables.listed()
    assert tables.rows() == rows
    assert len(tables.load().metadata.snapshots) == 2


def test_a_window_that_has_no_rows_any_more_leaves_the_table(tables: Tables) -> None:
    tables.register(days=3)
    tables.lake.zendesk.reset(now=START + 10 * DAY)
    tables.export(1)
    done = tables.register(1)
    assert (done.windows, done.files, done.files_added, done.files_removed) == (1, 0, 0, 1)
    assert tables.files() == tables.listed()
    assert len(tables.files()) == 2


def test_a_window_without_rows_still_makes_a_table_that_can_be_read(tables: Tables) -> None:
    tables.export(20)
    done = tables.register(20)
    assert (done.files, done.snapshot_id) == (0, None)
    assert tables.rows() == []


def test_a_window_exported_anew_after_its_lake_was_deleted_replaces_the_files_of_the_same_name(
    tables: Tables,
) -> None:
    tables.register(days=3)
    files = tables.files()
    for path in [*tables.lake.root.glob("**/*.parquet"), *tables.lake.root.glob("_manifests/**/*.json")]:
        path.unlink()
    tables.lake.zendesk.account.populate(START, START + DAY, tickets=7)
    tables.export(days=3)
    assert tables.register(days=3).files_removed >= 1
    assert tables.files() == files == tables.listed()
    assert len(tables.rows()) == sum(one["counts"]["records"] for one in tables.lake.manifests())


def test_windows_outside_the_run_are_left_alone(tables: Tables) -> None:
    tables.register(days=3)
    tables.export()
    tables.register(1)
    assert "-r0-" in tables.files()[0]
    tables.register()
    assert tables.files() == tables.listed()


def test_the_summary_of_a_snapshot_says_which_windows_and_revisions_came(tables: Tables) -> None:
    tables.register(properties={"run_id": "manual"})
    summary = tables.load().current_snapshot().summary
    assert summary["zendesk.windows"] == "20251120T000000Z-20251121T000000Z-r0"
    assert summary["zendesk.dataset"] == "tickets"
    assert summary["zendesk.root"] == f"file://{tables.lake.root}"
    assert summary["zendesk.run_id"] == "manual"


def test_a_table_is_partitioned_like_the_export(tables: Tables) -> None:
    tables.register(days=3)
    [field] = tables.load().spec().fields
    assert (field.name, str(field.transform)) == ("_sort_key_day", "day")
    assert (
        len(list(tables.load().scan(row_filter="_sort_key < '2025-11-21T00:00:00+00:00'").plan_files())) == 1
    )


def test_files_of_several_days_are_refused_by_a_table_of_days_and_taken_by_one_of_months(
    tables: Tables,
) -> None:
    tables.lake.root = tables.lake.root.with_name("months")
    tables.export(days=4, partition_by="month")
    with pytest.raises(ExportConflictError, match="partition_by="):
        tables.register(days=4)
    tables = tables.beside("months")
    tables.register(days=4, partition_by="month")
    assert tables.files() == tables.listed()


@pytest.mark.parametrize("dataset", ["tickets__users", "tickets__late"])
def test_sideloads_and_late_rows_have_tables_of_their_own(tables: Tables, dataset: str) -> None:
    tables.export(3, include=("users",))
    done = tables.register(3, name="zendesk.other", dataset=dataset)
    assert tables.files("zendesk.other") == tables.listed(dataset)
    assert done.files == (dataset == "tickets__users")
    assert tables.load("zendesk.other").spec().fields == ()
    tables.export(3, include=("users",))
    tables.register(3, name="zendesk.other", dataset=dataset)
    assert tables.files("zendesk.other") == tables.listed(dataset)


def test_columns_that_only_newer_files_have_are_added_to_the_table(tables: Tables) -> None:
    tables.register()
    older = tables.rows()
    add_a_column(tables, day=1, values=lambda count: pyarrow.array(["new"] * count))
    tables.register(1)
    found = tables.load().scan(selected_fields=("id", "invented")).to_arrow().to_pylist()
    assert {row["invented"] for row in found} == {None, "new"}
    assert tables.rows()[: len(older)] or older == []
    tables.register(2)
    assert tables.files() == tables.listed()


def test_a_column_whose_type_has_changed_is_an_error_that_says_so(tables: Tables) -> None:
    tables.register()
    add_a_column(tables, day=1, values=lambda count: pyarrow.array(["text"] * count), name="id")
    with pytest.raises(ExportConflictError, match="another table="):
        tables.register(1)
    assert tables.files() == tables.listed()[:1]


def add_a_column(tables: Tables, day: int, values, name: str = "invented") -> None:
    """Give the file of a day another column, as a newer version of this package might."""
    path = tables.lake.root / tables.listed()[day]
    table = pyarrow.parquet.read_table(path, partitioning=None)
    if name in table.column_names:
        table = table.drop_columns([name])
    table = table.append_column(name, values(table.num_rows))
    size = path.stat().st_size
    pyarrow.parquet.write_table(table, path)
    [manifest] = tables.lake.root.glob(f"_manifests/tickets/*/202511{20 + day}*.json")
    text = manifest.read_text()
    assert f'"bytes": {size},' in text
    manifest.write_text(text.replace(f'"bytes": {size},', f'"bytes": {path.stat().st_size},'))


def test_a_table_that_someone_else_has_created_is_used_as_it_is(tables: Tables) -> None:
    tables.catalog.create_namespace("zendesk")
    tables.catalog.create_table(NAME, Schema(NestedField(1, "id", LongType(), required=False)))
    tables.register(days=3)
    assert tables.files() == tables.listed()
    assert len(tables.rows()) > 0
    assert tables.load().spec().fields == ()


def test_no_column_has_a_name_that_iceberg_reserves(tables: Tables) -> None:
    """Spark refuses a table with one. The rows have the values of the files all the same."""
    tables.register(days=3)
    table = tables.load()
    assert "_deleted" not in table.schema().column_names
    deleted = table.scan(selected_fields=("id", "is_deleted")).to_arrow().to_pylist()
    files = [pq.read_table(tables.lake.root / name, columns=["id", "_deleted"]) for name in tables.listed()]
    expected = [(row["id"], row["_deleted"]) for file in files for row in file.to_pylist()]
    assert sorted((row["id"], row["is_deleted"]) for row in deleted) == sorted(expected)
    assert len(expected) > 0


def test_a_table_that_holds_rows_of_others_is_refused(tables: Tables) -> None:
    tables.register(days=3)
    part = pq.read_table(tables.lake.root / tables.listed()[0])
    compacted = tables.folder / "compacted.parquet"
    pq.write_table(part.rename_columns({"_deleted": "is_deleted"}), compacted)
    tables.load().add_files([f"file://{compacted}"])
    with pytest.raises(ExportConflictError, match="no file of 'tickets'"):
        tables.register()


def test_expired_snapshots_are_not_needed(tables: Tables) -> None:
    tables.register(days=2)
    tables.export()
    last = tables.register(days=3)
    tables.load().maintenance.expire_snapshots().older_than(datetime.now() + timedelta(days=1)).commit()
    assert [snapshot.snapshot_id for snapshot in tables.load().metadata.snapshots] == [last.snapshot_id]
    assert tables.files() == tables.listed()
    assert tables.register(days=3).files_added == 0
    tables.export(1)
    tables.register(1)
    assert tables.files() == tables.listed()


def test_windows_that_are_not_committed_are_an_error_that_names_them(tables: Tables) -> None:
    with pytest.raises(ExportNotCommittedError, match="2025-11-23T00:00:00Z"):
        tables.register(2, days=2)
    assert not tables.catalog.namespace_exists("zendesk")


def test_windows_in_another_format_are_an_error_that_says_what_to_do(tables: Tables) -> None:
    tables.export(3, format=GZIPPED_JSON_LINES)
    with pytest.raises(ExportConflictError, match="file_format='parquet'"):
        tables.register(3)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"x" * 100])
def test_a_damaged_file_is_an_error_that_names_it(tables: Tables, damage: bytes) -> None:
    name = tables.listed()[0]
    (tables.lake.root / name).write_bytes(damage)
    with pytest.raises(ExportStorageError, match=name):
        tables.register()


def test_a_missing_file_is_an_error_that_names_it(tables: Tables) -> None:
    name = tables.listed()[0]
    (tables.lake.root / name).unlink()
    with pytest.raises(ExportStorageError, match=f"{name} is listed by a manifest, but is not there"):
        tables.register(attempts=2)


def test_a_footer_longer_than_the_first_guess_is_read_whole(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_zendesk.tables.footers._GUESS", 100)
    tables.register(days=3)
    assert tables.files() == tables.listed()


def test_the_history_of_fields_is_a_table_too(lake: Lake, tmp_path: Path) -> None:
    lake.zendesk.account.records("ticket_events").populate(START, START + 2 * DAY, 40)
    events(lake, START, START + 2 * DAY, format=Parquet())
    make(lake, START, START + 2 * DAY)
    catalog = sql_catalog(tmp_path / "catalog")
    table = IcebergTable(catalog, f"zendesk.{CHANGES}", open_url(str(lake.root)), CHANGES, CHANGES)
    table.register(Window(START, START + 2 * DAY))
    scan = catalog.load_table(f"zendesk.{CHANGES}").scan(selected_fields=("id", "field"))
    found = [(row["id"], row["field"]) for row in scan.to_arrow().to_pylist()]
    wanted = [(row["id"], row["field"]) for row in rows(lake)]
    assert len(wanted) > 10
    assert sorted(found) == sorted(wanted)
