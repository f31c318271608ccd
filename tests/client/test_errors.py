# SPDX-License-Identifier: Apache-2.0
"""What each refusal becomes, over HTTP: kind, status, Zendesk's words, request id; and never a body."""

from __future__ import annotations

import json
import logging
import traceback

import pytest

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.emulator.faults import Answer, Rewrite
from airflow_provider_zendesk.emulator.pytest_plugin import NOW
from airflow_provider_zendesk.exceptions import (
    NotBefore,
    ZendeskApiError,
    ZendeskAuthError,
    ZendeskConnectionError,
    ZendeskError,
    ZendeskForbiddenError,
    ZendeskGatewayTimeoutError,
    ZendeskNotFoundError,
    ZendeskRateLimitError,
    ZendeskRedirectError,
    ZendeskRefusedError,
    ZendeskResponseError,
    ZendeskServerError,
    ZendeskStartTimeTooRecentError,
)
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.stream.page import PageDecoder
from tests.client.raw import RawServer
from tests.client.stub import DATE, Canned

PATH = "/api/v2/incremental/tickets/cursor"
TRIES = 6
HTML = b"<!DOCTYPE html><html><head><title>Zendesk</title></head></html>"


def refusal(client: ZendeskClient, answer: Answer, emulator) -> ZendeskApiError:
    """The error after nothing but this answer; of one to wait for, its cause."""
    emulator.answer_next(*[answer] * TRIES)
    with pytest.raises(ZendeskError) as error:
        client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))
    raised = error.value.__cause__ if isinstance(error.value, NotBefore) else error.value
    assert isinstance(raised, ZendeskApiError)
    return raised


@pytest.mark.parametrize(
    ("body", "code", "description"),
    [
        pytest.param(
            {"error": {"title": "Invalid attribute", "message": "start_time must be an integer"}},
            "",
            "Invalid attribute: start_time must be an integer",
            id="object error",
        ),
        pytest.param({"error": {"title": "Forbidden"}}, "", "Forbidden", id="object error without message"),
        pytest.param(
            {"error": {"code": "Odd", "title": None, "message": 7}}, "Odd", "", id="object error, odd types"
        ),
        pytest.param(
            {"error": "RecordInvalid", "description": "Record validation errors", "details": {"base": []}},
            "RecordInvalid",
            "Record validation errors",
            id="string error and description",
        ),
        pytest.param(
            {"error": "Couldn't authenticate you"}, "Couldn't authenticate you", "", id="string error"
        ),
        pytest.param(
            {"error": "invalid_scope", "error_description": "The requested scope is invalid"},
            "invalid_scope",
            "The requested scope is invalid",
            id="OAuth error",
        ),
        pytest.param(
            {"errors": [{"code": "InvalidCursor", "status": "400", "title": "cursor is invalid or expired"}]},
            "InvalidCursor",
            "cursor is invalid or expired",
            id="errors[]",
        ),
        pytest.param({"errors": []}, "", "", id="errors[] with nothing in it"),
        pytest.param({"error": None, "description": "x" * 301}, "", "x" * 300, id="long description"),
        pytest.param("Couldn't authenticate you", "", "", id="bare string"),
        pytest.param(["Couldn't authenticate you"], "", "", id="list"),
        pytest.param(b"Number of allowed API requests per minute exceeded", "", "", id="plain text"),
        pytest.param(HTML, "", "", id="HTML"),
        pytest.param(b"", "", "", id="nothing"),
        pytest.param(b'{"error": "cut', "", "", id="cut JSON"),
        pytest.param(b'{"error": "caf\xe9"}', "", "", id="not UTF-8"),
    ],
)
def test_zendesks_words_are_found_in_every_envelope(client, zendesk_emulator, body, code, description):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = refusal(client, Answer(400, body, {"x-request-id": "req-7"}), zendesk_emulator)
    assert type(error) is ZendeskRefusedError
    assert (error.status, error.code, error.description) == (400, code, description)
    assert (error.request_id, error.retry_after) == ("req-7", None)
    said = ": ".join(part for part in (code, description) if part)
    assert str(error).endswith(f"(HTTP 400{', ' + said if said else ''}, request id req-7)")
    assert f"refused {PATH}" in str(error)


