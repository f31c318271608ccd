# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.exceptions import ExportNotCommittedError
from airflow_provider_zendesk.operators.table import ZendeskTableOperator
from tests.operators.test_incremental_export import DAY, START, a_context
from tests.operators.test_incremental_export import a_task as an_export
from tests.tables.needed import skip_without_sql_catalog

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator


@pytest.fixture
def root(zendesk_emulator: ZendeskEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two days of tickets as Parquet, and the connection to a SQL catalog."""
    skip_without_sql_catalog()
    zendesk_emulator.reset(now=(START + 4 * DAY).timestamp())
    zendesk_emulator.account.populate(int(START.timestamp()), int((START + 2 * DAY).timestamp()), tickets=60)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())
    monkeypatch.setattr("time.time", lambda: (START + 4 * DAY).timestamp())
    connection = {
        "conn_type": "iceberg",
        "host": f"sqlite:///{tmp_path}/catalog.db",
        "extra": {"type": "sql", "warehouse": f"file://{tmp_path}/warehouse"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_ICEBERG_DEFAULT", json.dumps(connection))
    export(tmp_path / "lake")
    return tmp_path / "lake"


def export(root: Path, **more: Any) -> dict[str, Any]:
    arguments = {"start_time": START, "end_time": START + 2 * DAY, "file_format": "parquet", **more}
    return an_export(root, **arguments).execute({})


def a_task(root: Path, **arguments: Any) -> ZendeskTableOperator:
    return ZendeskTableOperator(
        task_id="register",
        **{"resource": "tickets", "path": f"file://{root}", "table": "zendesk.tickets", **arguments},
    )


def rows() -> int:
    from airflow_provider_zendesk.runtime.iceberg_catalog import open_catalog

    return len(open_catalog("iceberg_default").load_table("zendesk.tickets").scan().to_arrow())


def test_a_task_registers_the_runs_window_and_says_what_it_did(root: Path) -> None:
    summary = a_task(root).execute(a_context())
    assert summary.pop("snapshot_id").isdigit()
    records = summary.pop("records")
    assert records == rows() > 0
    assert summary == {
        "table": "zendesk.tickets",
        "resource": "tickets",
        "dataset": "tickets",
        "start_time": "2026-11-20T00:00:00Z",
        "end_time": "2026-11-21T00:00:00Z",
        "windows": 1,
        "files": 1,
        "files_added": 1,
        "files_removed": 0,
        "path": f"file://{root}",
    }


def test_a_replaced_window_is_replaced_in_the_table(root: Path) -> None:
    everything = {"start_time": START, "end_time": START + 2 * DAY}
    first = a_task(root, **everything).execute({})
    export(root)
    second = a_task(root, **everything).execute({})
    assert (second["files_added"], second["files_removed"]) == (2, 2)
    assert second["records"] == first["records"] == rows()
    again = a_task(root, **everything).execute({})
    assert (again["files_added"], again["snapshot_id"]) == (0, second["snapshot_id"])


def test_a_window_that_is_not_committed_fails_and_may_be_retried(root: Path) -> None:
    with pytest.raises(ExportNotCommittedError, match="2026-11-22"):
        a_task(root, start_time=START, end_time=START + 3 * DAY).execute({})


def test_what_a_retry_cannot_change_fails_for_good(root: Path) -> None:
    export(root, file_format="jsonl")
    with pytest.raises(AirflowFailException, match="file_format='parquet'"):
        a_task(root).execute(a_context())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"table": "tickets"}, "table='tickets' must have a namespace and a name"),
        ({"table": "zendesk."}, "must have a namespace and a name"),
        ({"dataset": "users"}, "dataset='users' is none of 'tickets'"),
        ({"resource": "ticket"}, "unknown resource 'ticket'"),
        ({"resource": "groups"}, "'groups' is a list that each window holds whole"),
        ({"partition_by": "week"}, "partition_by='week' must be"),
        ({"path": "lake"}, "is relative"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_read(
    tmp_path: Path, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        a_task(tmp_path, **arguments).execute(a_context())


def test_a_missing_library_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "airflow.providers.apache.iceberg.hooks.iceberg", None)
    with pytest.raises(ValueError, match=r"airflow-provider-zendesk\[iceberg\]"):
        a_task(tmp_path).execute(a_context())
