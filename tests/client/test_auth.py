# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
import logging
import traceback
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_zendesk.client import auth as auth_module
from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import (
    AccessToken,
    AccountAuth,
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    PasswordAuth,
)
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import Answer
from airflow_provider_zendesk.exceptions import (
    NotBefore,
    ZendeskAuthError,
    ZendeskAuthLapseError,
    ZendeskError,
    ZendeskRedirectError,
    ZendeskRefusedError,
    ZendeskResponseError,
    ZendeskServerError,
)
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.stream.page import PageDecoder
from airflow_provider_zendesk.stream.stream import Stream
from tests.client.stub import DATE, Canned, as_json

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient

PATH = "/api/v2/incremental/tickets/cursor"
TOKENS = "/oauth/tokens"
ADMIN = ZendeskEmulator.admin_email
TOKEN = {"access_token": "minted", "token_type": "bearer", "scope": "read"}


def get(client: ZendeskClient) -> bytes:
    return client.get(PATH, {"start_time": 0}, lambda answer: answer.body)


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def client_credentials(
    client: ZendeskClient, secret: str = ZendeskEmulator.client_secret
) -> ClientCredentialsAuth:
    return ClientCredentialsAuth(client.account, ZendeskEmulator.client_id, secret, client.mint)


CREDENTIALS = {
    "bearer": lambda client: BearerAuth(client.account, ZendeskEmulator.oauth_token),
    "API token": lambda client: ApiTokenAuth(client.account, ADMIN, ZendeskEmulator.api_token),
    "password": lambda client: PasswordAuth(client.account, ADMIN, ZendeskEmulator.password),
    "client credentials": client_credentials,
}
SENT = {
    "bearer": f"Bearer {ZendeskEmulator.oauth_token}",
    "API token": basic(f"{ADMIN}/token", ZendeskEmulator.api_token),
    "password": basic(ADMIN, ZendeskEmulator.password),
    "client credentials": "Bearer minted-admin-1",
}


def calls(emulator: ZendeskEmulator, path: str) -> list[int]:
    return [logged.status for logged in emulator.requests if logged.path == path]


@pytest.fixture
def netrc(monkeypatch, tmp_path):
    """A home with credentials of its own for the loopback address."""
    file = tmp_path / ".netrc"
    file.write_text("machine 127.0.0.1 login intruder password intruder\n")
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)