TOO_RECENT = {
    "errors": [{"code": "StartTimeTooRecent", "status": "400", "title": "start_time must be older"}]
}
TOO_RECENT_2022 = {
    "error": "InvalidValue",
    "description": "Too recent start_time. Use a start_time older than 5 minutes",
}
NO_HELP_DESK = (
    {"error": {"title": "No help desk at acme.zendesk.com", "message": "..."}},
    {"error": {"title": "Not found", "message": "There is no help desk configured at this address."}},
    {"error": "NO HELP DESK AT ACME.ZENDESK.COM"},
    {"error": "NotFound", "description": "There is no help desk configured at this address."},
    {"errors": [{"code": "NotFound", "detail": "No Help Desk at acme.zendesk.com"}]},
    {"message": "There is no help desk configured at this address."},
    b"There is no help desk configured at this address. This means that the address is available",
    b"<html><h1>Oops</h1><p>There is no Help\n  Desk configured at this address.</p></html>",
)
SCOPE = {"error": "Forbidden", "description": "Missing the following required scopes: read"}
INVALID_CLIENT = {"error": "invalid_client", "error_description": "Client authentication failed"}
INVALID_GRANT = {"error": "invalid_grant", "error_description": "The authorization grant is invalid"}
INVALID_SCOPE = {"error": "invalid_scope", "error_description": "The requested scope is invalid"}
EXPORT_LIMIT = {
    "error": "APIRateLimitExceeded",
    "description": "Number of allowed incremental export API requests",
}


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "says"),
    [
        # fmt: off
        (400, {}, {}, ZendeskRefusedError, "refused /api/v2/incremental"),
        (400, TOO_RECENT, {}, ZendeskStartTimeTooRecentError, "StartTimeTooRecent"),
        (422, TOO_RECENT_2022, {}, ZendeskStartTimeTooRecentError, "Too recent start_time"),
        (422, {"error": "InvalidValue"}, {}, ZendeskRefusedError, "InvalidValue"),
        (400, INVALID_CLIENT, {}, ZendeskAuthError, "did not accept the credentials"),
        (400, INVALID_GRANT, {}, ZendeskAuthError, "did not accept the credentials"),
        (400, INVALID_SCOPE, {}, ZendeskRefusedError, "invalid_scope"),
        (
            401,
            {"error": "Couldn't authenticate you"},
            {},
            ZendeskAuthError,
            "the connection's oauth_token is wrong, expired or revoked",
        ),
        (401, HTML, {}, ZendeskAuthError, "the connection's oauth_token is wrong, expired or revoked"),
        (
            403,
            {"error": {"title": "Forbidden", "message": "x"}},
            {},
            ZendeskForbiddenError,
            "exports need an admin",
        ),
        (403, SCOPE, {}, ZendeskForbiddenError, "the scope 'read'"),
        (403, {}, {}, ZendeskForbiddenError, "exports need an admin"),
        *(
            (
                403,
                body,
                {},
                ZendeskServerError,
                "not in Zendesk's error format; it may come from a firewall or proxy",
            )
            for body in (HTML, b"Access denied", b"", b'"Forbidden"', b"[]", b'{"error": "cut')
        ),
        (
            404,
            {"error": "InvalidEndpoint", "description": "Not found"},
            {},
            ZendeskNotFoundError,
            "has no /api/v2/incremental/tickets/cursor; check the resource name, and that the account's plan includes it",
        ),
        *(
            (404, body, {}, ZendeskNotFoundError, "there is no Zendesk account at http://127.0.0.1:")
            for body in NO_HELP_DESK
        ),
        (410, {}, {}, ZendeskRefusedError, "HTTP 410"),
        (
            301,
            b"",
            {"Location": "https://other.example/x"},
            ZendeskRedirectError,
            "redirects /api/v2/incremental/tickets/cursor to other.example; redirects are not followed: give the final host",
        ),
        (302, b"", {}, ZendeskRedirectError, "to elsewhere"),
        (307, b"", {"Location": "/elsewhere"}, ZendeskRedirectError, "redirects are not followed"),
        (429, EXPORT_LIMIT, {"Retry-After": "7"}, ZendeskRateLimitError, "APIRateLimitExceeded"),
        (429, b"Number of allowed API requests per minute exceeded", {}, ZendeskRateLimitError, "HTTP 429"),
        (
            429,
            {"errors": [{"code": "RateLimitExceeded", "status": "429", "title": "Maximum 10"}]},
            {"Retry-After": "7"},
            ZendeskRateLimitError,
            "RateLimitExceeded: Maximum 10",
        ),
        (503, HTML, {"Retry-After": "7"}, ZendeskRateLimitError, "HTTP 503"),
        (503, HTML, {}, ZendeskServerError, "HTTP 503"),
        (409, {}, {}, ZendeskServerError, "HTTP 409"),
        (500, HTML, {}, ZendeskServerError, "HTTP 500"),
        (502, HTML, {}, ZendeskServerError, "HTTP 502"),
        (504, b"upstream request timeout", {}, ZendeskGatewayTimeoutError, "HTTP 504"),
        (520, HTML, {}, ZendeskServerError, "HTTP 520"),
        (524, HTML, {}, ZendeskServerError, "HTTP 524"),
        # fmt: on
    ],
)
def test_each_refusal_is_an_error_of_its_kind(client, zendesk_emulator, status, body, headers, kind, says):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = refusal(client, Answer(status, body, {"x-request-id": "req-8", **headers}), zendesk_emulator)
    assert type(error) is kind
    assert (error.status, error.request_id, error.retry_after) == (
        status,
        "req-8",
        headers.get("Retry-After"),
    )
    assert says in str(error)
    # What stays the same however often one asks is asked once, and so is what is to be waited for.
    once = isinstance(error, ZendeskRefusedError | ZendeskRateLimitError)
    # Zendesk sends a 401 to good credentials too.
    asked = 2 if status == 401 else 1 if once else TRIES
    assert len(zendesk_emulator.export_requests) == asked


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 422, 429, 500, 503, 504])
@pytest.mark.parametrize("body", [HTML, b"{}"])
def test_each_error_names_the_front_end_that_answered(client, zendesk_emulator, status, body):
    headers = {"x-request-id": "req-8", "CF-RAY": "8e1f-AMS"}
    error = refusal(client, Answer(status, body, headers), zendesk_emulator)
    assert error.cf_ray == "8e1f-AMS"
    assert ", request id req-8, CF-RAY 8e1f-AMS)" in str(error)


