# SPDX-License-Identifier: Apache-2.0
"""What the hook does with a client: pages, records, HttpHook's own ways, and the connection test."""

from __future__ import annotations

import json
import re
import socket
import traceback
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from airflow_provider_zendesk.emulator import ZendeskEmulator as Zendesk
from airflow_provider_zendesk.emulator.faults import Answer
from airflow_provider_zendesk.emulator.pytest_plugin import NOW
from airflow_provider_zendesk.exceptions import (
    ZendeskApiError,
    ZendeskAuthError,
    ZendeskError,
    ZendeskForbiddenError,
    ZendeskNotFoundError,
    ZendeskRateLimitError,
    ZendeskRedirectError,
    ZendeskServerError,
)
from airflow_provider_zendesk.hooks import zendesk
from airflow_provider_zendesk.policy import DEFAULT_POLICY
from tests.client.raw import RawServer
from tests.client.stub import Canned, as_json, traffic

START, END = NOW - 10 * 86400, NOW - 3600
EXPORT = "/api/v2/incremental/tickets/cursor"
ME = "/api/v2/users/me"
CLIENT = {"client_id": Zendesk.client_id, "client_secret": Zendesk.client_secret}


@pytest.fixture
def tickets(zendesk_emulator):
    """Some ten days of tickets; returns the emulator."""
    zendesk_emulator.account.populate(START, END, tickets=60)
    zendesk_emulator.account.burst(NOW - 5 * 86400, 7)
    return zendesk_emulator


def parsed(truth):
    return [json.loads(row.raw) for row in truth]


