# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import json
import logging
import traceback
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.emulator import ZendeskEmulator as Emulator
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

DAY = timedelta(days=1)
START = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def connection(zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """The default connection, to the emulator; returns the client secret in it."""
    zendesk_emulator.account.populate(int(START.timestamp()), int((START + DAY).timestamp()), tickets=120)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())
    return zendesk_emulator.client_secret


def a_task(root: Path, **arguments: Any) -> ZendeskIncrementalExportOperator:
    return ZendeskIncrementalExportOperator(
        task_id="export", **{"resource": "tickets", "path": f"file://{root}", **arguments}
    )


def a_context(
    start: datetime | None = START, end: datetime | None = START + DAY, **more: Any
) -> dict[str, Any]:
    instance = SimpleNamespace(dag_id="dag", run_id="run", task_id="export", map_index=-1, max_tries=0)
    interval = {} if start is None else {"data_interval_start": start, "data_interval_end": end}
    return {"ti": instance, **interval, **more}


def rows(root: Path) -> list[bytes]:
    return [
        line
        for path in sorted(root.rglob("*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


@pytest.mark.usefixtures("connection")
def test_a_task_exports_the_runs_data_interval(zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> None:
    summary = a_task(tmp_path).execute(a_context())
    truth = zendesk_emulator.truth(int(START.timestamp()), int((START + DAY).timestamp()))
    assert rows(tmp_path) == [row.raw for row in truth]
    assert summary == {
        "account": "127.0.0.1",
        "resource": "tickets",
        "start_time": "2026-11-20T00:00:00Z",
        "end_time": "2026-11-21T00:00:00Z",
        "records": len(truth),
        "files": 1,
        "bytes": sum(path.stat().st_size for path in tmp_path.rglob("*.jsonl.gz")),
        "requests": 1,
        "windows": 1,
        "revision": 0,
        "prefix": f"{tmp_path}/tickets/dt=2026-11-20/20261120T000000Z-20261121T000000Z-r0-",
        "path": f"file://{tmp_path}",
    }
    assert len(json.dumps(summary)) < 2048


@pytest.mark.usefixtures("connection")
def test_a_retry_of_the_task_is_done_at_no_call_and_a_cleared_task_exports_anew(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path
) -> None:
    first = a_task(tmp_path).execute(a_context())
    calls = len(zendesk_emulator.requests)
    assert a_task(tmp_path).execute(a_context()) == {**first, "requests": 0}
    assert len(zendesk_emulator.requests) == calls
    cleared = a_context()
    cleared["ti"].max_tries = 1
    a_task(tmp_path).execute(cleared)
    assert [path.name[-7:] for path in (tmp_path / "_manifests" / "tickets").glob("*/*")] == ["r1.json"]


@pytest.mark.usefixtures("connection")
def test_two_direct_executions_are_two_runs(tmp_path: Path) -> None:
    for _ in range(2):
        a_task(tmp_path, start_time=START, end_time=START + DAY).execute({})
    assert [path.name[-7:] for path in (tmp_path / "_manifests" / "tickets").glob("*/*")] == ["r1.json"]


@pytest.mark.usefixtures("connection")
def test_explicit_bounds_come_before_the_interval(zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> None:
    a_task(tmp_path, start_time="2026-11-20T06:00:00Z", end_time=START + DAY / 2).execute(a_context())
    assert rows(tmp_path) == [
        row.raw
        for row in zendesk_emulator.truth(
            int(START.timestamp()) + 6 * 3600, int(START.timestamp()) + 12 * 3600
        )
    ]


@pytest.mark.parametrize(
    ("context", "said"),
    [
        pytest.param(a_context(START, START), "CronDataIntervalTimetable", id="bare @daily on Airflow 3"),
        pytest.param(a_context(None), "window=timedelta", id="manual run"),
    ],
)
@pytest.mark.usefixtures("connection")
def test_a_run_without_a_window_is_refused_with_the_way_out(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path, context: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        a_task(tmp_path / "lake").execute(context)
    assert zendesk_emulator.requests == []
    assert not (tmp_path / "lake").exists()


@pytest.mark.usefixtures("connection")
def test_a_window_back_from_the_runs_time_makes_a_window(tmp_path: Path) -> None:
    run = SimpleNamespace(run_after=START + DAY)
    summary = a_task(tmp_path, window=DAY).execute(a_context(None, dag_run=run))
    assert (summary["start_time"], summary["end_time"]) == ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")


def test_what_no_retry_mends_fails_the_task_at_once(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = json.loads(zendesk_emulator.airflow_connection())
    connection["extra"]["client_secret"] = "wrong"
    for broken, said in (
        (json.dumps(connection), "check client_id and client_secret"),
        (zendesk_emulator.airflow_connection(role="agent"), "need an admin"),
    ):
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", broken)
        with pytest.raises(AirflowFailException, match=said):
            a_task(tmp_path / "lake").execute(a_context())
    zendesk_emulator.exists = False
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection("oauth_token"))
    with pytest.raises(AirflowFailException, match="no Zendesk account"):
        a_task(tmp_path / "lake").execute(a_context())
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("credentials", ["client_credentials", "oauth_token", "api_token", "password"])
def test_a_secret_appears_in_no_log_no_xcom_and_no_file(
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    credentials: str,
) -> None:
    zendesk_emulator.account.populate(int(START.timestamp()), int((START + DAY).timestamp()), tickets=20)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection(credentials))
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3").setLevel(logging.DEBUG)
        summary = a_task(tmp_path).execute(a_context())
    sent = [request.headers["authorization"] for request in zendesk_emulator.export_requests]
    secrets = {
        zendesk_emulator.client_secret,
        zendesk_emulator.oauth_token,
        zendesk_emulator.api_token,
        zendesk_emulator.password,
        *(value.split()[1] for value in sent),
    }
    manifests = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    said = caplog.text + json.dumps(summary) + manifests
    assert "committed tickets" in said
    assert not [secret for secret in secrets if secret in said]


def test_values_are_looked_at_when_the_task_runs_and_not_before(tmp_path: Path) -> None:
    task = a_task(tmp_path, resource="{{ params.resource }}", start_time="{{ ds }}", per_page=-1)
    assert task.resource == "{{ params.resource }}"
    assert {"resource", "path", "start_time", "end_time", "zendesk_conn_id"} <= set(task.template_fields)


def test_the_log_says_which_window_and_why_and_fits_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("airflow_provider_zendesk")
    logger.addHandler(handler)
    with Emulator(now=(START + 2 * DAY).timestamp(), exports_per_minute=10) as zendesk:
        zendesk.account.populate(int(START.timestamp()), int((START + DAY).timestamp()), tickets=120)
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk.airflow_connection())
        try:
            a_task(tmp_path, per_page=50).execute(a_context())
        finally:
            logger.removeHandler(handler)
    assert lines[0] == "the window is [2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z): the run's data interval"
    assert sum("calls left" in line for line in lines) == 3
    assert [line for line in lines if len(line) > 120] == []


@pytest.mark.usefixtures("connection")
def test_a_failure_is_one_message_and_not_the_frames_that_led_to_it(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path
) -> None:
    zendesk_emulator.exists = False
    for arguments in ({}, {"resource": "ticket"}):
        with pytest.raises(AirflowFailException) as caught:
            a_task(tmp_path, **arguments).execute(a_context())
        told = "".join(traceback.format_exception(caught.value)).rstrip().splitlines()
        assert told[-1].endswith(str(caught.value))
        assert "The above exception" not in "".join(told)
        assert sum(line.startswith("  File ") for line in told) < 10


@pytest.mark.usefixtures("connection")
def test_progress_is_shown_in_airflows_task_state_store_and_never_read(tmp_path: Path) -> None:
    shown: dict[str, Any] = {}
    store = SimpleNamespace(set=lambda key, value: shown.update({key: value}))
    a_task(tmp_path, per_page=50).execute(a_context(task_state_store=store))
    assert (
        shown["progress"]["rows"] == 120
    )  # as it was at the end, although there is a write every ten seconds only
    assert shown["progress"]["position"].startswith("2026-11-20T")
    assert json.dumps(shown)
