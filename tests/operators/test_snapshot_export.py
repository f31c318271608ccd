# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.operators.snapshot_export import ZendeskSnapshotOperator
from airflow_provider_zendesk.operators.verify_export import ZendeskVerifyExportOperator

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

START = datetime(2026, 11, 20, tzinfo=UTC)
CONTEXT: Any = {"data_interval_start": START, "data_interval_end": START + timedelta(days=1)}


@pytest.fixture(autouse=True)
def _connection(zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())


def snapshot(root: Path, **arguments: Any) -> dict[str, Any]:
    task = ZendeskSnapshotOperator(
        task_id="snapshot", **{"resource": "groups", "path": f"file://{root}", **arguments}
    )
    return task.execute(CONTEXT)


def test_its_summary_is_that_of_an_export(tmp_path: Path) -> None:
    summary = snapshot(tmp_path)
    (size,) = (path.stat().st_size for path in tmp_path.glob("groups/**/*.gz"))
    assert summary == {
        "account": "127.0.0.1",
        "resource": "groups",
        "start_time": "2026-11-20T00:00:00Z",
        "end_time": "2026-11-21T00:00:00Z",
        "records": 12,
        "files": 1,
        "bytes": size,
        "requests": 1,
        "windows": 1,
        "revision": 0,
        "prefix": f"{tmp_path}/groups/dt=2026-11-20/20261120T000000Z-20261121T000000Z-r0-",
        "path": f"file://{tmp_path}",
    }


def test_it_is_verified_as_an_export_is(tmp_path: Path) -> None:
    snapshot(tmp_path)
    verify = ZendeskVerifyExportOperator(
        task_id="verify", resource="groups", path=f"file://{tmp_path}", check_content=True
    )
    assert verify.execute(CONTEXT)["records"] == 12


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"resource": "group"}, "unknown reference data 'group'; choose one of: ticket_fields, "),
        ({"resource": "tickets"}, "'tickets' is a stream of changes.*ZendeskIncrementalExportOperator"),
        ({"on_forbidden": "ignore"}, "on_forbidden='ignore' is not possible; choose one of: fail, record"),
        ({"partition_by": "hour"}, "spans several partitions, and a snapshot is one list"),
        ({"partition_by": "week"}, "partition_by='week' must be"),
        ({"on_existing": "merge"}, "on_existing='merge' is not possible"),
        ({"path": "lake"}, "'lake' is relative"),
    ],
)
def test_an_impossible_argument_is_refused_before_any_call(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        snapshot(tmp_path / "lake", **arguments)
    assert isinstance(caught.value, AirflowFailException)
    assert zendesk_emulator.requests == []
    assert not (tmp_path / "lake").exists()


def test_the_export_refuses_a_list_and_names_the_operator_for_it(tmp_path: Path) -> None:
    export = ZendeskIncrementalExportOperator(task_id="export", resource="groups", path=f"file://{tmp_path}")
    with pytest.raises(ValueError, match="'groups' is a list.*ZendeskSnapshotOperator"):
        export.execute(CONTEXT)


def test_a_forbidden_list_fails_at_once(zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> None:
    zendesk_emulator.forbidden_lists = {"groups": "plan"}
    with pytest.raises(AirflowFailException, match="account's plan includes it"):
        snapshot(tmp_path)
    assert snapshot(tmp_path, on_forbidden="record")["files"] == 0