class TestEveryCredential:
    @pytest.mark.parametrize("name", CREDENTIALS)
    def test_it_opens_the_export(self, client, zendesk_emulator, name):
        get(client.authenticate(CREDENTIALS[name](client)))
        assert zendesk_emulator.requests[-1].headers["authorization"] == SENT[name]

    @pytest.mark.parametrize("name", CREDENTIALS)
    @pytest.mark.usefixtures("netrc")
    def test_a_netrc_does_not_take_its_place(self, client, zendesk_emulator, name):
        get(client.authenticate(CREDENTIALS[name](client)))
        assert [logged.headers.get("authorization") for logged in zendesk_emulator.export_requests] == [
            SENT[name]
        ]
        assert [
            logged.headers.get("authorization")
            for logged in zendesk_emulator.requests
            if logged.path == TOKENS
        ] == [None] * (name == "client credentials")

    @pytest.mark.usefixtures("netrc")
    def test_a_mere_header_it_would_replace(self, zendesk_emulator):
        """What the test above guards against."""
        headers = {"Authorization": SENT["bearer"]}
        requests.get(zendesk_emulator.url + PATH, headers=headers, timeout=10)
        assert zendesk_emulator.requests[-1].headers["authorization"] == basic("intruder", "intruder")

    @pytest.mark.parametrize("name", CREDENTIALS)
    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/api/v2/users/me",
            "https://acme.zendesk.com.evil.example/",
            "https://acme.zendesk.com@evil.example/",
            "https://acme.zendesk.com:8443/",
            "http://acme.zendesk.com/",
            "https://other.zendesk.com/",
        ],
    )
    def test_no_other_origin_gets_it(self, name, url):
        minted = []

        def mint(grant):
            minted.append(grant)
            raise AssertionError

        account = Account.at("acme")
        auth = CREDENTIALS[name](SimpleNamespace(account=account, mint=mint))
        request = requests.Request("GET", url).prepare()
        with pytest.raises(
            ZendeskError, match="refused to send the credentials of https://acme.zendesk.com to http"
        ):
            auth(request)
        assert "Authorization" not in request.headers
        assert minted == []

    @pytest.mark.parametrize("name", CREDENTIALS)
    def test_nor_does_a_session_that_is_sent_there(self, client, stub, name):
        client.authenticate(CREDENTIALS[name](client))
        with pytest.raises(ZendeskError, match="refused to send the credentials"):
            client.session.get(stub.url + PATH, timeout=10)
        assert stub.seen == []

    @pytest.mark.parametrize(
        ("auth", "advice"),
        [
            (lambda account: BearerAuth(account, "wr0ng"), "oauth_token is wrong, expired or revoked"),
            (
                lambda account: ApiTokenAuth(account, ADMIN, "wr0ng"),
                "login .e-mail. and API token; .* 2027-04-30",
            ),
            (lambda account: PasswordAuth(account, ADMIN, "wr0ng"), "no longer accepts passwords"),
        ],
        ids=["bearer", "API token", "password"],
    )
    def test_a_wrong_one_fails_after_a_second_ask_and_says_what_to_check(
        self, client, zendesk_emulator, slept, auth, advice
    ):
        client.authenticate(auth(client.account))
        with pytest.raises(ZendeskAuthError, match=advice) as error:
            get(client)
        assert error.value.status == 401
        assert not error.value.retryable
        assert not client.credentials_worked
        assert (len(zendesk_emulator.requests), len(slept)) == (2, 1)
        assert "wr0ng" not in "".join(traceback.format_exception(error.value))

    @pytest.mark.parametrize("name", CREDENTIALS)
    def test_a_401_on_the_first_call_is_asked_again_once(self, client, zendesk_emulator, slept, name):
        """Zendesk sends some to credentials that are good before and after."""
        client.authenticate(CREDENTIALS[name](client))
        zendesk_emulator.answer_next(Answer(401))
        get(client)
        assert calls(zendesk_emulator, PATH) == [401, 200]
        assert len(slept) == 1
        assert client.credentials_worked

    @pytest.mark.parametrize("name", CREDENTIALS)
    def test_two_are_a_refusal_that_stays(self, client, zendesk_emulator, name):
        client.authenticate(CREDENTIALS[name](client))
        zendesk_emulator.answer_next(Answer(401), Answer(503), Answer(401))
        with pytest.raises(ZendeskAuthError):
            get(client)
        assert calls(zendesk_emulator, PATH) == [401, 503, 401]
        assert calls(zendesk_emulator, TOKENS) == [201, 201] * (name == "client credentials")

    @pytest.mark.parametrize("name", CREDENTIALS)
    def test_a_401_in_mid_walk_is_asked_again_like_a_server_error(
        self, client, zendesk_emulator, slept, name
    ):
        client.authenticate(CREDENTIALS[name](client))
        get(client)
        zendesk_emulator.answer_next(*[Answer(401)] * 5)
        get(client)
        assert calls(zendesk_emulator, PATH) == [200, *[401] * 5, 200]
        assert all(0 <= seconds <= 2**number for number, seconds in enumerate(slept))
        assert client.requests == 7
        assert calls(zendesk_emulator, TOKENS) == [201, 201] * (name == "client credentials")

    @pytest.mark.parametrize("name", CREDENTIALS)
    def test_one_that_stays_is_an_error_that_another_run_may_mend(self, client, zendesk_emulator, name):
        client.authenticate(CREDENTIALS[name](client))
        get(client)
        zendesk_emulator.answer_next(*[Answer(401, b"", {"x-request-id": "req-5"})] * 7)
        with pytest.raises(ZendeskAuthLapseError) as error:
            get(client)
        assert calls(zendesk_emulator, PATH) == [200, *[401] * 6]
        assert not isinstance(error.value, ZendeskRefusedError)
        assert error.value.retryable
        assert (error.value.status, error.value.request_id) == (401, "req-5")
        said = str(error.value)
        assert "did not accept the credentials; they worked earlier in this run; if this persists, " in said
        assert client.session.auth.advice in said
        assert "gave up after 6 attempts" in said

    def test_credentials_that_worked_before_a_deferral_have_worked(self, client, zendesk_emulator):
        client.credentials_worked = True
        zendesk_emulator.answer_next(*[Answer(401)] * 5)
        get(client)
        assert calls(zendesk_emulator, PATH) == [401] * 5 + [200]

    @pytest.mark.parametrize("status", [400, 404, 429])
    def test_an_error_does_not_prove_that_they_work(self, client, zendesk_emulator, status):
        zendesk_emulator.answer_next(Answer(status))
        with pytest.raises(ZendeskError):
            get(client)
        assert not client.credentials_worked

    def test_nor_does_a_minted_token(self, client, zendesk_emulator):
        client.authenticate(client_credentials(client))
        zendesk_emulator.answer_next(Answer(404))
        with pytest.raises(ZendeskError):
            get(client)
        assert calls(zendesk_emulator, TOKENS) == [201]
        assert not client.credentials_worked

    @pytest.mark.parametrize("token", ["s3cr\net-token", "s3cr\ret-token", "s3cr\u2013et-token"])
    def test_a_token_that_is_no_header_is_refused_without_being_shown(self, client, zendesk_emulator, token):
        with pytest.raises((ZendeskError, ValueError)) as error:
            get(client.authenticate(BearerAuth(client.account, token)))
        assert "s3cr" not in "".join(traceback.format_exception(error.value))
        assert zendesk_emulator.requests == []

    def test_none_says_what_it_is_when_printed(self, client):
        for make in CREDENTIALS.values():
            auth = make(client)
            assert ZendeskEmulator.client_secret not in repr(auth)
            assert ZendeskEmulator.oauth_token not in repr(auth)

    def test_an_auth_class_must_say_what_it_sends(self, client):
        with pytest.raises(NotImplementedError):
            AccountAuth(client.account).authorization()


