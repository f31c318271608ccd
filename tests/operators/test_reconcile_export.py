# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk import reconcile
from airflow_provider_zendesk.operators.reconcile_export import ZendeskReconcileOperator
from tests.operators.test_incremental_export import DAY, START
from tests.operators.test_incremental_export import a_task as an_export

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

BEGIN = int(START.timestamp())
NAME = "ticket_metric_events"


@pytest.fixture
def root(zendesk_emulator: ZendeskEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A day of metric events, some of them late, and one of tickets, exported when the day was over."""
    end = int((START + DAY).timestamp())
    zendesk_emulator.reset(now=end + 1801)
    zendesk_emulator.late_rows = 7200
    zendesk_emulator.account.records(NAME).populate(end - 7200, end, 200)
    zendesk_emulator.account.populate(BEGIN, end, 30)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())
    monkeypatch.setattr("time.time", lambda: end + 3 * 3600.0)
    for name in (NAME, "tickets"):
        an_export(tmp_path / "lake", resource=name, start_time=START, end_time=START + DAY).execute({})
    zendesk_emulator.clock.set(end + 3 * 3600)
    return tmp_path / "lake"


def a_task(root: Path, **arguments: Any) -> ZendeskReconcileOperator:
    return ZendeskReconcileOperator(
        task_id="reconcile", **{"resource": NAME, "path": f"file://{root}", **arguments}
    )


def a_context(**more: Any) -> dict[str, Any]:
    return {"data_interval_start": START, "data_interval_end": START + DAY, **more}


def records(root: Path) -> int:
    return sum(
        json.loads(path.read_bytes())["counts"]["records"]
        for path in root.glob(f"_manifests/{NAME}/*/*.json")
    )


def test_late_rows_are_told_and_repaired_and_the_next_look_is_clean(
    root: Path,
    zendesk_emulator: ZendeskEmulator,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    all_of_them = len(zendesk_emulator.truth(BEGIN, BEGIN + 86400, resource=NAME))
    missing = all_of_them - records(root)
    assert missing > 0
    summary = a_task(root).execute(a_context())
    assert (summary["late"], summary["repaired"], summary["windows"]) == (missing, 0, 1)
    assert "would have included all of them" in caplog.text + capsys.readouterr().out
    report = json.loads((root / summary["report"]).read_bytes())
    assert len(report["late_rows"]) == missing
    assert len(json.dumps(summary)) < 2048
    mended = a_task(root, repair=True).execute(a_context())
    assert (mended["late"], mended["repaired"]) == (missing, 1)
    assert records(root) == all_of_them
    assert a_task(root).execute(a_context())["late"] == 0


def test_the_time_is_resolved_as_the_exports(root: Path) -> None:
    with pytest.raises(ValueError, match="no window"):
        a_task(root).execute({})
    summary = a_task(root, start_time=START, window=timedelta(days=1)).execute({})
    assert (summary["start_time"], summary["end_time"]) == ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")


def test_nothing_committed_fails_without_a_retry_and_without_a_call(
    root: Path, zendesk_emulator: ZendeskEmulator
) -> None:
    calls = len(zendesk_emulator.export_requests)
    with pytest.raises(AirflowFailException, match="no window of users"):
        a_task(root, resource="users").execute(a_context())
    assert len(zendesk_emulator.export_requests) == calls


def test_another_partitioning_than_the_exports_is_refused(root: Path) -> None:
    with pytest.raises(AirflowFailException, match="partition border"):
        a_task(root, repair=True, partition_by="hour").execute(a_context())


def test_records_that_changed_are_no_alarm_and_events_that_vanish_are(
    root: Path, zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    zendesk_emulator.late_rows = 0
    zendesk_emulator.account.clear(1)
    errors: list[Any] = []
    monkeypatch.setattr(
        ZendeskReconcileOperator,
        "log",
        SimpleNamespace(info=print, warning=print, error=lambda *said: errors.append(said)),
    )
    assert a_task(root, resource="tickets").execute(a_context())["moved_on"] > 0
    assert errors == []
    assert a_task(root).execute(a_context())["moved_on"] > 0
    assert errors


class TestCommandLine:
    def run(self, root: Path, *more: str) -> int:
        return reconcile.main(
            [str(root), "--resource", NAME, "--start", "2026-11-20", "--end", "2026-11-21", *more]
        )

    def test_it_tells_repairs_and_looks_again(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.run(root) == 1
        out = capsys.readouterr().out.splitlines()
        # On Airflow 2.11 what Airflow logs goes there too.
        assert "of them late" in next(line for line in out if line.startswith(NAME))
        assert (root / out[-1]).exists()
        assert self.run(root, "--repair") == 0
        assert f"{NAME}: 1 windows were exported again" in capsys.readouterr().out
        assert self.run(root, "--full-walk") == 0

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["lake", "--resource", NAME, "--start", "2026-11-20", "--end", "2026-11-21"], "relative"),
            (["/lake", "--resource", "chats", "--start", "2026-11-20", "--end", "2026-11-21"], "chats"),
            (["/lake", "--resource", NAME, "--start", "2026-11-21", "--end", "2026-11-21"], "before --end"),
            (["/lake", "--resource", NAME, "--start", "soon", "--end", "2026-11-21"], "soon"),
        ],
    )
    def test_bad_arguments_are_named(
        self, root: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            reconcile.main(arguments)
        assert caught.value.code == 2
        assert said in capsys.readouterr().err

    def test_nothing_committed_is_said(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            reconcile.main([str(root), "--resource", "users", "--start", "2026-11-20", "--end", "2026-11-21"])
        assert caught.value.code == 1
        assert "no window of users" in capsys.readouterr().err
