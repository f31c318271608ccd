# SPDX-License-Identifier: Apache-2.0
"""From the fields of a connection to credentials on the wire."""

from __future__ import annotations

import base64
import json
import re
from importlib.metadata import version

import pytest
from airflow.providers.common.compat.sdk import BaseHook

from airflow_provider_zendesk.emulator import ZendeskEmulator as Zendesk
from airflow_provider_zendesk.emulator.pytest_plugin import NOW
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook

# With a list as extra, Airflow 3.0 and 3.1 say that there is no such connection.
FINDS_ANY_EXTRA = pytest.mark.skipif(
    version("apache-airflow").startswith(("3.0.", "3.1.")), reason="Airflow 3.0 and 3.1 do not find it"
)
CLIENT = {"client_id": Zendesk.client_id, "client_secret": Zendesk.client_secret}
ADMIN = Zendesk.admin_email


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


MINTED = "Bearer minted-admin-1"
BEARER = f"Bearer {Zendesk.oauth_token}"
API_TOKEN = basic(f"{ADMIN}/token", Zendesk.api_token)
PASSWORD = basic(ADMIN, Zendesk.password)


def export(hook: ZendeskHook) -> None:
    list(hook.pages("tickets", NOW - 3600))


class TestCredentials:
    @pytest.mark.parametrize(
        ("fields", "sent"),
        [
            # fmt: off
            pytest.param({"extra": CLIENT}, MINTED, id="client"),
            pytest.param({"extra": {"oauth_token": Zendesk.oauth_token}}, BEARER, id="OAuth token"),
            pytest.param({"login": ADMIN, "extra": {"token": Zendesk.api_token}}, API_TOKEN, id="API token"),
            pytest.param({"login": ADMIN, "password": Zendesk.password}, PASSWORD, id="password"),
            # The official provider's layouts.
            pytest.param(
                {
                    "conn_type": "zendesk",
                    "login": ADMIN,
                    "password": Zendesk.api_token,
                    "extra": {"use_token": True},
                },
                API_TOKEN,
                id="official: use_token",
            ),
            pytest.param(
                {"conn_type": "zendesk", "login": ADMIN, "extra": {"token": Zendesk.api_token}},
                API_TOKEN,
                id="official: token",
            ),
            pytest.param(
                {"conn_type": "zendesk", "login": ADMIN, "extra": {"oauth_token": Zendesk.oauth_token}},
                BEARER,
                id="official: oauth_token",
            ),
            pytest.param(
                {"conn_type": "zendesk", "login": ADMIN, "password": Zendesk.password},
                PASSWORD,
                id="official: password",
            ),
            pytest.param(
                {"conn_type": "http", "login": ADMIN, "password": Zendesk.password},
                PASSWORD,
                id="any other type",
            ),
            pytest.param(
                {"login": f"{ADMIN}/token", "password": Zendesk.api_token, "extra": {"use_token": True}},
                API_TOKEN,
                id="the login as curl wants it",
            ),
            pytest.param(
                {"login": ADMIN, "password": Zendesk.password, "extra": {"use_token": False}},
                PASSWORD,
                id="use_token off",
            ),
            # First match: client, oauth_token, token, password.
            pytest.param(
                {
                    "login": ADMIN,
                    "password": "x",
                    "extra": {**CLIENT, "oauth_token": "x", "token": "x", "use_token": True},
                },
                MINTED,
                id="client before all others",
            ),
            pytest.param(
                {
                    "login": ADMIN,
                    "password": "x",
                    "extra": {"oauth_token": Zendesk.oauth_token, "token": "x", "use_token": True},
                },
                BEARER,
                id="OAuth token before API token",
            ),
            pytest.param(
                {"login": ADMIN, "password": "x", "extra": {"token": Zendesk.api_token, "use_token": True}},
                API_TOKEN,
                id="API token before password field",
            ),
            pytest.param(
                {"login": ADMIN, "password": "x", "extra": {"token": Zendesk.api_token}},
                API_TOKEN,
                id="API token before password",
            ),
            # What a form leaves empty is not there.
            pytest.param(
                {
                    "login": ADMIN,
                    "password": Zendesk.password,
                    "extra": {"client_id": "", "client_secret": None, "oauth_token": "", "token": None},
                },
                PASSWORD,
                id="empty extras",
            ),
            # fmt: on
        ],
    )
    def test_what_is_sent(self, hook, zendesk_emulator, fields, sent):
        export(hook(**fields))
        assert [logged.headers["authorization"] for logged in zendesk_emulator.export_requests] == [sent]

    @pytest.mark.parametrize("credentials", ["client_credentials", "oauth_token", "api_token", "password"])
    def test_the_emulators_own_connections_work(self, zendesk_emulator, monkeypatch, credentials):
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection(credentials))
        export(ZendeskHook())
        assert zendesk_emulator.export_requests[-1].status == 200

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            pytest.param({}, "has no credentials; give the extras client_id and client_secret", id="none"),
            pytest.param({"login": ADMIN}, "has no credentials", id="login alone"),
            pytest.param({"password": "x"}, "has no credentials", id="password alone"),
            pytest.param(
                {"login": ADMIN, "extra": {"use_token": True}}, "has no credentials", id="no token to use"
            ),
            pytest.param({"extra": {"headers": {"Authorization": "x"}}}, "has no credentials", id="headers"),
            pytest.param(
                {"extra": {"client_id": "x"}}, "only one of the extras client_id and client_s", id="client id"
            ),
            pytest.param(
                {"extra": {"client_secret": "x"}},
                "only one of the extras client_id and c",
                id="client secret",
            ),
            pytest.param(
                {"login": ADMIN, "password": "x", "extra": {"client_id": "x", "oauth_token": "x"}},
                "only one of the extras client_id and client_secret; give both",
                id="half a client beside others",
            ),
            pytest.param(
                {"extra": {"token": "x"}},
                "API token but no login; set the login to the e-mail",
                id="token without login",
            ),
            pytest.param(
                {"password": "x", "extra": {"use_token": True}},
                "API token but no login",
                id="use_token without login",
            ),
            pytest.param(
                {"extra": ["oauth_token"]}, "extra|credentials", id="extra is a list", marks=FINDS_ANY_EXTRA
            ),
        ],
    )
    def test_what_is_missing_is_named_with_the_connection(self, hook, zendesk_emulator, fields, says):
        with pytest.raises(ValueError, match=says) as error:
            export(hook("my_zendesk", **fields))
        assert "connection 'my_zendesk'" in str(error.value)
        assert zendesk_emulator.requests == []

    @pytest.mark.parametrize(
        ("fields", "warning"),
        [
            (
                {"login": ADMIN, "extra": {"token": Zendesk.api_token}},
                "API token; Zendesk ends all .* 2027-04-30",
            ),
            ({"login": ADMIN, "password": Zendesk.api_token, "extra": {"use_token": True}}, "2027-04-30"),
            ({"login": ADMIN, "password": Zendesk.password}, "password; Zendesk no longer accepts passwords"),
        ],
        ids=["token", "use_token", "password"],
    )
    def test_what_zendesk_gives_up_is_warned_about_with_the_way_out(self, hook, logged, fields, warning):
        hook = hook("my_zendesk", **fields)
        export(hook)
        # Airflow 2 shows a line in two forms.
        said = {line.partition(" uses ")[2] for line in logged().splitlines() if "'my_zendesk' uses" in line}
        (line,) = said
        assert re.search(warning, line)
        assert "client_id and client_secret" in line

    @pytest.mark.parametrize(
        "extra", [CLIENT, {"oauth_token": Zendesk.oauth_token}], ids=["client", "OAuth token"]
    )
    def test_oauth_is_not_warned_about(self, hook, logged, extra):
        export(hook("my_zendesk", extra=extra))
        assert "'my_zendesk' uses" not in logged()