ECHOED = {
    "bearer": (lambda client: BearerAuth(client.account, "s3cret-token"), "s3cret-token"),
    "API token": (lambda client: ApiTokenAuth(client.account, ADMIN, "s3cret-token"), "s3cret-token"),
    "API token, encoded": (
        lambda client: ApiTokenAuth(client.account, ADMIN, "s3cret-token"),
        basic(f"{ADMIN}/token", "s3cret-token").removeprefix("Basic "),
    ),
    "password": (lambda client: PasswordAuth(client.account, ADMIN, "s3cret-word"), "s3cret-word"),
    "client secret": (lambda client: client_credentials(client, "s3cret-client"), "s3cret-client"),
    "minted token": (client_credentials, "minted-s3cret"),
}


class TestAnEcho:
    """A server that repeats what it was sent, for a log to keep."""

    @pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500])
    @pytest.mark.parametrize("name", ECHOED)
    def test_no_answer_that_repeats_a_secret_is_quoted(self, stub, stub_client, caplog, name, status):
        caplog.set_level(logging.DEBUG)
        make, secret = ECHOED[name]
        words = "x" * 290 + secret
        body = json.dumps({"error": words, "description": words}).encode()
        names = ("x-request-id", "CF-RAY", "Retry-After")
        headers = {"Date": DATE, "Location": f"https://{secret}/", **dict.fromkeys(names, secret)}
        minted = as_json({**TOKEN, "access_token": "minted-s3cret"}, 201)
        stub.answers |= {TOKENS: [minted], PATH: [Canned(status, body, headers)]}
        with pytest.raises(ZendeskError) as error:
            get(stub_client.authenticate(make(stub_client)))
        told = "".join(traceback.format_exception(error.value)) + caplog.text + repr(vars(error.value))
        assert secret[:10] not in told
        assert "left out: it repeats the credentials" in told

    def test_nor_is_that_of_the_token_endpoint(self, stub, stub_client, caplog):
        grant = {"error": "invalid_client", "error_description": "no client with s3cret-client"}
        stub.answers[TOKENS] = [as_json(grant, 401)]
        stub_client.authenticate(client_credentials(stub_client, "s3cret-client"))
        with pytest.raises(ZendeskAuthError, match="left out: it repeats the credentials") as error:
            get(stub_client)
        assert "s3cret" not in "".join(traceback.format_exception(error.value)) + caplog.text

    def test_nor_the_id_of_a_broken_record(self, stub, stub_client, caplog):
        stub_client.authenticate(BearerAuth(stub_client.account, "s3cret-token"))
        stub.answers[PATH] = [Canned(200, b'{"tickets":[{"id":"s3cret-token","x":}]}')]
        decode = PageDecoder(TICKETS, TICKETS.endpoint(), {})
        with pytest.raises(ZendeskResponseError, match="left out: it repeats the credentials") as error:
            stub_client.get(PATH, {}, decode)
        assert "s3cret" not in str(error.value) + caplog.text

    def test_a_cursor_that_repeats_a_secret_is_refused(self, stub, stub_client):
        stub_client.authenticate(BearerAuth(stub_client.account, "s3cret-token"))
        stub.answers[PATH] = [
            as_json({"tickets": [], "end_of_stream": False, "after_cursor": "s3cret-token"})
        ]
        endpoint = TICKETS.endpoint()
        stream = Stream(stub_client, TICKETS, endpoint, {}, 1795132800, ordered=True)
        with pytest.raises(ZendeskResponseError, match="cursor.* repeats the credentials") as error:
            stream.fetch()
        assert "s3cret" not in str(error.value)

    def test_text_without_a_secret_is_quoted_as_ever(self, stub, stub_client):
        stub_client.authenticate(BearerAuth(stub_client.account, "x"))
        stub.answers[PATH] = [as_json({"error": "Forbidden, except on Sundays"}, 403)]
        with pytest.raises(ZendeskError, match="except on Sundays"):
            get(stub_client)


