# SPDX-License-Identifier: Apache-2.0
"""Bad input gets one clear error that names the value and the way out, and leaves nothing behind."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.emulator import Answer
from airflow_provider_zendesk.emulator.emulator import ZendeskEmulator
from tests.operators.test_incremental_export import DAY, START, a_context, a_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _connection(zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())


@pytest.fixture
def connect(zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change fields of the default connection; ``extra`` replaces all extras."""

    def change(**fields: Any) -> None:
        connection = json.loads(zendesk_emulator.airflow_connection())
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", json.dumps(connection | fields))

    return change


KNOWN_WITHOUT_A_CALL = [
    ("unknown resource", {"resource": "ticket"}, "unknown resource 'ticket'.*tickets"),
    ("per_page 0", {"per_page": 0}, "per_page=0.*1 to 1000"),
    ("per_page 1001", {"per_page": 1001}, "per_page=1001.*1 to 1000"),
    ("per_page in words", {"per_page": "many"}, "per_page='many'.*1 to 1000"),
    ("a paging that is none", {"pagination": "offset"}, "'offset'.*'cursor' or 'time'"),
    ("a scope that is none", {"support_type_scope": "robots"}, "'robots'.*'all', 'agent', 'ai_agent'"),
    ("a partition that is none", {"partition_by": "week"}, "partition_by='week'.*'hour', 'day', 'month'"),
    (
        "a sideload that is not offered",
        {"include": ["last_audits"]},
        "'last_audits'.*it has: users, groups",
    ),
    (
        "a parameter of another resource",
        {"resource": "users", "exclude_deleted": True},
        "'users' has no .*'exclude_del",
    ),
    (
        "a paging it lacks",
        {"resource": "organizations", "pagination": "cursor"},
        "no 'cursor' export.*'time'",
    ),
    (
        "a page size where there is none",
        {"resource": "calls", "per_page": 10},
        "'calls' does not accept per_page",
    ),
    ("a key that is none", {"resource": "custom_objects/No"}, "unknown resource 'custom_objects/No'"),
    ("on_existing that is none", {"on_existing": "ignore"}, "on_existing='ignore'.*replace, keep, fail"),
    ("end before start", {"start_time": START, "end_time": START - DAY}, "2026-11-20T00:00:00Z.*empty"),
    (
        "end in 2062",
        {"start_time": START, "end_time": "2062-01-01"},
        "2062-01-01T00:00:00Z.*24 hours after now",
    ),
    ("None as text", {"start_time": "None"}, "start_time='None'.*remove the argument"),
    ("a number that is no date", {"start_time": 20261399}, "start_time=20261399 is not a time"),
    ("everything", {"start_time": 0}, "start_time=0 means 1970-01-01T00:00:00Z.*2007-01-01T00:00:00Z"),
    (
        "a length that contradicts the bounds",
        {"start_time": START, "end_time": START + DAY, "window": 2 * DAY},
        "start_time=.*end_time=.*window=.*contradict each other",
    ),
    ("no time", {"end_time": "tomorrow"}, "end_time='tomorrow'.*ISO 8601"),
    ("a window of no length", {"window": timedelta(0)}, "window=.*must be a positive timedelta"),
    ("relative path", {"path": "lake/zendesk"}, "'lake/zendesk' is relative.*s3://"),
    ("a path that only looks absolute", {"path": "file://lake/zendesk"}, "'file://lake/zendesk' is relative"),
    ("no path", {"path": ""}, "path='' is relative"),
    ("no bucket", {"path": "s3:///zendesk"}, "'s3:///zendesk' names no bucket"),
    ("unregistered scheme", {"path": "ftp://host/lake"}, "'ftp'.*install"),
    ("unknown storage connection", {"path": "file://nope@/lake"}, "connection 'nope', which does not exist"),
]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [case[1:] for case in KNOWN_WITHOUT_A_CALL],
    ids=[case[0] for case in KNOWN_WITHOUT_A_CALL],
)
def test_an_argument_that_cannot_be_is_refused_before_any_call(
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=said) as caught:
        a_task(tmp_path / "lake", **arguments).execute(a_context())
    assert isinstance(caught.value, AirflowFailException)  # so Airflow does not retry it
    assert zendesk_emulator.requests == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("context", "said"),
    [
        pytest.param(
            a_context(START, START), "interval is empty.*CronDataIntervalTimetable", id="bare @daily"
        ),
        pytest.param(a_context(None), "no data interval.*window=timedelta", id="manual run"),
    ],
)
def test_a_run_without_a_window_is_refused_before_any_call(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path, context: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        a_task(tmp_path / "lake").execute(context)
    assert isinstance(caught.value, AirflowFailException)
    assert zendesk_emulator.requests == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"extra": {}}, "'zendesk_default' has no credentials.*client_id", id="no credentials"),
        pytest.param({"host": "http://acme.zendesk.com"}, "http to 'acme.zendesk.com'.*use https", id="http"),
        pytest.param(
            {"host": "acme.zendesk.com/api"}, "'acme.zendesk.com/api'.*without user, path", id="a path"
        ),
        pytest.param({"host": ""}, "has no host", id="no host"),
        pytest.param({"host": "acme.zendesk.com:8080"}, "port 8080.*remove the port", id="a port"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_before_any_call(
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
    connect: Callable[..., None],
    fields: dict[str, Any],
    said: str,
) -> None:
    connect(**fields)
    with pytest.raises(ValueError, match=said):
        a_task(tmp_path / "lake").execute(a_context())
    assert zendesk_emulator.requests == []
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_zendesk_connection_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="zendesk_nowhere"):
        a_task(tmp_path / "lake", zendesk_conn_id="zendesk_nowhere").execute(a_context())
    assert list(tmp_path.iterdir()) == []