class TestHost:
    def test_a_subdomain_is_enough(self, hook):
        hook = hook(host="acme", extra=CLIENT)
        assert hook.account == "acme.zendesk.com"
        assert hook.url_from_endpoint("/api/v2/users/me") == "https://acme.zendesk.com/api/v2/users/me"

    def test_schema_and_port_may_name_a_loopback_address(self, hook, zendesk_emulator):
        port = int(zendesk_emulator.url.rpartition(":")[2])
        export(hook(host="127.0.0.1", schema="http", port=port, extra=CLIENT))
        assert zendesk_emulator.export_requests[-1].status == 200

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"host": ""}, "has no host"),
            ({"host": None}, "has no host"),
            ({"host": "acme.zendesk.com/api/v2"}, "is not a Zendesk account"),
            ({"host": "admin:s3cret@acme.zendesk.com"}, "is not a Zendesk account"),
            ({"host": "http://acme.zendesk.com"}, "use https"),
            ({"host": "acme", "schema": "http"}, "use https"),
            ({"host": "acme", "port": 8443}, "port 8443"),
            ({"host": "acme", "schema": "ftp"}, "scheme 'ftp'"),
        ],
    )
    def test_what_is_no_account_is_named_with_the_connection(self, hook, fields, says):
        with pytest.raises(ValueError, match=f"connection 'my_zendesk'.*{says}") as error:
            export(hook("my_zendesk", extra=CLIENT, **fields))
        assert "s3cret" not in str(error.value)


HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "authorization"}
FOREIGN = {
    "headers": {"X-Injected": "yes"},
    "X-Injected": "yes",
    "Authorization": "Bearer injected",
    "User-Agent": "injected",
    "Accept": "text/html",
    "verify": False,
    "verify_ssl": False,
    "cert": "/nowhere/cert.pem",
    "proxies": {"http": "http://127.0.0.1:1", "https": "http://127.0.0.1:1"},
    "proxy": {"http": "http://127.0.0.1:1"},
    "trust_env": False,
    "stream": True,
    "timeout": 0.000001,
    "allow_redirects": True,
    "max_redirects": 0,
    "check_response": False,
    "srv_lookup": True,
    "number": 7,
}


class TestExtras:
    @pytest.mark.parametrize(
        "fields",
        [
            {"extra": {**CLIENT, "oauth_token": "x", "token": "x", "use_token": True}},
            {"extra": {"oauth_token": Zendesk.oauth_token, "token": "x"}},
            {"login": ADMIN, "extra": {"token": Zendesk.api_token}},
            {"login": ADMIN, "password": Zendesk.password},
        ],
        ids=["client", "OAuth token", "API token", "password"],
    )
    def test_none_becomes_a_header(self, hook, zendesk_emulator, fields):
        fields = {**fields, "extra": {**FOREIGN, **fields.get("extra", {})}}
        hook = hook(**fields)
        export(hook)
        hook.run("/api/v2/users/me")
        for request in zendesk_emulator.requests:
            expected = (
                HEADERS
                if request.method == "GET"
                else HEADERS - {"authorization"}
                | {
                    "content-type",
                    "content-length",
                }
            )
            assert set(request.headers) == expected
            assert "injected" not in str(request.headers)
        assert {request.path for request in zendesk_emulator.requests} >= {"/api/v2/users/me"}

    def test_unknown_ones_change_nothing_about_the_session(self, hook):
        plain = hook("plain", extra=CLIENT).get_conn()
        odd = hook("odd", extra={**FOREIGN, **CLIENT}).get_conn()
        for name in (
            "verify",
            "cert",
            "proxies",
            "trust_env",
            "stream",
            "max_redirects",
            "params",
            "headers",
        ):
            assert getattr(odd, name) == getattr(plain, name)
        assert (plain.verify, plain.cert, plain.proxies, plain.trust_env) == (True, None, {}, True)

    def test_the_connection_is_read_by_its_id_in_the_usual_way(self, hook, monkeypatch):
        """So secrets backends and Airflow's connection tests work."""
        asked = []
        get_connection = BaseHook.get_connection.__func__
        monkeypatch.setattr(
            BaseHook,
            "get_connection",
            classmethod(lambda cls, conn_id: asked.append(conn_id) or get_connection(cls, conn_id)),
        )
        hook = hook("my_zendesk", extra=CLIENT)
        assert asked == []
        export(hook)
        export(hook)
        assert asked == ["my_zendesk"]


def test_a_hook_can_be_had_from_the_connection(hook, zendesk_emulator):
    connection = json.loads(zendesk_emulator.airflow_connection())
    made = hook("my_zendesk", **connection).get_connection("my_zendesk").get_hook()
    assert isinstance(made, ZendeskHook)
    assert made.zendesk_conn_id == "my_zendesk"