class TestClientCredentials:
    def test_the_request_asks_for_a_token_to_read_with_as_long_as_zendesk_gives(self, stub, stub_client):
        stub.answers |= {TOKENS: [as_json(TOKEN, 201)], PATH: [as_json({})]}
        get(stub_client.authenticate(client_credentials(stub_client, "s3cret")))
        minting, reading = stub.seen
        assert (minting.method, minting.headers["content-type"]) == ("POST", "application/json")
        assert json.loads(minting.body) == {
            "grant_type": "client_credentials",
            "client_id": ZendeskEmulator.client_id,
            "client_secret": "s3cret",
            "scope": "read",
            "expires_in": 172_800,
        }
        assert reading.headers["authorization"] == "Bearer minted"

    def test_one_token_serves_many_calls(self, client, zendesk_emulator):
        client.authenticate(client_credentials(client))
        for _ in range(4):
            get(client)
        assert calls(zendesk_emulator, TOKENS) == [201]
        assert client.requests == len(zendesk_emulator.export_requests) == 4

    def test_it_is_renewed_before_it_expires(self, client, zendesk_emulator, monkeypatch):
        clock = [1000.0]
        monkeypatch.setattr(auth_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))

        def advance(seconds):
            clock[0] += seconds
            zendesk_emulator.clock.advance(seconds)

        client.authenticate(client_credentials(client))
        get(client)
        advance(172_800 - 61)
        get(client)
        assert calls(zendesk_emulator, TOKENS) == [201]
        advance(2)
        get(client)
        assert calls(zendesk_emulator, TOKENS) == [201, 201]
        assert calls(zendesk_emulator, PATH) == [200, 200, 200]  # no 401 was needed

    @pytest.mark.parametrize(
        ("said", "usable"),
        [
            pytest.param({}, 1740, id="missing"),
            pytest.param({"expires_in": None}, 1740, id="null"),
            pytest.param({"expires_in": True}, 1740, id="boolean"),
            pytest.param({"expires_in": 3600.5}, 1740, id="float"),
            pytest.param({"expires_in": 0}, 1740, id="zero"),
            pytest.param({"expires_in": -300}, 1740, id="negative"),
            pytest.param({"expires_in": "soon"}, 1740, id="text"),
            pytest.param({"expires_in": [300]}, 1740, id="list"),
            pytest.param({"expires_in": 300}, 240, id="short"),
            pytest.param({"expires_in": 20}, 10, id="shorter than Zendesk's shortest"),
            pytest.param({"expires_in": 10**400}, 172_740, id="absurd"),
        ],
    )
    def test_how_long_a_token_is_used(self, stub, stub_client, monkeypatch, said, usable):
        """An unknown life is half an hour: Zendesk's default for clients made since 2026-04-30."""
        clock = [1000.0]
        monkeypatch.setattr(auth_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
        stub.answers |= {TOKENS: [as_json({**TOKEN, **said})], PATH: [as_json({})]}
        stub_client.authenticate(client_credentials(stub_client))
        for moment in (1000.0, 1000.0 + usable - 1, 1000.0 + usable + 1):
            clock[0] = moment
            get(stub_client)
        assert [seen.path for seen in stub.seen] == [TOKENS, PATH, PATH, TOKENS, PATH]

    def test_one_revoked_in_mid_use_is_renewed_unnoticed(self, client, zendesk_emulator):
        client.authenticate(client_credentials(client))
        get(client)
        zendesk_emulator.revoke_tokens()
        get(client)
        get(client)
        assert calls(zendesk_emulator, TOKENS) == [201, 201]
        assert calls(zendesk_emulator, PATH) == [200, 401, 200, 200]
        assert zendesk_emulator.requests[-1].headers["authorization"] == "Bearer minted-admin-2"
        assert client.requests == 4

    def test_one_renewal_is_all_until_a_call_succeeds_again(self, client, zendesk_emulator):
        client.authenticate(client_credentials(client))
        get(client)
        zendesk_emulator.answer_next(*[Answer(401)] * 12)
        for _ in range(2):
            with pytest.raises(ZendeskAuthLapseError, match="check client_id and client_secret"):
                get(client)
        assert calls(zendesk_emulator, PATH) == [200, *[401] * 12]
        assert calls(zendesk_emulator, TOKENS) == [201, 201]
        get(client)
        zendesk_emulator.answer_next(Answer(401))
        get(client)
        assert calls(zendesk_emulator, TOKENS) == [201, 201, 201]

    @pytest.mark.parametrize(("client_id", "secret"), [("airflow", "s3cret"), ("wrong", "s3cret")])
    def test_a_wrong_client_fails_after_a_second_ask_and_says_what_to_check(
        self, client, zendesk_emulator, slept, client_id, secret
    ):
        client.authenticate(ClientCredentialsAuth(client.account, client_id, secret, client.mint))
        with pytest.raises(
            ZendeskAuthError, match="check client_id and client_secret: .* confidential"
        ) as error:
            get(client)
        assert (error.value.status, error.value.code) == (401, "invalid_client")
        assert [logged.path for logged in zendesk_emulator.requests] == [TOKENS, TOKENS]
        assert len(slept) == 1
        assert client.requests == 0
        assert secret not in "".join(traceback.format_exception(error.value))

    @pytest.mark.parametrize("scope", ["tickets:read", "", "reading", "write users:read"])
    def test_a_token_without_the_scope_is_refused_before_it_is_used(self, stub, stub_client, scope):
        stub.answers |= {TOKENS: [as_json({**TOKEN, "scope": scope})], PATH: [as_json({})]}
        stub_client.authenticate(client_credentials(stub_client))
        with pytest.raises(
            ZendeskError, match=f"granted scope '{scope}' instead of 'read'; give the OAuth client"
        ):
            get(stub_client)
        assert [seen.path for seen in stub.seen] == [TOKENS]

    @pytest.mark.parametrize(
        "answer", [{**TOKEN, "scope": "read write"}, {"access_token": "minted", "token_type": "bearer"}]
    )
    def test_more_than_the_scope_or_no_word_of_it_is_taken(self, stub, stub_client, answer):
        stub.answers |= {TOKENS: [as_json(answer)], PATH: [as_json({})]}
        get(stub_client.authenticate(client_credentials(stub_client)))
        assert stub.seen[-1].headers["authorization"] == "Bearer minted"

    @pytest.mark.parametrize(
        "trouble",
        [
            pytest.param(Canned(500), id="500"),
            pytest.param(Canned(200, as_json(TOKEN).body, missing=3), id="cut short"),
            pytest.param(Canned(200, b"<html>"), id="a proxy's page"),
            pytest.param(Canned(200, as_json(TOKEN).body[:-5]), id="cut JSON"),
            pytest.param(Canned(200, b'{"access_token": "caf\xe9"}'), id="not UTF-8"),
        ],
    )
    def test_passing_trouble_with_the_token_is_asked_again(self, stub, stub_client, trouble):
        stub.answers |= {TOKENS: [trouble, trouble, as_json(TOKEN, 201)], PATH: [as_json({})]}
        get(stub_client.authenticate(client_credentials(stub_client)))
        assert [seen.path for seen in stub.seen] == [TOKENS, TOKENS, TOKENS, PATH]

    def test_it_costs_six_tries_and_no_call_is_counted(self, stub, stub_client):
        stub.answers[TOKENS] = [Canned(503)]
        with pytest.raises(ZendeskServerError, match="gave up after 6 attempts"):
            get(stub_client.authenticate(client_credentials(stub_client)))
        assert [seen.path for seen in stub.seen] == [TOKENS] * 6
        assert stub_client.requests == 0

    def test_token_and_call_share_the_tries(self, stub, stub_client):
        stub.answers |= {TOKENS: [Canned(503)] * 3 + [as_json(TOKEN, 201)], PATH: [Canned(503)]}
        with pytest.raises(ZendeskServerError, match="gave up after 6 attempts"):
            get(stub_client.authenticate(client_credentials(stub_client)))
        assert [seen.path for seen in stub.seen] == [TOKENS] * 4 + [PATH] * 3
        assert stub_client.requests == 3

    def test_a_renewal_that_is_refused_in_mid_walk_is_asked_again(self, stub, stub_client):
        wrong_client = as_json({"error": "invalid_client"}, 401)
        stub.answers |= {
            TOKENS: [as_json(TOKEN, 201), wrong_client, wrong_client, as_json(TOKEN, 201)],
            PATH: [as_json({}), Canned(401), as_json({})],
        }
        stub_client.authenticate(client_credentials(stub_client))
        get(stub_client)
        get(stub_client)
        assert [seen.path for seen in stub.seen] == [TOKENS, PATH, PATH, TOKENS, TOKENS, TOKENS, PATH]

    def test_a_rate_limit_on_the_token_is_waited_for_like_any(self, stub, stub_client):
        stub.answers[TOKENS] = [
            Canned(429, b"", {"Retry-After": "30", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"})
        ]
        with pytest.raises(NotBefore, match="Zendesk asks to wait 30 s"):
            get(stub_client.authenticate(client_credentials(stub_client)))

    @pytest.mark.parametrize("payload", [{}, [], {"access_token": 7}, {**TOKEN, "scope": 7}])
    def test_a_token_answer_of_another_shape_is_named(self, stub, stub_client, payload):
        stub.answers[TOKENS] = [as_json(payload)]
        with pytest.raises(
            ZendeskResponseError, match=f"the answer of {stub.url} to the token request is not as documented"
        ):
            get(stub_client.authenticate(client_credentials(stub_client)))
        assert len(stub.seen) == 1

    @pytest.mark.parametrize(
        "token", ["", "s3cr\net", "s3cr\r\nX-Evil: 1", "s3cr et", "s3cr\u2013et", "s3cr\x00et"]
    )
    def test_a_token_that_is_no_header_is_refused_without_being_shown(self, stub, stub_client, caplog, token):
        caplog.set_level(logging.DEBUG)
        stub.answers |= {TOKENS: [as_json({**TOKEN, "access_token": token})], PATH: [as_json({})]}
        with pytest.raises(
            ZendeskResponseError, match=f"the access_token that {stub.url} granted is empty, or"
        ) as error:
            get(stub_client.authenticate(client_credentials(stub_client)))
        assert "s3cr" not in "".join(traceback.format_exception(error.value)) + caplog.text
        assert [seen.path for seen in stub.seen] == [TOKENS]

    @pytest.mark.parametrize("show", [repr, str, lambda token: token.__rich_repr__()])
    def test_its_token_is_not_shown_when_it_is_printed(self, show):
        token = AccessToken("s3cret", "read s3cret", "s3cret")
        assert "s3cret" not in str(show(token))
        assert "1800" in str(show(token))

    def test_a_token_answer_too_deep_to_read_is_named(self, stub, stub_client):
        stub.answers[TOKENS] = [Canned(200, b'{"a":' * 1_000_000)]
        with pytest.raises(ZendeskResponseError, match="to the token request is not JSON"):
            get(stub_client.authenticate(client_credentials(stub_client)))

    def test_a_scope_that_repeats_the_secret_is_not_quoted(self, stub, stub_client):
        stub.answers[TOKENS] = [as_json({**TOKEN, "scope": "for s3cret-client"})]
        with pytest.raises(ZendeskRefusedError, match="left out: it repeats the credentials") as error:
            get(stub_client.authenticate(client_credentials(stub_client, "s3cret-client")))
        assert "s3cret" not in str(error.value)

    def test_the_secret_does_not_follow_a_redirect(self, stub, stub_client, zendesk_emulator):
        location = {"Location": zendesk_emulator.url + TOKENS, "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}
        stub.answers[TOKENS] = [Canned(307, b"", location)]
        with pytest.raises(ZendeskRedirectError, match="redirects are not followed"):
            get(stub_client.authenticate(client_credentials(stub_client)))
        assert zendesk_emulator.requests == []

    def test_neither_secret_nor_token_is_logged(self, client, zendesk_emulator, caplog):
        caplog.set_level(logging.DEBUG)
        client.authenticate(client_credentials(client))
        get(client)
        zendesk_emulator.revoke_tokens()
        zendesk_emulator.answer_next(None, Answer(500))
        get(client)
        assert "requesting a new one" in caplog.text
        assert TOKENS in caplog.text
        for secret in (ZendeskEmulator.client_secret, "minted-admin"):
            assert secret not in caplog.text