class TestRecords:
    @pytest.mark.parametrize("per_page", [1, 7, 1000])
    @pytest.mark.parametrize(
        ("start", "end"),
        [
            pytest.param(START, END, id="all"),
            pytest.param(NOW - 6 * 86400, NOW - 4 * 86400, id="in between"),
            pytest.param(NOW - 5 * 86400, NOW - 5 * 86400 + 1, id="one second"),
            pytest.param(NOW - 5 * 86400 + 1, NOW - 5 * 86400 + 2, id="an empty second"),
        ],
    )
    def test_they_are_those_with_a_sort_key_within_the_bounds(
        self, admin_hook, tickets, start, end, per_page
    ):
        records = list(admin_hook.records("tickets", start, end, per_page=per_page))
        assert records == parsed(tickets.truth(start, end))

    @pytest.mark.parametrize("per_page", [1, 7, 1000])
    @pytest.mark.parametrize(
        ("pagination", "path"), [("cursor", EXPORT), ("time", EXPORT.removesuffix("/cursor"))]
    )
    def test_each_way_of_paging_gives_the_same(self, admin_hook, tickets, pagination, path, per_page):
        start, end = NOW - 6 * 86400, NOW - 4 * 86400
        records = list(admin_hook.records("tickets", start, end, per_page=per_page, pagination=pagination))
        # Within a second time paging has no order.
        records.sort(key=lambda record: (record["generated_timestamp"], record["id"]))
        assert records == parsed(tickets.truth(start, end))
        assert {request.path for request in tickets.export_requests} == {path}

    def test_without_an_end_they_go_to_the_end_of_the_stream(self, admin_hook, tickets):
        assert list(admin_hook.records("tickets", START)) == parsed(tickets.truth(START, NOW))

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (datetime.fromtimestamp(NOW - 6 * 86400, UTC), datetime.fromtimestamp(NOW - 4 * 86400, UTC)),
            ("2026-11-15T12:00:00Z", "2026-11-17T14:00:00+02:00"),
            ("2026-11-15T12:00", "2026-11-17T12:00"),
            (str(NOW - 6 * 86400), float(NOW - 4 * 86400)),
        ],
        ids=["datetime", "ISO", "naive ISO", "epoch"],
    )
    def test_bounds_are_taken_in_every_form(self, admin_hook, tickets, start, end):
        expected = parsed(tickets.truth(NOW - 6 * 86400, NOW - 4 * 86400))
        assert expected
        assert list(admin_hook.records("tickets", start, end)) == expected

    @pytest.mark.parametrize("per_page", [1, 1000])
    def test_bounds_within_a_second_tile_as_windows_do(self, admin_hook, tickets, per_page):
        """Floored to whole seconds, as those of the operator: no record twice, none lost."""
        middle = NOW - 5 * 86400 + 0.5  # half a second into the burst
        halves = [
            *admin_hook.records("tickets", START, middle, per_page=per_page),
            *admin_hook.records("tickets", middle, END, per_page=per_page),
        ]
        assert halves == parsed(tickets.truth(START, END))

    @pytest.mark.parametrize(
        "selection",
        [{"exclude_deleted": True}, {"support_type_scope": "agent"}, {"support_type_scope": "ai_agent"}],
    )
    def test_they_may_be_narrowed(self, admin_hook, tickets, selection):
        tickets.account.delete(1, NOW - 7200)
        tickets.account.create(NOW - 7200, support_type="ai_agent")
        narrowed = list(admin_hook.records("tickets", START, NOW, **selection))
        assert narrowed == parsed(tickets.truth(START, NOW, **selection))
        assert narrowed != parsed(tickets.truth(START, NOW))

    def test_the_first_is_there_after_one_request(self, admin_hook, tickets):
        records = admin_hook.records("tickets", START, per_page=5)
        assert tickets.requests == []
        next(records)
        assert len(tickets.export_requests) == 1

    def test_no_page_behind_the_end_is_asked_for(self, admin_hook, tickets):
        third = tickets.truth(START, NOW)[2]
        list(admin_hook.records("tickets", START, third.sort_key, per_page=1))
        assert len(tickets.export_requests) == 3

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("tickets", None), "start_time is missing; give a datetime"),
            (("tickets", ""), "start_time is missing"),
            (("tickets", "None"), "start_time='None' is not a time"),
            (("tickets", 0), "start_time=0 means 1970-01-01T00:00:00Z"),
            (("tickets", START, "soon"), "end_time='soon' is not a time"),
            (("requests", START), "unknown resource 'requests'"),
        ],
    )
    def test_what_cannot_be_is_refused_before_any_request(self, admin_hook, tickets, arguments, says):
        with pytest.raises(ValueError, match=says):
            list(admin_hook.records(*arguments))
        assert tickets.requests == []

    @pytest.mark.parametrize(
        ("name", "value"), [("per_page", 1001), ("support_type_scope", "everyone"), ("pagination", "offset")]
    )
    def test_a_parameter_that_cannot_be_is_refused_too(self, admin_hook, tickets, name, value):
        with pytest.raises(ValueError, match=name):
            list(admin_hook.records("tickets", START, **{name: value}))
        assert tickets.requests == []


class TestPages:
    def test_rows_are_the_bytes_zendesk_sent_each_once(self, admin_hook, tickets):
        pages = list(admin_hook.pages("tickets", START, per_page=7))
        assert [bytes(row.raw) for page in pages for row in page.rows] == [
            row.raw for row in tickets.truth(START, NOW)
        ]
        assert len(pages) == len(tickets.export_requests) > 5

    def test_the_last_one_holds_what_passes_the_end(self, admin_hook, tickets):
        end = NOW - 5 * 86400
        *before, last = admin_hook.pages("tickets", START, end, per_page=7)
        assert last.rows[-1].sort_key >= end
        assert all(row.sort_key < end for page in before for row in page.rows)

    def test_every_request_carries_every_parameter(self, admin_hook, tickets):
        list(admin_hook.pages("tickets", START, per_page=7, exclude_deleted=True))
        first, *others = [request.query for request in tickets.export_requests]
        always = {"per_page": "7", "exclude_deleted": "true", "support_type_scope": "all"}
        assert first == {**always, "start_time": str(START)}
        assert others
        for query in others:
            assert query == {**always, "cursor": query["cursor"]}

    def test_a_rate_limit_is_slept_through(self, admin_hook, tickets, monkeypatch):
        slept = []
        monkeypatch.setattr("airflow_provider_zendesk.client.waiting.time.sleep", slept.append)
        tickets.answer_next(None, Answer(429, b"", {"Retry-After": "30"}))
        pages = list(admin_hook.pages("tickets", START, per_page=50))
        assert sum(len(page.rows) for page in pages) == len(tickets.truth(START, NOW))
        (seconds,) = slept
        assert 29 < seconds < 34

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_refusal_ends_it_at_once(self, admin_hook, tickets, status):
        tickets.answer_next(None, Answer(status, b"{}"))
        with pytest.raises(ZendeskApiError) as error:
            list(admin_hook.pages("tickets", START, per_page=7))
        assert error.value.status == status
        assert len(tickets.export_requests) == 2

    def test_a_401_in_mid_walk_is_asked_again(self, admin_hook, tickets):
        tickets.answer_next(None, Answer(401), Answer(401))
        pages = list(admin_hook.pages("tickets", START, per_page=50))
        assert sum(len(page.rows) for page in pages) == len(tickets.truth(START, NOW))


