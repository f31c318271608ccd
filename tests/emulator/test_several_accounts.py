# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

import pytest
import requests

from airflow_provider_zendesk.emulator import Answer, ZendeskEmulator

NOW = 1795262400
TICKETS = "/api/v2/incremental/tickets/cursor?start_time=0"
CREDENTIALS = ["client_credentials", "oauth_token", "api_token", "password"]

# Linux has all of 127.0.0.0/8; other systems have the one address unless told otherwise, and a port does as well.
SECOND_HOST = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"


@pytest.fixture
def accounts():
    acme = ZendeskEmulator(now=NOW, speed=0, exports_per_minute=3, name="acme")
    umbrella = ZendeskEmulator(
        now=NOW, speed=0, exports_per_minute=3, name="umbrella", seed=2, host=SECOND_HOST
    )
    with acme, umbrella:
        yield acme, umbrella


def mint(account, secrets_of, role="admin"):
    staff = secrets_of.staff[role]
    body = {
        "grant_type": "client_credentials",
        "client_id": staff.client_id,
        "client_secret": staff.client_secret,
        "scope": "read",
    }
    return requests.post(account.url + "/oauth/tokens", json=body, timeout=10)


def export(account, secrets_of, credentials="oauth_token"):
    """A call of one account with the credentials of another."""
    more = {}
    if credentials == "client_credentials":
        minted = mint(secrets_of, secrets_of).json()["access_token"]
        more = {"headers": {"Authorization": f"Bearer {minted}"}}
    elif credentials == "oauth_token":
        more = {"headers": {"Authorization": f"Bearer {secrets_of.oauth_token}"}}
    elif credentials == "api_token":
        more = {"auth": (f"{secrets_of.admin_email}/token", secrets_of.api_token)}
    elif credentials == "password":
        more = {"auth": (secrets_of.admin_email, secrets_of.password)}
    return requests.get(account.url + TICKETS, timeout=10, **more)


def test_they_have_their_own_records(accounts):
    acme, umbrella = accounts
    acme.account.burst(NOW - 100, 2)
    umbrella.account.burst(NOW - 100, 3)
    assert [len(export(account, account).json()["tickets"]) for account in accounts] == [2, 3]
    assert acme.truth(0, NOW)[0].id == umbrella.truth(0, NOW)[0].id
    assert acme.truth(0, NOW)[0].raw != umbrella.truth(0, NOW)[0].raw


def test_they_have_their_own_limits_and_faults(accounts):
    acme, umbrella = accounts
    assert [export(acme, acme).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert export(umbrella, umbrella).status_code == 200
    acme.answer_at_random(1, Answer(503))
    umbrella.header_spelling = "none"
    assert export(acme, acme).status_code == 503
    last = export(umbrella, umbrella)
    assert last.status_code == 200
    assert not [name for name in last.headers if "rate" in name.lower()]
    assert [len(account.requests) for account in accounts] == [5, 2]


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_credentials_do_not_cross(accounts, credentials):
    acme, umbrella = accounts
    mint(umbrella, umbrella)  # tokens of the two would have the same number otherwise
    assert export(acme, acme, credentials).status_code == 200
    assert export(umbrella, acme, credentials).status_code == 401
    assert export(acme, umbrella, credentials).status_code == 401


def test_nor_does_an_api_token_with_an_address_of_the_other(accounts):
    acme, umbrella = accounts
    login = f"{umbrella.admin_email}/token"
    assert requests.get(umbrella.url + TICKETS, auth=(login, acme.api_token), timeout=10).status_code == 401
    assert (
        requests.get(umbrella.url + TICKETS, auth=(login, umbrella.api_token), timeout=10).status_code == 200
    )


@pytest.mark.parametrize("role", ["admin", "agent"])
def test_nor_do_clients(accounts, role):
    acme, umbrella = accounts
    assert mint(acme, acme, role).status_code == 201
    assert mint(umbrella, acme, role).status_code == 401


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_connections_differ(accounts, credentials):
    acme, umbrella = accounts
    text = acme.airflow_connection(credentials)
    assert text.replace(acme.url, umbrella.url) != umbrella.airflow_connection(credentials)
    assert "acme-" in text


def test_without_a_name_credentials_are_those_of_the_class(zendesk_emulator):
    assert zendesk_emulator.oauth_token == ZendeskEmulator.oauth_token == "admin-oauth-token"
    assert ZendeskEmulator(name="acme").oauth_token == "acme-admin-oauth-token"
