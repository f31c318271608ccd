# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
from email.utils import formatdate

import pytest
import requests

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.client.server_time import own_time
from airflow_provider_zendesk.emulator.faults import Answer, Hangup, Rewrite
from airflow_provider_zendesk.emulator.pytest_plugin import NOW
from airflow_provider_zendesk.exceptions import (
    NotBefore,
    ZendeskAuthError,
    ZendeskConnectionError,
    ZendeskGarbledError,
    ZendeskRateLimitError,
    ZendeskRedirectError,
    ZendeskResponseError,
    ZendeskServerError,
    ZendeskUnreachableError,
)
from airflow_provider_zendesk.policy import DEFAULT_POLICY
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.stream.page import PageDecoder
from airflow_provider_zendesk.window import iso
from tests.client.stub import DATE, Canned, as_json, traffic

PATH = "/api/v2/incremental/tickets/cursor"
TRIES = 6
EMPTY_PAGE = {"tickets": [], "end_of_stream": True, "after_cursor": None}


def get_page(client, start_time=0, **query):
    return client.get(PATH, {"start_time": start_time, **query}, PageDecoder(TICKETS, TICKETS.endpoint(), {}))


def waits(client, refusals):
    """The whole seconds that so many calls in a row were asked to wait, without waiting them."""
    client.clock = lambda: 5000.0
    waits = []
    for _ in range(refusals):
        with pytest.raises(NotBefore) as error:
            get_page(client)
        waits.append(int(error.value.moment - 5000))
    return waits


class TestAnAnswer:
    def test_it_is_the_page_that_was_asked_for(self, client, zendesk_emulator):
        zendesk_emulator.account.populate(NOW - 86400, NOW - 3600, tickets=20)
        page = get_page(client, NOW - 86400, support_type_scope="all")
        truth = zendesk_emulator.truth(NOW - 86400, NOW)
        assert [bytes(row.raw) for row in page.rows] == [row.raw for row in truth]

    def test_it_tells_zendesks_clock_the_request_id_and_the_calls_left(
        self, client, zendesk_emulator, taking
    ):
        taking(client, 0)
        headers = {"x-request-id": "req-1", "x-rate-limit-remaining": "699"}
        zendesk_emulator.answer_next(Answer(200, b"{}", headers))
        answer = client.get(PATH, {"start_time": 0}, lambda answer: answer)
        assert (answer.body, answer.server_time) == (b"{}", NOW)
        assert (answer.request_id, answer.calls_left) == ("req-1", "699 of ?")

    def test_its_clock_is_that_of_the_moment_when_zendesk_looked(self, client, taking):
        """A slow page is stamped when it leaves, and holds nothing of the time it took."""
        taking(client, 45.5)
        assert client.get(PATH, {"start_time": 0}, lambda answer: answer.server_time) == NOW - 45.5

    def test_without_those_headers_it_says_nothing_about_them(self, stub, stub_client):
        stub.answers[PATH] = [as_json(EMPTY_PAGE)]
        answer = stub_client.get(PATH, {}, lambda answer: answer)
        assert (answer.request_id, answer.calls_left) == ("", None)

    @pytest.mark.parametrize("status", [200, 201, 204])
    def test_every_2xx_is_one(self, client, zendesk_emulator, status):
        zendesk_emulator.answer_next(Answer(status))
        assert client.get(PATH, {"start_time": 0}, lambda answer: answer.body) == b""

    def test_the_query_is_encoded(self, client, zendesk_emulator):
        cursor = "MTU3+NjY/xMzUz&OQ=="
        zendesk_emulator.answer_next(Answer(200, b"{}"))
        client.get(PATH, {"cursor": cursor}, lambda answer: answer)
        assert zendesk_emulator.requests[-1].query == {"cursor": cursor}