@pytest.mark.parametrize("body", [HTML, b"[]"])
def test_so_does_that_of_an_answer_that_cannot_be_read(client, zendesk_emulator, body):
    zendesk_emulator.answer_next(*[Answer(200, body, {"CF-RAY": "8e1f-AMS"})] * TRIES)
    with pytest.raises(ZendeskResponseError, match="CF-RAY 8e1f-AMS"):
        client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))


@pytest.mark.parametrize("body", [HTML, b"Access denied", b""])
def test_a_firewalls_page_in_mid_walk_does_no_harm(client, zendesk_emulator, body):
    zendesk_emulator.answer_next(*[Answer(403, body)] * (TRIES - 1))
    client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))
    assert [logged.status for logged in zendesk_emulator.export_requests] == [403] * (TRIES - 1) + [200]


@pytest.mark.parametrize("legacy", [False, True])
def test_a_start_within_the_hidden_minute_tells_zendesks_clock(client, zendesk_emulator, taking, legacy):
    taking(client, 0)
    zendesk_emulator.legacy_too_recent = legacy
    with pytest.raises(ZendeskStartTimeTooRecentError) as error:
        client.get(PATH, {"start_time": NOW - 10}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))
    assert error.value.status == (422 if legacy else 400)
    assert error.value.server_time == NOW


