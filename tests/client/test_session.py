# SPDX-License-Identifier: Apache-2.0
"""Where requests go: to the account itself on this machine, through the environment's proxies elsewhere."""

from __future__ import annotations

import pytest

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.client.session import AccountSession
from airflow_provider_zendesk.exceptions import ZendeskConnectionError, ZendeskRedirectError
from airflow_provider_zendesk.policy import Policy
from tests.client.raw import RawServer

PATH = "/api/v2/incremental/tickets/cursor"
ONCE = Policy(request_attempts=1)


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that takes down what it is sent, as the environment's for every host."""
    with RawServer(lambda: [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"]) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield proxy


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_sees_what_is_sent_to_this_machine(zendesk_emulator, proxy, host):
    account = Account.at(zendesk_emulator.url.replace("127.0.0.1", host))
    with ZendeskClient(account, policy=ONCE) as client:
        client.authenticate(BearerAuth(account, zendesk_emulator.oauth_token))
        client.get(PATH, {"start_time": 0}, lambda answer: answer.body)
    assert proxy.received == []


def test_nor_does_one_of_the_session_itself(zendesk_emulator, proxy):
    with AccountSession() as session:
        session.proxies = {"http": proxy.url, "all": proxy.url}
        session.get(zendesk_emulator.url, timeout=10)
    assert proxy.received == []


def test_other_hosts_are_reached_through_the_proxy(proxy):
    account = Account.at("acme")
    with ZendeskClient(account, policy=ONCE) as client:
        client.authenticate(BearerAuth(account, "s3cret-token"))
        with pytest.raises(ZendeskConnectionError):
            client.get(PATH, {}, lambda answer: answer.body)
    # The tunnel for TLS, and so not the token.
    (head,) = proxy.received
    assert head.startswith(b"CONNECT acme.zendesk.com:443 ")
    assert b"s3cret-token" not in head


@pytest.mark.parametrize(
    "location",
    [
        pytest.param(b"http://[", id="no URL"),
        pytest.param(b"//[::1", id="half an address"),
        pytest.param(b"\xff\xfe://x", id="not UTF-8"),
        pytest.param(b"x" * 60_000, id="60 kB"),
        pytest.param(b"http://a\x1b[31m/", id="an escape sequence"),
    ],
)
def test_a_redirect_to_anything_is_refused_by_name(location):
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with RawServer(lambda: [answer]) as server:
        account = Account.at(server.url)
        with (
            ZendeskClient(account, policy=ONCE) as client,
            pytest.raises(ZendeskRedirectError, match="redirects are not followed") as error,
        ):
            client.get(PATH, {}, lambda answer: answer.body)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 1000