class TestARequest:
    def test_it_says_who_asks_and_what_it_takes(self, client, zendesk_emulator):
        get_page(client)
        headers = zendesk_emulator.requests[-1].headers
        assert headers["accept"] == "application/json"
        assert headers["accept-encoding"] == "gzip"
        assert headers["user-agent"] == f"airflow-provider-zendesk/{__version__}"

    def test_it_never_waits_forever(self, client, monkeypatch):
        given = []
        send = client.session.send
        monkeypatch.setattr(
            client.session,
            "send",
            lambda *args, **kwargs: given.append(kwargs["timeout"]) or send(*args, **kwargs),
        )
        get_page(client)
        assert given == [DEFAULT_POLICY.timeout]
        assert all(0 < seconds < 600 for seconds in DEFAULT_POLICY.timeout)

    def test_all_requests_share_one_connection(self, client, zendesk_emulator):
        for _ in range(5):
            get_page(client)
        assert traffic(client.session) == [(1, 5)]

    def test_tries_are_counted(self, client, zendesk_emulator):
        zendesk_emulator.answer_next(Answer(500), Hangup())
        get_page(client)
        get_page(client)
        assert client.requests == len(zendesk_emulator.export_requests) == 4


class TestPassingTrouble:
    @pytest.mark.parametrize("status", [409, 500, 502, 503, 504, 520, 524])
    def test_an_error_of_the_server_is_asked_again(self, client, zendesk_emulator, slept, status):
        zendesk_emulator.account.create(NOW - 3600)
        zendesk_emulator.answer_next(Answer(status, b"<html>"), Answer(status, b"<html>"))
        assert [row.id for row in get_page(client).rows] == [1]
        assert [logged.status for logged in zendesk_emulator.export_requests] == [status, status, 200]
        assert len(slept) == 2

    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param(Hangup(), id="hangup"),
            pytest.param(Answer(200, b"<html>One moment, please</html>"), id="a proxy's page"),
            pytest.param(Answer(200, b""), id="no body"),
            pytest.param(Answer(200, b'{"tickets": ["caf\xe9"]}'), id="not UTF-8"),
            pytest.param(Rewrite(lambda body: body[:-10]), id="cut JSON"),
            pytest.param(Answer(200, b"{}", {"Content-Encoding": "gzip"}), id="not gzip"),
        ],
    )
    def test_an_answer_that_is_not_whole_is_asked_again(self, client, zendesk_emulator, slept, fault):
        zendesk_emulator.account.create(NOW - 3600)
        zendesk_emulator.answer_next(fault, fault)
        assert [row.id for row in get_page(client).rows] == [1]
        assert len(zendesk_emulator.export_requests) == 3
        assert len(slept) == 2

    def test_a_body_that_ends_too_soon_is_asked_again(self, stub, stub_client):
        whole = as_json(EMPTY_PAGE)
        stub.answers[PATH] = [Canned(200, whole.body, missing=5), whole]
        assert get_page(stub_client).end_of_stream
        assert len(stub.seen) == 2

    @pytest.mark.parametrize(
        ("fault", "kind", "says"),
        [
            (Answer(502), ZendeskServerError, "HTTP 502"),
            (Hangup(), ZendeskConnectionError, f"no complete answer from .*{PATH}: ConnectionError"),
            (Answer(200, b"<html>"), ZendeskGarbledError, "not JSON in UTF-8"),
        ],
        ids=["server", "connection", "garbled"],
    )
    def test_it_ends_after_six_tries_in_an_error_of_that_kind(
        self, client, zendesk_emulator, slept, caplog, fault, kind, says
    ):
        zendesk_emulator.answer_next(*[fault] * (TRIES + 1))
        with pytest.raises(kind, match=says):
            get_page(client)
        assert len(zendesk_emulator.export_requests) == TRIES
        assert len(slept) == TRIES - 1
        # Random, and longer each time: 1, 2, 4, 8, 16 s at most.
        assert all(0 <= seconds <= 2**number for number, seconds in enumerate(slept))
        warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert [record.getMessage()[:17] for record in warnings] == [
            f"attempt {n} of 6 fa" for n in range(1, TRIES)
        ]

    def test_each_call_has_its_own_tries(self, client, zendesk_emulator):
        for _ in range(3):
            zendesk_emulator.answer_next(*[Answer(500)] * (TRIES - 1))
            get_page(client)
        assert len(zendesk_emulator.export_requests) == 3 * TRIES

    def test_no_server_at_all_is_named_and_the_query_is_not(self, zendesk_emulator, client):
        zendesk_emulator.stop()
        with pytest.raises(
            ZendeskConnectionError, match=f"no complete answer from {client.account.origin}.*refused"
        ) as error:
            get_page(client, cursor="where-we-are")
        assert "where-we-are" not in str(error.value)

    def test_before_the_first_answer_it_is_not_tried_again(self, zendesk_emulator, client, slept):
        zendesk_emulator.stop()
        with pytest.raises(ZendeskUnreachableError, match=f"nothing listens at {client.account.origin}"):
            get_page(client)
        assert slept == []

    def test_after_an_answer_it_is_a_transient_failure(self, zendesk_emulator, client, slept):
        get_page(client)
        zendesk_emulator.stop()
        with pytest.raises(ZendeskConnectionError, match=f"gave up after {TRIES} attempts") as error:
            get_page(client)
        assert not isinstance(error.value, ZendeskUnreachableError)
        assert len(slept) == TRIES - 1

    @pytest.mark.parametrize(
        "payload",
        [
            pytest.param({"tickets": [{"generated_timestamp": 1}]}, id="row without id"),
            pytest.param({"tickets": [{"id": 1}]}, id="row without sort key"),
            pytest.param(
                {"tickets": [{"id": 1, "generated_timestamp": "soon"}]}, id="sort key of another type"
            ),
            pytest.param({"tickets": [], "end_of_stream": "false"}, id="end_of_stream of another type"),
        ],
    )
    def test_a_whole_answer_of_another_shape_is_not_asked_again(
        self, client, zendesk_emulator, slept, payload
    ):
        zendesk_emulator.answer_next(Answer(200, json.dumps(payload).encode(), {"x-request-id": "req-3"}))
        with pytest.raises(
            ZendeskResponseError, match=r"not the export's documented form.*request id req-3"
        ) as error:
            get_page(client)
        assert not isinstance(error.value, ZendeskGarbledError)
        assert len(zendesk_emulator.export_requests) == 1
        assert slept == []


