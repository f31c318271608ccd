# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from msgspec.structs import replace

from airflow_provider_zendesk.hooks import zendesk
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from tests.client.stub import StubServer


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """A try that follows another does so without a pause."""
    for name in ("DEFAULT_POLICY", "_TEST_POLICY"):
        monkeypatch.setattr(zendesk, name, replace(getattr(zendesk, name), longest_backoff=0.0))


@pytest.fixture
def stub():
    with StubServer() as stub:
        yield stub


@pytest.fixture
def hook(monkeypatch, zendesk_emulator):
    """Makes a hook of a connection to the emulator, with these fields."""
    with ExitStack() as opened:

        def hook(conn_id: str = "acme", extra: object = None, **fields: object) -> ZendeskHook:
            connection = {
                "conn_type": "zendesk_api",
                "host": zendesk_emulator.url,
                "extra": extra or {},
                **fields,
            }
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
            hook = ZendeskHook(conn_id)
            opened.callback(lambda: "client" in vars(hook) and hook.client.session.close())
            return hook

        yield hook


@pytest.fixture
def admin_hook(hook, zendesk_emulator):
    return hook(extra={"oauth_token": zendesk_emulator.oauth_token})


@pytest.fixture
def logged(caplog, capsys):
    """What was logged so far, at every level: Airflow 2 logs through ``logging``, Airflow 3 prints."""
    caplog.set_level("DEBUG")

    def logged() -> str:
        printed = capsys.readouterr()
        return caplog.text + printed.out + printed.err

    return logged