def not_an_account(zendesk: ZendeskEmulator) -> None:
    zendesk.exists = False


def redirect(zendesk: ZendeskEmulator) -> None:
    zendesk.answer_next(Answer(status=302, headers={"Location": "https://elsewhere.example/api"}))


@pytest.mark.parametrize(
    ("credentials", "role", "trouble", "said"),
    [
        pytest.param("oauth_token", "admin", None, "did not accept the credentials.*oauth_token", id="401"),
        pytest.param(
            "client_credentials", "agent", None, "does not allow.*need an admin", id="403: an agent"
        ),
        pytest.param(
            "oauth_token", "admin", not_an_account, "no Zendesk account at", id="404: no such account"
        ),
        pytest.param("oauth_token", "admin", redirect, "to elsewhere.example.*not followed", id="redirect"),
    ],
)
def test_what_zendesk_refuses_for_good_fails_at_once_and_leaves_nothing(
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    credentials: str,
    role: str,
    trouble: Callable[[ZendeskEmulator], None] | None,
    said: str,
) -> None:
    connection = zendesk_emulator.airflow_connection(credentials, role)
    if trouble is None and credentials == "oauth_token":
        connection = connection.replace(zendesk_emulator.oauth_token, "expired")
    if trouble is not None:
        trouble(zendesk_emulator)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", connection)
    with pytest.raises(AirflowFailException, match=said) as caught:
        a_task(tmp_path / "lake").execute(a_context())
    assert re.search(r"request id \S+", str(caught.value))
    assert len(zendesk_emulator.export_requests) <= (
        2 if "credentials" in said else 1
    )  # a 401 is asked again
    assert list(tmp_path.iterdir()) == []


def test_what_is_committed_is_not_mixed_with_an_overlapping_window(tmp_path: Path) -> None:
    a_task(tmp_path).execute(a_context())
    overlapping = a_context(START + DAY / 2, START + 2 * DAY)
    with pytest.raises(
        AirflowFailException, match=r"overlaps \[2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z\)"
    ):
        a_task(tmp_path, partition_by=None).execute(overlapping)


def test_a_root_holds_one_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_task(tmp_path).execute(a_context())
    now = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
    with ZendeskEmulator(host="127.0.0.2", now=now) as other:
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", other.airflow_connection())
        with pytest.raises(AirflowFailException, match=r"'127\.0\.0\.1'.*'127\.0\.0\.2'.*root of its own"):
            a_task(tmp_path).execute(a_context(START - DAY, START))
        assert other.requests == []