class TestWaiting:
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize(
        ("header", "wait"),
        [
            ("0", 1),
            ("-5", 1),
            ("7", 7),
            ("93", 93),
            (formatdate(NOW + 30, usegmt=True), 30),
            (formatdate(NOW - 30, usegmt=True), 1),
            ("soon", 10),
            ("86400", 600),
        ],
    )
    def test_a_rate_limit_names_the_moment_to_come_back(
        self, client, zendesk_emulator, taking, status, header, wait
    ):
        taking(client, 0)
        client.clock = lambda: 5000.0
        zendesk_emulator.answer_next(Answer(status, b"", {"Retry-After": header}))
        with pytest.raises(NotBefore, match=f"Zendesk asks to wait {wait} s") as error:
            get_page(client)
        assert 5000 + wait <= error.value.moment <= 5000 + wait + 0.5
        cause = error.value.__cause__
        assert isinstance(cause, ZendeskRateLimitError)
        assert (cause.status, cause.retry_after) == (status, header)
        assert f"HTTP {status}" in error.value.reason

    def test_without_retry_after_it_is_ten_seconds(self, client, zendesk_emulator):
        client.clock = lambda: 5000.0
        zendesk_emulator.answer_next(Answer(429))
        with pytest.raises(NotBefore) as error:
            get_page(client)
        assert 5010 <= error.value.moment <= 5010.5

    @pytest.mark.parametrize("header", ["0", "-5", formatdate(NOW - 30, usegmt=True)])
    @pytest.mark.parametrize("status", [429, 503])
    def test_refusals_that_ask_for_no_wait_are_waited_for_longer_each_time(
        self, client, zendesk_emulator, status, header
    ):
        zendesk_emulator.answer_next(*[Answer(status, b"", {"Retry-After": header})] * 9)
        assert waits(client, 9) == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    def test_a_good_answer_starts_the_waits_anew(self, client, zendesk_emulator):
        at_once = Answer(429, b"", {"Retry-After": "0"})
        zendesk_emulator.answer_next(*[at_once] * 4, None, at_once, at_once)
        assert waits(client, 4) == [1, 2, 4, 8]
        get_page(client)
        assert waits(client, 2) == [1, 2]

    def test_what_zendesk_asks_for_is_kept_where_it_is_longer(self, client, zendesk_emulator):
        for seconds in ("7", "7", "7", "7", "93"):
            zendesk_emulator.answer_next(Answer(429, b"", {"Retry-After": seconds}))
        assert waits(client, 5) == [7, 7, 7, 8, 93]

    def test_a_thousand_refusals_are_no_trouble(self, client, zendesk_emulator):
        zendesk_emulator.answer_next(*[Answer(429, b"", {"Retry-After": "0"})] * 1100)
        assert waits(client, 1100)[-1] == 60

    def test_tasks_that_share_an_account_do_not_come_back_all_at_once(self, client, zendesk_emulator):
        client.clock = lambda: 5000.0
        moments = set()
        for _ in range(5):
            zendesk_emulator.answer_next(Answer(429, b"", {"Retry-After": "60"}))
            with pytest.raises(NotBefore) as error:
                get_page(client)
            moments.add(error.value.moment)
        assert len(moments) == 5

    def test_the_client_does_not_wait_itself(self, client, zendesk_emulator, slept):
        zendesk_emulator.answer_next(*[Answer(429, b"", {"Retry-After": "60"})] * 2)
        with pytest.raises(NotBefore):
            get_page(client)
        assert len(zendesk_emulator.export_requests) == 1
        assert slept == []


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_one_to_another_host_is_refused_and_nothing_is_sent_there(
        self, client, zendesk_emulator, stub, status
    ):
        stub.answers["/stolen"] = [as_json(EMPTY_PAGE)]
        zendesk_emulator.answer_next(Answer(status, b"", {"Location": f"{stub.url}/stolen"}))
        with pytest.raises(
            ZendeskRedirectError, match=f"to {stub.url.removeprefix('http://')}; redirects are not followed"
        ):
            get_page(client)
        assert stub.seen == []
        assert len(zendesk_emulator.requests) == 1

    def test_one_on_the_same_host_is_refused_too(self, client, zendesk_emulator):
        zendesk_emulator.answer_next(Answer(302, b"", {"Location": f"{zendesk_emulator.url}/login"}))
        with pytest.raises(ZendeskRedirectError):
            get_page(client)
        assert len(zendesk_emulator.requests) == 1