class TestOneSession:
    def test_many_pages_travel_over_one_connection(self, admin_hook, tickets):
        list(admin_hook.pages("tickets", START, per_page=7))
        admin_hook.run(ME)
        assert traffic(admin_hook.client.session) == [(1, len(tickets.requests))]
        assert len(tickets.requests) > 5

    def test_the_client_is_made_once(self, admin_hook):
        assert admin_hook.client is admin_hook.client
        assert admin_hook.get_conn() is admin_hook.get_conn() is admin_hook.client.session

    def test_its_connection_survives_a_silent_firewall(self, admin_hook, zendesk_emulator):
        """As HttpHook's own: probes keep a connection open on which a slow page has not begun to come."""
        options = admin_hook.client.session.get_adapter(zendesk_emulator.url).poolmanager.connection_pool_kw
        assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options["socket_options"]

    def test_nothing_is_connected_before_it_is_needed(self, hook, zendesk_emulator):
        hook(extra=CLIENT)
        assert zendesk_emulator.requests == []

    def test_headers_of_one_run_do_not_reach_the_next(self, admin_hook, zendesk_emulator):
        admin_hook.run(ME, headers={"X-Once": "yes"})
        admin_hook.run(ME)
        assert [request.headers.get("x-once") for request in zendesk_emulator.requests] == ["yes", None]


