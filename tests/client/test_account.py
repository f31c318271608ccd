# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import pytest

from airflow_provider_zendesk.client.account import Account

ACME = Account("acme.zendesk.com", "https://acme.zendesk.com")


@pytest.mark.parametrize(
    "host",
    [
        "acme",
        "ACME",
        " acme ",
        "acme.zendesk.com",
        "Acme.Zendesk.com",
        "https://acme",
        "https://acme.zendesk.com",
        "https://acme.zendesk.com/",
        "https://acme.zendesk.com:443",
        "acme:443",
    ],
)
def test_every_way_to_write_an_account_is_that_account(host):
    assert Account.at(host) == ACME


@pytest.mark.parametrize(("scheme", "port"), [(None, None), ("https", None), ("https", 443), ("HTTPS", 443)])
def test_scheme_and_port_may_say_what_holds_anyway(scheme, port):
    assert Account.at("acme", scheme=scheme, port=port) == ACME


def test_a_sandbox_is_an_account_of_its_own():
    assert Account.at("acme1700000000").origin == "https://acme1700000000.zendesk.com"
    assert Account.at("support.acme.com") == Account("support.acme.com", "https://support.acme.com")


@pytest.mark.parametrize(
    ("host", "scheme", "port", "account"),
    [
        ("http://127.0.0.1:8043", None, None, Account("127.0.0.1", "http://127.0.0.1:8043")),
        ("127.0.0.1", "http", 8043, Account("127.0.0.1", "http://127.0.0.1:8043")),
        ("127.0.0.1:8043", "http", None, Account("127.0.0.1", "http://127.0.0.1:8043")),
        ("http://127.0.0.1:8043", "https", 1, Account("127.0.0.1", "http://127.0.0.1:8043")),
        ("http://localhost:8043/", None, None, Account("localhost", "http://localhost:8043")),
        ("http://localhost", None, None, Account("localhost", "http://localhost")),
        ("http://[::1]:8043", None, None, Account("::1", "http://[::1]:8043")),
        ("http://127.8.9.1:8043", None, None, Account("127.8.9.1", "http://127.8.9.1:8043")),
        ("https://localhost:8443", None, None, Account("localhost", "https://localhost:8443")),
        ("127.0.0.1", None, None, Account("127.0.0.1", "https://127.0.0.1")),
    ],
)
def test_on_loopback_http_and_a_port_are_possible(host, scheme, port, account):
    assert Account.at(host, scheme=scheme, port=port) == account


@pytest.mark.parametrize(
    "host",
    [
        "http://acme.zendesk.com",
        "http://acme",
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com",
        "http://127.1",
    ]
    + ["http://0.0.0.0", "http://10.0.0.1", "http://evil.com#@127.0.0.1"],
)
def test_http_to_anywhere_else_is_refused(host):
    with pytest.raises(ValueError, match=r"use https|is not a Zendesk account"):
        Account.at(host)


def test_http_as_the_scheme_of_the_connection_is_refused():
    with pytest.raises(ValueError, match="http to 'acme' would send credentials unencrypted; use https"):
        Account.at("acme", scheme="http")


@pytest.mark.parametrize("port", [80, 8443, 65535])
@pytest.mark.parametrize("host", ["acme", "acme.zendesk.com"])
def test_a_port_anywhere_else_is_refused(host, port):
    message = re.escape(f"port {port} on '{host}' is not supported; Zendesk uses port 443")
    with pytest.raises(ValueError, match=message):
        Account.at(host, port=port)
    with pytest.raises(ValueError, match=message):
        Account.at(f"https://{host}:{port}")


@pytest.mark.parametrize("host", ["ftp://acme", "ftp://127.0.0.1", "file://acme", "httpx://acme.zendesk.com"])
def test_another_scheme_is_refused(host):
    with pytest.raises(
        ValueError, match=f"scheme '{host.partition(':')[0]}' of host '.*' is not supported; use https"
    ):
        Account.at(host)


@pytest.mark.parametrize("host", ["", "   ", "\n"])
def test_no_host_is_refused(host):
    with pytest.raises(ValueError, match=r"has no host; give the account's subdomain \(acme\) or full host"):
        Account.at(host)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("acme.zendesk.com/api/v2", id="path"),
        pytest.param("https://acme.zendesk.com/agent/dashboard", id="the agent's address"),
        pytest.param("http://127.0.0.1:8043/api", id="path on loopback"),
        pytest.param("acme?x=1", id="query"),
        pytest.param("acme#x", id="fragment"),
        pytest.param("admin@acme.com", id="an e-mail address"),
        pytest.param("https://", id="nothing but a scheme"),
        pytest.param("-acme", id="leading hyphen"),
        pytest.param("acme zendesk", id="blank"),
        pytest.param("acme_sandbox", id="underscore"),
        pytest.param("acmé", id="not ASCII"),
        pytest.param("acme\nevil", id="newline"),
        pytest.param("ac\tme", id="tab"),
        pytest.param("acme:x", id="port in letters"),
        pytest.param("acme:99999", id="port out of range"),
        pytest.param("acme:0", id="port zero"),
        pytest.param("http://[::1", id="half an address"),
    ],
)
def test_what_is_no_host_is_refused_with_the_way_out(host):
    with pytest.raises(ValueError, match=r"acme\.zendesk\.com|remove the port"):
        Account.at(host)


@pytest.mark.parametrize(
    "host",
    [
        "user:s3cret@acme",
        "https://user:s3cret@acme.zendesk.com",
        "https://:s3cret@acme.zendesk.com",
        "https://user:pass@s3cret@acme",
        "https://user:s3cret@acme.zendesk.com/path",
        "http://user:s3cret@127.0.0.1:8043",
        "http://:s3cret@127.0.0.1:8043",
        "https://user:s3cret@acme:port",
        "https://user:s3cret\u2100@acme",
    ],
)
def test_a_user_in_the_host_is_refused_and_its_secret_not_echoed(host):
    with pytest.raises(ValueError, match=".") as error:
        Account.at(host)
    assert "s3cret" not in str(error.value)
