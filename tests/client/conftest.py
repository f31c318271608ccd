# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from tests.client.stub import StubServer


@pytest.fixture
def stub():
    with StubServer() as stub:
        yield stub


@pytest.fixture
def slept():
    """The seconds a client has slept between its tries."""
    return []


@pytest.fixture
def client(zendesk_emulator, slept):
    """A client of the emulator with an admin's token, that sleeps without taking time."""
    account = Account.at(zendesk_emulator.url)
    with ZendeskClient(account, sleep=slept.append) as client:
        yield client.authenticate(BearerAuth(account, zendesk_emulator.oauth_token))


@pytest.fixture
def taking():
    """Makes the answers to a client take that many seconds, or seem to."""

    def taking(client, seconds):
        def stop_watch(response, **_):
            response.elapsed = timedelta(seconds=seconds)

        client.session.hooks["response"] = [stop_watch]

    return taking


@pytest.fixture
def stub_client(stub):
    """The same of the stub."""
    account = Account.at(stub.url)
    with ZendeskClient(account, sleep=lambda seconds: None) as client:
        yield client.authenticate(BearerAuth(account, "stub-oauth-token"))