class TestRun:
    def test_it_asks_for_a_path(self, admin_hook, tickets):
        response = admin_hook.run(EXPORT, {"start_time": START, "per_page": 1})
        assert response.json()["tickets"] == parsed(tickets.truth(START, NOW))[:1]
        assert admin_hook.run("api/v2/users/me").json()["user"]["role"] == "admin"

    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://evil.example/api",
            "http://127.0.0.1/x",
            "HTTPS://evil.example",
            "https://acme.zendesk.com/",
        ],
    )
    def test_it_refuses_an_absolute_url(self, admin_hook, zendesk_emulator, endpoint):
        with pytest.raises(ValueError, match="is a URL; give only its path"):
            admin_hook.run(endpoint)
        assert zendesk_emulator.requests == []

    @pytest.mark.parametrize(
        "endpoint", ["//evil.example/x", "@evil.example/x", "\\\\evil.example/x", ".evil.example"]
    )
    def test_it_stays_on_the_host(self, admin_hook, zendesk_emulator, endpoint):
        with pytest.raises(ZendeskNotFoundError):
            admin_hook.run(endpoint)
        assert len(zendesk_emulator.requests) == 1

    def test_it_has_a_timeout(self, admin_hook, monkeypatch):
        given = []
        session = admin_hook.client.session
        send = session.send
        monkeypatch.setattr(
            session, "send", lambda *args, **kwargs: given.append(kwargs["timeout"]) or send(*args, **kwargs)
        )
        admin_hook.run(ME)
        admin_hook.run(ME, extra_options={"timeout": 5})
        assert given == [DEFAULT_POLICY.timeout, 5]

    @pytest.mark.parametrize("options", [None, {"allow_redirects": True}])
    def test_it_does_not_follow_a_redirect(self, admin_hook, zendesk_emulator, stub, options):
        zendesk_emulator.answer_next(Answer(302, b"", {"Location": f"{stub.url}/stolen"}))
        with pytest.raises(ZendeskRedirectError, match="redirects are not followed"):
            admin_hook.run(EXPORT, extra_options=options)
        assert stub.seen == []

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (401, ZendeskAuthError),
            (403, ZendeskServerError),
            (404, ZendeskNotFoundError),
            (429, ZendeskRateLimitError),
            (500, ZendeskServerError),
        ],
    )
    def test_it_raises_typed_errors_and_logs_no_body(
        self, admin_hook, zendesk_emulator, logged, status, kind
    ):
        headers = {"x-request-id": "req-9", "Retry-After": "7"}
        zendesk_emulator.answer_next(Answer(status, b"<html>CUSTOMER-DATA</html>", headers))
        with pytest.raises(kind) as error:
            admin_hook.run(EXPORT, {"start_time": 0})
        assert (error.value.status, error.value.request_id, error.value.retry_after) == (status, "req-9", "7")
        assert "CUSTOMER-DATA" not in "".join(traceback.format_exception(error.value))
        text = logged()
        assert EXPORT in text
        assert "CUSTOMER-DATA" not in text

    def test_a_403_in_zendesks_own_words_is_a_refusal(self, admin_hook, zendesk_emulator):
        zendesk_emulator.answer_next(Answer(403, b'{"error": "Forbidden"}'))
        with pytest.raises(ZendeskForbiddenError):
            admin_hook.run(EXPORT, {"start_time": 0})

    def test_the_check_may_be_left_out(self, admin_hook, zendesk_emulator):
        zendesk_emulator.answer_next(Answer(404, b"gone"))
        response = admin_hook.run(EXPORT, extra_options={"check_response": False})
        assert (response.status_code, response.text) == (404, "gone")

    def test_a_token_revoked_in_mid_use_is_renewed(self, hook, zendesk_emulator):
        hook = hook(extra=CLIENT)
        hook.run(ME)
        zendesk_emulator.revoke_tokens()
        assert hook.run(ME).json()["user"]["role"] == "admin"

    def test_a_token_is_asked_for_six_times(self, hook, stub):
        stub.answers |= {
            "/oauth/tokens": [*[Canned(503)] * 5, as_json({"access_token": "minted"})],
            ME: [as_json({}), Canned(401), as_json({})],
        }
        hook = hook(host=stub.url, extra=CLIENT)
        hook.run(ME)
        stub.answers["/oauth/tokens"] = [Canned(503), as_json({"access_token": "minted-again"})]
        hook.run(ME)
        paths = [seen.path for seen in stub.seen]
        assert paths == [*["/oauth/tokens"] * 6, ME, ME, *["/oauth/tokens"] * 2, ME]

    def test_a_wrong_client_is_a_refusal(self, hook, zendesk_emulator):
        with pytest.raises(ZendeskAuthError, match="check client_id and client_secret"):
            hook(extra={**CLIENT, "client_secret": "wrong"}).run(ME)
        assert [logged.status for logged in zendesk_emulator.requests] == [401, 401]


