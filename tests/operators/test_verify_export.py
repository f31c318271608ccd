# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.exceptions import ExportNotWholeError, ZendeskError
from airflow_provider_zendesk.operators.verify_export import ZendeskVerifyExportOperator
from tests.operators.test_incremental_export import DAY, START
from tests.operators.test_incremental_export import a_task as an_export

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator


@pytest.fixture
def root(zendesk_emulator: ZendeskEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three days of tickets, exported day by day."""
    zendesk_emulator.reset(now=(START + 4 * DAY).timestamp())
    zendesk_emulator.account.populate(int(START.timestamp()), int((START + 3 * DAY).timestamp()), 90)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())
    an_export(tmp_path / "lake", start_time=START, end_time=START + 3 * DAY).execute({})
    return tmp_path / "lake"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator's time, for the check that no window lies in the future."""
    monkeypatch.setattr("time.time", lambda: (START + 4 * DAY).timestamp())


class TaskInstance(SimpleNamespace):
    """Keeps what is pushed."""

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms = {**getattr(self, "xcoms", {}), key: value}


def a_context(**more: Any) -> dict[str, Any]:
    interval = {"data_interval_start": START, "data_interval_end": START + 3 * DAY}
    return {"ti": TaskInstance(), **interval, **more}


def a_task(root: Path, **arguments: Any) -> ZendeskVerifyExportOperator:
    return ZendeskVerifyExportOperator(
        task_id="verify", **{"resource": "tickets", "path": f"file://{root}", **arguments}
    )


def a_part(root: Path, day: int) -> Path:
    return next((root / f"tickets/dt=2026-11-{day}").iterdir())


@pytest.mark.parametrize("check_content", [False, True])
def test_a_whole_window_gives_a_summary(root: Path, check_content: bool) -> None:
    context = a_context()
    summary = a_task(root, check_content=check_content).execute(context)
    parts = list(root.rglob("*.jsonl.gz"))
    assert summary == {
        "resource": "tickets",
        "start_time": "2026-11-20T00:00:00Z",
        "end_time": "2026-11-23T00:00:00Z",
        "windows": 3,
        "files": len(parts),
        "records": summary["records"],
        "bytes": sum(part.stat().st_size for part in parts),
        "under_way": 0,
        "old_staging": 0,
        "foreign": 0,
        "content_checked": check_content,
        "path": f"file://{root}",
    }
    assert summary["records"] > 0
    assert len(json.dumps(summary)) < 2048
    assert context["ti"].xcoms == {"windows_to_run_again": []}


def test_a_damaged_window_fails_the_task_after_telling_what_to_export_again(
    root: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = a_part(root, 21)
    missing.unlink()
    context = a_context()
    with caplog.at_level(logging.INFO), pytest.raises(ExportNotWholeError) as failed:
        a_task(root).execute(context)
    name = str(missing.relative_to(root))
    assert name in str(failed.value)
    assert f"tickets: missing: {name}" in caplog.text + capsys.readouterr().out
    (window,) = context["ti"].xcoms["windows_to_run_again"]
    assert window == {"start_time": "2026-11-21T00:00:00Z", "end_time": "2026-11-22T00:00:00Z"}
    an_export(root, **window).execute({})
    assert a_task(root, check_content=True).execute(a_context())["windows"] == 3


def test_a_retry_may_mend_it() -> None:
    """A re-export lies between two tries, so it is no failure that ends them all."""
    from airflow.providers.common.compat.sdk import AirflowFailException

    assert issubclass(ExportNotWholeError, ZendeskError)
    assert not issubclass(ExportNotWholeError, AirflowFailException)


def test_only_the_runs_window_is_looked_at(root: Path) -> None:
    a_part(root, 21).unlink()
    one_day = a_context(data_interval_end=START + DAY)
    assert a_task(root).execute(one_day)["windows"] == 1
    given = {"start_time": "2026-11-22", "end_time": START + 3 * DAY}
    assert a_task(root, **given).execute(a_context())["windows"] == 1


def test_xcom_and_message_stay_small_whatever_is_wrong(zendesk_emulator: ZendeskEmulator, root: Path) -> None:
    # Every second hour has a manifest, and every hour's window is wrong.
    for hour in range(0, 72, 2):
        window = {"start_time": START + hour * DAY / 24, "end_time": START + (hour + 1) * DAY / 24}
        an_export(root / "hours", **window, partition_by=None).execute({})
    for path in (root / "hours").rglob("*.jsonl.gz"):
        path.unlink()
    context = a_context()
    with pytest.raises(ExportNotWholeError, match=r"and \d+ more, see the log") as failed:
        a_task(root / "hours").execute(context)
    assert len(str(failed.value)) < 2048
    windows = context["ti"].xcoms["windows_to_run_again"]
    assert len(windows) == 25
    assert len(json.dumps(windows)) < 2048


def test_it_runs_without_a_task_instance(root: Path) -> None:
    context = a_context()
    del context["ti"]
    assert a_task(root).execute(context)["windows"] == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"resource": "ticket"}, "unknown resource 'ticket'"),
        ({"path": "lake"}, "is relative"),
        ({"start_time": "None"}, "remove the argument"),
        ({"start_time": START, "end_time": START}, "is empty"),
    ],
)
def test_bad_input_is_refused(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        a_task(tmp_path, **arguments).execute(a_context())


def test_values_are_looked_at_when_the_task_runs_and_not_before(tmp_path: Path) -> None:
    task = a_task(tmp_path, resource="{{ params.resource }}", start_time="{{ ds }}")
    assert task.resource == "{{ params.resource }}"
    assert {"resource", "path", "start_time", "end_time"} <= set(task.template_fields)