def test_an_account_that_does_not_exist_is_named(client, zendesk_emulator):
    zendesk_emulator.exists = False
    with pytest.raises(
        ZendeskNotFoundError, match=f"no Zendesk account at {zendesk_emulator.url}; check the conn"
    ):
        client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))


def test_an_agent_is_forbidden_and_told_what_exports_need(client, zendesk_emulator):
    client.session.auth._token = zendesk_emulator.agent_oauth_token
    with pytest.raises(ZendeskForbiddenError, match="exports need an admin"):
        client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))


SECRETIVE = "CUSTOMER-DATA"


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<html>{SECRETIVE}</html>".encode(), id="HTML"),
        pytest.param(SECRETIVE.encode(), id="plain text"),
        pytest.param(json.dumps(SECRETIVE).encode(), id="bare string"),
        pytest.param(json.dumps({"error": "E", "details": {"base": [SECRETIVE]}}).encode(), id="details"),
        pytest.param(json.dumps({"tickets": [{"id": SECRETIVE, "subject": SECRETIVE}]}).encode(), id="rows"),
        pytest.param(json.dumps({"tickets": [{"id": SECRETIVE}]}).encode()[:-3], id="cut rows"),
        pytest.param(f'{{"tickets": ["{SECRETIVE}\xe9"]}}'.encode("latin-1"), id="rows in Latin-1"),
    ],
)
def test_no_body_is_ever_logged_or_quoted(client, zendesk_emulator, caplog, status, body):
    caplog.set_level(logging.DEBUG)
    zendesk_emulator.answer_next(*[Answer(status, body)] * TRIES)
    with pytest.raises(ZendeskError) as error:
        client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))
    assert SECRETIVE not in "".join(traceback.format_exception(error.value))
    assert SECRETIVE not in caplog.text
    assert PATH in caplog.text  # so that the log was listened to


def test_no_page_is_ever_logged(client, zendesk_emulator, caplog):
    caplog.set_level(logging.DEBUG)
    zendesk_emulator.account.populate(NOW - 86400, NOW - 3600, tickets=3)
    zendesk_emulator.answer_next(
        Rewrite(lambda body: body.replace(b'"subject":"', b'"subject":"' + SECRETIVE.encode()))
    )
    page = client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))
    assert SECRETIVE.encode() in bytes(page.rows[0].raw)
    assert SECRETIVE not in caplog.text


DIRTY = "req\x1b[31m\u202e\n" + "x" * 50_000


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_no_control_character_and_no_endless_text_gets_out(stub, stub_client, caplog, status):
    body = json.dumps({"error": DIRTY, "description": DIRTY, "tickets": DIRTY}).encode()
    names = ("x-request-id", "CF-RAY", "Retry-After", "Location", "x-rate-limit-remaining")
    headers = {"Date": DATE, **dict.fromkeys(names, "http://req\x1b[31m" + "x" * 50_000)}
    stub.answers[PATH] = [Canned(status, body, headers)]
    with pytest.raises(ZendeskError) as error:
        stub_client.get(PATH, {"start_time": 0}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))
    raised = error.value.__cause__ or error.value
    assert getattr(raised, "status", 200) == status
    texts = [str(error.value), str(raised), *(record.getMessage() for record in caplog.records)]
    texts += [text for text in vars(raised).values() if isinstance(text, str)]
    assert r"req\x1b[31m" in texts[1]
    assert all(text.isprintable() for text in texts)
    assert all(len(text) < 2500 for text in texts)


def test_so_it_is_with_what_is_no_http():
    line = b"\x1b]0;owned\x07" + b"x" * 60_000
    with RawServer(lambda: [line + b"\r\n\r\n"]) as server:
        account = Account.at(server.url)
        with (
            ZendeskClient(account, policy=Policy(request_attempts=1)) as client,
            pytest.raises(ZendeskConnectionError, match="no complete answer") as error,
        ):
            client.get(PATH, {}, lambda answer: answer.body)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500