class TestTestConnection:
    @pytest.mark.parametrize(
        "fields",
        [
            {"extra": CLIENT},
            {"extra": {"oauth_token": Zendesk.oauth_token}},
            {"login": Zendesk.admin_email, "extra": {"token": Zendesk.api_token}},
            {"login": Zendesk.admin_email, "password": Zendesk.password},
        ],
        ids=["client", "OAuth token", "API token", "password"],
    )
    def test_an_admin_who_can_read_an_export_is_good(self, hook, zendesk_emulator, fields):
        assert hook(**fields).test_connection() == (
            True,
            "Ada Admin is an admin of 127.0.0.1 and can read its exports",
        )
        assert [(logged.path, logged.status) for logged in zendesk_emulator.requests[-2:]] == [
            (ME, 200),
            (EXPORT, 200),
        ]
        assert zendesk_emulator.requests[-1].query["per_page"] == "1"

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            pytest.param(
                {"extra": {"oauth_token": Zendesk.agent_oauth_token}},
                "'Agnes Agent' has the role 'agent' on .*; exports need an admin",
                id="agent's token",
            ),
            pytest.param(
                {
                    "extra": {
                        "client_id": Zendesk.agent_client_id,
                        "client_secret": Zendesk.agent_client_secret,
                    }
                },
                "have an admin create it",
                id="agent's client",
            ),
            pytest.param({"extra": {"oauth_token": "s3cret"}}, "oauth_token is wrong", id="wrong token"),
            pytest.param(
                {"extra": {"client_id": Zendesk.client_id, "client_secret": "s3cret"}},
                "check client_id and client_secret",
                id="wrong secret",
            ),
            pytest.param(
                {"login": Zendesk.admin_email, "extra": {"token": "s3cret"}},
                "check the connection's login .* and API token",
                id="wrong API token",
            ),
            pytest.param(
                {"login": Zendesk.admin_email, "password": "s3cret"},
                "no longer accepts passwords",
                id="wrong password",
            ),
            pytest.param({}, "connection 'acme' has no credentials", id="no credentials"),
            pytest.param({"extra": {"client_id": "x"}}, "connection 'acme' has only one", id="half a client"),
            pytest.param({"host": "", "extra": CLIENT}, "connection 'acme'.* no host", id="no host"),
            pytest.param(
                {"extra": {"oauth_token": "s3cret\n"}}, "oauth_token", id="a token with its line's end"
            ),
        ],
    )
    def test_what_cannot_export_is_told_what_to_mend(self, hook, fields, says):
        good, message = hook(**fields).test_connection()
        assert not good
        assert re.search(says, message)
        assert "s3cret" not in message

    def test_no_such_account(self, hook, zendesk_emulator):
        zendesk_emulator.exists = False
        good, message = hook(extra=CLIENT).test_connection()
        assert not good
        assert (
            f"there is no Zendesk account at {zendesk_emulator.url}; check the connection's host" in message
        )

    def test_no_server(self, hook, zendesk_emulator):
        hook = hook(extra={"oauth_token": Zendesk.oauth_token})
        zendesk_emulator.stop()
        good, message = hook.test_connection()
        assert not good
        assert f"nothing listens at {zendesk_emulator.url}; check the connection's host and port" in message
        assert f"no complete answer from {zendesk_emulator.url}" in message

    def test_a_server_that_says_nothing_is_asked_once(self, hook, monkeypatch):
        monkeypatch.setattr(zendesk, "_TEST_POLICY", replace(zendesk._TEST_POLICY, read_timeout=0.2))
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            good, message = hook(host=url, extra={"oauth_token": "x"}).test_connection()
            assert not good
            assert f"no complete answer from {url}" in message
            silent.setblocking(False)
            silent.accept()[0].close()
            with pytest.raises(BlockingIOError):
                silent.accept()

    def test_it_takes_seconds_at_worst(self):
        """Connecting is tried twice, and each of three calls is waited for once."""
        policy = zendesk._TEST_POLICY
        assert policy.request_attempts * policy.connect_timeout + 2 < 10
        assert policy.answer_timeout < 10

    def test_https_where_http_is_spoken(self, hook, zendesk_emulator):
        https = zendesk_emulator.url.replace("http://", "https://")
        good, message = hook(host=https, extra=CLIENT).test_connection()
        assert not good
        assert f"give {zendesk_emulator.url} if it is an emulator without TLS" in message

    def test_http_where_tls_is_spoken(self, hook):
        # A TLS server answers what is no TLS with an alert, and hangs up.
        with RawServer(lambda: [b"\x15\x03\x01\x00\x02\x02\x46"]) as tls:
            good, message = hook(host=tls.url, extra=CLIENT).test_connection()
        assert not good
        assert "if the server speaks TLS, give an https:// host" in message

    def test_an_unknown_host(self, hook):
        good, message = hook(host="no-such-host.invalid", extra=CLIENT).test_connection()
        assert not good
        assert "the host 'no-such-host.invalid' is unknown here; check the connection's host" in message

    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            (
                Answer(403, b'{"error": {"title": "Forbidden"}}'),
                f"does not allow these credentials to read {EXPORT}",
            ),
            (
                Answer(404),
                f"has no {EXPORT}; check the resource name, and that the account's plan includes it",
            ),
            (Answer(429, b"", {"Retry-After": "7"}), "Zendesk asks to wait 7 s"),
        ],
        ids=["forbidden", "not on this plan", "rate limit"],
    )
    def test_an_export_that_cannot_be_read(self, admin_hook, zendesk_emulator, answer, says):
        zendesk_emulator.answer_next(answer)
        good, message = admin_hook.test_connection()
        assert not good
        assert says in message

    def test_anonymous_is_not_taken_for_a_user(self, hook, stub):
        """Zendesk answers 200 to nobody."""
        anonymous = {"id": None, "name": "Anonymous user", "role": "end-user"}
        stub.answers[ME] = [as_json({"user": anonymous})]
        good, message = hook(host=stub.url, extra={"oauth_token": "x"}).test_connection()
        assert not good
        assert "treats this connection as anonymous; check its credentials" in message

    @pytest.mark.parametrize("payload", [{}, [], {"user": {"id": "one"}}])
    def test_something_else_than_a_user(self, hook, stub, payload):
        stub.answers[ME] = [as_json(payload)]
        good, message = hook(host=stub.url, extra={"oauth_token": "x"}).test_connection()
        assert not good
        assert f"the answer of {ME} is not a user" in message

    def test_a_client_without_the_scope(self, hook, stub):
        stub.answers["/oauth/tokens"] = [as_json({"access_token": "x", "scope": "tickets:read"})]
        good, message = hook(host=stub.url, extra=CLIENT).test_connection()
        assert not good
        assert "give the OAuth client the scope 'read'" in message