class TestTheDateHeader:
    """Windows are closed by Zendesk's clock, so an answer without it proves nothing."""

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({}, id="missing"),
            pytest.param({"Date": ""}, id="empty"),
            pytest.param({"Date": "yesterday"}, id="nonsense"),
            pytest.param({"Date": "Sat, 32 Nov 2026 12:00:00 GMT"}, id="no such date"),
            pytest.param({"Date": "Sat, 21 Nov 99999999999 12:00:00 GMT"}, id="no such year"),
        ],
    )
    def test_an_answer_without_it_is_refused_once_with_a_hint(self, stub, stub_client, headers):
        stub.answers[PATH] = [Canned(200, json.dumps(EMPTY_PAGE).encode(), headers)]
        with pytest.raises(
            ZendeskResponseError,
            match=f"answer of {stub.url}{PATH} has no readable Date.*proxy.*request id none, CF-RAY none",
        ):
            get_page(stub_client)
        assert len(stub.seen) == 1

    @pytest.mark.parametrize("days", [-400, -1.01, 1.01, 2])
    def test_a_clock_more_than_a_day_from_the_workers_is_refused_once_with_both(
        self, client, zendesk_emulator, days
    ):
        date = formatdate(NOW + days * 86400, usegmt=True)
        zendesk_emulator.answer_next(
            Rewrite(lambda body: body, headers={"Date": date, "x-request-id": "req-4"})
        )
        with pytest.raises(
            ZendeskResponseError,
            match=f"answer of {zendesk_emulator.url}{PATH} is dated {iso(NOW + days * 86400)[:12]}.*but this worker's "
            f"clock says {iso(NOW)}.*set the worker's clock right.*request id req-4",
        ) as error:
            get_page(client)
        assert not error.value.retryable
        assert len(zendesk_emulator.export_requests) == 1

    @pytest.mark.parametrize("days", [-0.99, 0.99])
    def test_one_within_a_day_is_believed(self, client, zendesk_emulator, taking, days):
        taking(client, 0)
        date = formatdate(NOW + days * 86400, usegmt=True)
        zendesk_emulator.answer_next(Rewrite(lambda body: body, headers={"Date": date}))
        assert get_page(client).server_time == int(NOW + days * 86400)

    @pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0100 00:00:00 GMT"])
    def test_nor_is_one_at_the_end_of_time(self, stub, stub_client, date):
        stub.answers[PATH] = [Canned(200, as_json(EMPTY_PAGE).body, {"Date": date})]
        with pytest.raises(ZendeskResponseError, match="but this worker's clock says"):
            get_page(stub_client)

    @pytest.mark.parametrize("told", ["nan", "1e3", "-5", "9" * 5000, "soon"])
    def test_what_is_no_clock_of_an_emulator_is_ignored(self, stub, stub_client, told):
        stub.answers[PATH] = [Canned(200, as_json(EMPTY_PAGE).body, {"Date": DATE, "x-emulator-clock": told})]
        assert get_page(stub_client).end_of_stream

    def test_no_host_but_loopback_has_a_clock_of_its_own(self):
        """A wrong clock must not vouch for itself."""
        response = requests.Response()
        response.headers["x-emulator-clock"] = "9000"
        assert own_time(response, Account.at("acme"), 5000.0) == 5000.0
        assert own_time(response, Account.at("http://127.0.0.1"), 5000.0) == 9000.0

    def test_a_refusal_with_a_wrong_clock_counts_by_the_workers(self, client, zendesk_emulator):
        client.clock = lambda: 5000.0
        headers = {"Date": "Fri, 31 Dec 9999 23:59:59 GMT", "Retry-After": formatdate(5030, usegmt=True)}
        zendesk_emulator.answer_next(Answer(429, b"", headers))
        with pytest.raises(NotBefore, match="Zendesk asks to wait 30 s"):
            get_page(client)

    def test_a_server_error_without_it_is_passing_trouble_all_the_same(self, stub, stub_client):
        """A proxy's 502 has none."""
        stub.answers[PATH] = [Canned(502, b"", {}), as_json(EMPTY_PAGE)]
        assert get_page(stub_client).end_of_stream
        assert len(stub.seen) == 2

    @pytest.mark.parametrize(
        ("status", "kind"), [(401, ZendeskAuthError), (429, NotBefore), (302, ZendeskRedirectError)]
    )
    def test_a_refusal_without_it_is_still_that_refusal(self, stub, stub_client, status, kind):
        stub.answers[PATH] = [Canned(status, b"", {})]
        with pytest.raises(kind):
            get_page(stub_client)

    def test_dates_are_read_in_gmt(self, stub, stub_client, taking):
        taking(stub_client, 0)
        stub_client.clock = lambda: NOW
        stub.answers[PATH] = [Canned(200, b"", {"Date": "Sat, 21 Nov 2026 12:00:00 GMT"})]
        assert stub_client.get(PATH, {}, lambda answer: answer.server_time) == NOW


def test_leaving_the_client_closes_its_session(zendesk_emulator, client, monkeypatch):
    closed = []
    monkeypatch.setattr(client.session, "close", lambda: closed.append(True))
    with client as entered:
        assert entered is client
        assert closed == []
    assert closed == [True]


def test_clients_do_not_share_sessions(client):
    assert ZendeskClient(client.account).session is not ZendeskClient(client.account).session
