# SPDX-License-Identifier: Apache-2.0
"""The doctor names what would make exports fail, before any export."""

from __future__ import annotations

import json
import re
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk import doctor
from airflow_provider_zendesk.diagnosis.storage_checks import check_storage
from airflow_provider_zendesk.emulator import ZendeskEmulator as Zendesk
from airflow_provider_zendesk.emulator.faults import Answer
from airflow_provider_zendesk.lake.storage import LocalStorage
from tests.client.stub import as_json

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.diagnosis.report import Diagnosis

CLIENT = {"client_id": Zendesk.client_id, "client_secret": Zendesk.client_secret}


def found(diagnosis: Diagnosis, severity: str) -> dict[str, str]:
    return {check.name: check.found for check in diagnosis.checks if check.severity == severity}


def test_an_account_and_a_storage_that_can_export(hook, zendesk_emulator, tmp_path) -> None:
    zendesk_emulator.clock.set(time.time())
    now = int(time.time())
    zendesk_emulator.account.populate(now - 80_000, now - 4000, tickets=30)
    diagnosis = hook(extra=CLIENT).doctor(str(tmp_path / "lake"))
    assert diagnosis.is_healthy, diagnosis.lines()
    assert diagnosis.changes() == []
    good = found(diagnosis, "ok")
    assert good["user"] == "Ada Admin is an admin of 127.0.0.1"
    assert good["resource tickets"] == good["resource satisfaction_ratings"] == "can be exported"
    assert good["storage: exclusive put"] == "works"
    assert re.match(
        r"some \d+ tickets change a day; the highest id in a sample is \d+",
        found(diagnosis, "note")["first load"],
    )
    assert len(zendesk_emulator.requests) < 25
    assert not list(tmp_path.rglob("_doctor*"))


@pytest.mark.parametrize(
    ("fields", "says", "change"),
    [
        pytest.param(
            {"extra": {"oauth_token": Zendesk.agent_oauth_token}},
            "'Agnes Agent' has the role 'agent'",
            "use an admin's credentials",
            id="agent",
        ),
        pytest.param(
            {"extra": {"client_id": Zendesk.client_id, "client_secret": "wrong"}},
            "did not accept the credentials",
            "check the connection's host and credentials",
            id="wrong secret",
        ),
        pytest.param(
            {"host": "nobody.invalid", "extra": CLIENT}, "is unknown here", "host", id="no such host"
        ),
        pytest.param({"extra": {}}, "has no credentials", "complete the connection", id="no credentials"),
        pytest.param(
            {"login": Zendesk.admin_email, "password": "x"},
            "a password, which Zendesk no longer accepts",
            "create a confidential OAuth client",
            id="password",
        ),
    ],
)
def test_a_connection_that_cannot_export(hook, fields: Any, says: str, change: str) -> None:
    diagnosis = hook(**fields).doctor()
    assert not diagnosis.is_healthy
    assert any(says in one for one in found(diagnosis, "error").values())
    assert any(change in one for one in diagnosis.changes())


def test_a_mistyped_subdomain(hook, zendesk_emulator) -> None:
    zendesk_emulator.exists = False
    diagnosis = hook(extra=CLIENT).doctor()
    assert "there is no Zendesk account at" in found(diagnosis, "error")["sign-in"]


def test_a_token_without_the_scope_and_one_about_to_end(hook, stub) -> None:
    stub.answers["/api/v2/users/me"] = [as_json({"user": {"id": 1, "name": "A", "role": "agent"}})] * 2
    stub.answers["/api/v2/oauth/tokens/current"] = [
        as_json({"token": {"scopes": ["tickets:read"], "expires_at": None}}),
        as_json({"token": {"scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}}),
    ]
    hook = hook(host=stub.url, extra={"oauth_token": "x"})
    assert "scopes 'tickets:read'" in found(hook.doctor(), "error")["credentials"]
    assert "ends at 2020-01-01T00:00:00Z" in found(hook.doctor(), "warning")["credentials"]


def test_an_api_token_ends_soon(hook) -> None:
    diagnosis = hook(login=Zendesk.admin_email, extra={"token": Zendesk.api_token}).doctor()
    assert "Zendesk ends all of them on 2027-04-30" in found(diagnosis, "warning")["credentials"]


def test_a_clock_that_is_off_by_five_minutes(hook, zendesk_emulator) -> None:
    zendesk_emulator.clock.set(time.time() + 300)
    diagnosis = hook(extra=CLIENT).doctor()
    assert re.search(r"(299|300) s behind Zendesk's", found(diagnosis, "warning")["clock"])
    assert any("NTP" in one for one in diagnosis.changes())


def test_a_minute_that_others_have_used_up(hook, zendesk_emulator) -> None:
    zendesk_emulator.answer_next(Answer(429, b"", {"Retry-After": "40"}))
    diagnosis = hook(extra=CLIENT).doctor()
    assert "Zendesk asks to wait 40 s" in found(diagnosis, "warning")["resource tickets"]
    assert any("rate_limit_reserve" in one for one in diagnosis.changes())


def test_a_storage_that_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)

    class ReadOnly(LocalStorage):
        def put(self, name: str, data: bytes) -> None:
            from airflow_provider_zendesk.exceptions import ExportStorageAccessError

            raise ExportStorageAccessError("put", name, "s3://lake", PermissionError("Access Denied"))

    (check,) = check_storage(ReadOnly(str(tmp_path / "lake")))
    assert (check.name, check.severity) == ("storage: write", "error")
    assert "Access Denied" in check.found
    assert "right to write" in check.change


def test_a_storage_without_an_exclusive_put(tmp_path: Path) -> None:
    class LastWins(LocalStorage):
        def create(self, name: str, data: bytes) -> bool:
            self.put(name, data)
            return True

    checks = {check.name: check for check in check_storage(LastWins(str(tmp_path)))}
    assert checks["storage: exclusive put"].severity == "error"
    assert "two attempts could both commit" in checks["storage: exclusive put"].found
    assert not list(tmp_path.rglob("*.tmp"))


def test_the_command_prints_a_table_or_json(hook, tmp_path, capsys) -> None:
    hook("zendesk_default", extra=CLIENT)
    assert doctor.main(["--path", str(tmp_path)]) == 0
    assert "is an admin of 127.0.0.1" in capsys.readouterr().out
    hook("zendesk_default", extra={"oauth_token": Zendesk.agent_oauth_token})
    assert doctor.main(["--json"]) == 1
    printed = capsys.readouterr().out.splitlines()[-1]  # Airflow 2 prints its log too
    assert {"name", "severity", "found", "change"} == set(json.loads(printed)["checks"][0])