SECRETS = ["s3cret-client", "s3cret-oauth", "s3cret-token", "s3cret-password", "s3cret-access"]


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": {"client_id": "airflow", "client_secret": "s3cret-client"}},
        {"extra": {"oauth_token": "s3cret-oauth"}},
        {"login": "admin@example.com", "extra": {"token": "s3cret-token"}},
        {"login": "admin@example.com", "password": "s3cret-token", "extra": {"use_token": True}},
        {"login": "admin@example.com", "password": "s3cret-password"},
    ],
    ids=["client", "OAuth token", "API token", "use_token", "password"],
)
def test_no_secret_reaches_a_log_a_message_or_an_error(hook, stub, logged, fields):
    user = {"id": 1, "name": "Ada Admin", "role": "admin"}
    page = {"tickets": [], "end_of_stream": True, "after_cursor": None}
    stub.answers |= {
        "/oauth/tokens": [as_json({"access_token": "s3cret-access", "scope": "read"}, 201)],
        ME: [as_json({"user": user}), as_json({"error": "Couldn't authenticate you"}, 401)],
        EXPORT: [as_json(page)],
    }
    hook = hook(host=stub.url, **fields)
    told = [str(hook.test_connection()), str(hook.test_connection()), repr(hook), repr(hook.client)]
    list(hook.records("tickets", "2026-11-20"))
    with pytest.raises(ZendeskError) as error:
        hook.run(ME)
    told += ["".join(traceback.format_exception(error.value)), logged()]
    assert told[0].startswith("(True")
    assert told[1].startswith("(False")
    assert EXPORT in told[-1]  # so that the log was listened to
    for secret in SECRETS:
        assert not [text for text in told if secret in text]


class TestSample:
    @pytest.mark.parametrize("resource", ["tickets", "ticket_events", "users", "organizations"])
    def test_it_is_up_to_50_records_from_a_moment_on(self, hook, zendesk_emulator, resource):
        zendesk_emulator.account.records(resource).populate(1795000000, 1795100000, 120)
        sample = hook(extra=CLIENT).sample(resource, 1795050000)
        known = {row.id for row in zendesk_emulator.truth(1795050000, 1795100000, resource=resource)}
        assert len(sample) == 50
        assert {record["id"] for record in sample} <= known
        assert len(zendesk_emulator.requests) == 2

    def test_a_resource_without_one_is_refused_with_those_that_have_it(self, hook, zendesk_emulator):
        with pytest.raises(
            ValueError, match="'calls' has no sample.*have one: tickets, ticket_events, users, organiz"
        ):
            hook(extra=CLIENT).sample("calls", 0)
        assert zendesk_emulator.requests == []
