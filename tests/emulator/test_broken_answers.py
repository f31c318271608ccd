# SPDX-License-Identifier: Apache-2.0
"""Faults on the way: what a client's socket gets to see of them."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import pytest
import requests

from airflow_provider_zendesk.emulator import Cut, Drip, Hangup, Reset, Stall, ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import wrong_content_type

NOW = 1795262400
TICKETS = "/api/v2/incremental/tickets/cursor?start_time=0"
ME = "/api/v2/users/me"


@pytest.fixture
def connect(zendesk_emulator):
    """A connection on which an export has been asked for, without compression."""
    opened = []

    def connect(path=TICKETS):
        connection = http.client.HTTPConnection(zendesk_emulator.url.removeprefix("http://"), timeout=10)
        opened.append(connection)
        connection.request("GET", path, headers={"Authorization": f"Bearer {zendesk_emulator.oauth_token}"})
        return connection

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def page(zendesk_emulator, connect):
    """The whole body of a page, of several hundred kilobytes."""
    zendesk_emulator.account.burst(NOW - 100, 200)
    whole = connect().getresponse().read()
    assert len(whole) > 300_000
    return whole


def received(response):
    """What came of a body before the connection broke, and how it did."""
    body = b""
    try:
        while piece := response.read1(65_536):
            body += piece
    except OSError as error:
        return body, type(error)
    return body, None


class TestReset:
    def test_before_the_answer(self, zendesk_emulator, connect):
        zendesk_emulator.answer_next(Reset())
        with pytest.raises(ConnectionResetError):  # at an end in order, recv() returns nothing
            connect().sock.recv(1)
        assert connect().getresponse().status == 200
        assert [logged.status for logged in zendesk_emulator.requests] == [0, 200]

    def test_a_hangup_is_none(self, zendesk_emulator, connect):
        """The connection ends in order, only too soon."""
        zendesk_emulator.answer_next(Hangup())
        connection = connect()
        assert connection.sock.recv(1) == b""

    @pytest.mark.parametrize("after", [0, 1, 100, 250_000])
    def test_in_the_body(self, zendesk_emulator, connect, page, after):
        zendesk_emulator.answer_next(Reset(after))
        response = connect().getresponse()
        assert (response.status, int(response.headers["Content-Length"])) == (200, len(page))
        assert received(response) == (page[:after], ConnectionResetError)

    def test_the_last_byte_never_comes(self, zendesk_emulator, connect, page):
        zendesk_emulator.answer_next(Reset(10**9))
        assert received(connect().getresponse()) == (page[:-1], ConnectionResetError)

    def test_a_body_as_it_travels_is_compressed(self, zendesk_emulator, page, get):
        zendesk_emulator.answer_next(Reset(1000))
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            get(start_time=0)
        assert get(start_time=0).content == page

    def test_it_uses_up_a_call(self):
        """The answer was on its way, so Zendesk had counted; one reset before that was never seen."""
        with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=3) as zendesk:
            headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}
            zendesk.answer_next(Reset(5), Reset(None))
            for _ in range(2):
                with pytest.raises(requests.RequestException):
                    requests.get(zendesk.url + TICKETS, headers=headers, timeout=10)
            told = requests.get(zendesk.url + TICKETS, headers=headers, timeout=10).headers
            assert "remaining=1" in told["zendesk-ratelimit-incremental-exports"]


class TestCut:
    @pytest.mark.parametrize(
        ("keep", "left"), [(0.5, lambda size: size // 2), (0.0, lambda size: 0), (20, lambda size: 20)]
    )
    def test_http_sees_nothing_wrong(self, zendesk_emulator, connect, page, keep, left):
        zendesk_emulator.answer_next(Cut(keep))
        response = connect().getresponse()
        body = response.read()
        assert body == page[: left(len(page))]
        assert int(response.headers["Content-Length"]) == len(body)
        assert (response.status, response.headers["Content-Type"]) == (200, "application/json; charset=utf-8")

    def test_nor_does_gzip(self, zendesk_emulator, page, get):
        zendesk_emulator.answer_next(Cut(0.9))
        response = get(start_time=0)
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.content == page[: int(len(page) * 0.9)]
        with pytest.raises(json.JSONDecodeError):
            response.json()


class TestSlowness:
    def test_a_stalled_request_is_served_after_a_while(self, zendesk_emulator, connect):
        zendesk_emulator.answer_next(Stall(0.5))
        asked = time.monotonic()
        connection = connect()
        time.sleep(0.2)
        zendesk_emulator.account.create(NOW - 100)
        body = connection.getresponse().read()
        assert time.monotonic() - asked >= 0.5
        assert len(json.loads(body)["tickets"]) == 1

    def test_a_body_drips(self, zendesk_emulator, connect, page):
        zendesk_emulator.answer_next(Drip(0.6, pieces=6))
        asked = time.monotonic()
        response = connect().getresponse()
        assert time.monotonic() - asked < 0.3
        assert int(response.headers["Content-Length"]) == len(page)
        moments = []
        body = b""
        while piece := response.read1(65_536):
            body += piece
            moments.append(time.monotonic() - asked)
        assert body == page
        assert moments[-1] >= 0.6
        assert any(0.15 < moment < 0.5 for moment in moments)

    def test_a_client_may_give_up(self, zendesk_emulator, connect, capfd):
        zendesk_emulator.account.burst(NOW - 100, 2000)
        zendesk_emulator.answer_next(Drip(0.3, pieces=3), Reset(300_000), Stall(0.2))
        connections = [connect() for _ in range(3)]
        for connection in connections:
            connection.close()
        time.sleep(0.5)
        assert connect().getresponse().status == 200
        assert capfd.readouterr().err == ""

    def test_others_are_served_meanwhile(self, zendesk_emulator, connect, page):
        zendesk_emulator.answer_next(Stall(2), Drip(2))
        waiting = [connect() for _ in range(2)]
        asked = time.monotonic()
        assert connect(ME).getresponse().status == 200
        assert connect().getresponse().read() == page
        assert time.monotonic() - asked < 1
        assert [logged.path for logged in zendesk_emulator.requests[-2:]] == [ME, TICKETS.partition("?")[0]]
        for connection in waiting:
            connection.close()

    def test_it_does_not_hold_up_the_end(self):
        with ZendeskEmulator(now=NOW, speed=0) as zendesk:
            zendesk.answer_next(Stall(60), Drip(60))
            host, _, port = zendesk.url.removeprefix("http://").partition(":")
            request = (
                f"GET {TICKETS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer admin-oauth-token\r\n\r\n"
            )
            clients = [socket.create_connection((host, int(port))) for _ in range(2)]
            for client in clients:
                client.sendall(request.encode())
            time.sleep(0.2)
            begun = time.monotonic()
            zendesk.stop()
            assert time.monotonic() - begun < 5
            for client in clients:
                client.close()
        assert "zendesk-emulator" not in [thread.name for thread in threading.enumerate()]

    def test_a_slow_page_shows_the_moment_it_was_asked_for_and_is_dated_when_it_leaves(self):
        with ZendeskEmulator(now=NOW, speed=100) as zendesk:
            zendesk.slow_page = 0.3
            zendesk.account.create(NOW - 100)
            headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}
            asked = time.monotonic()
            late = threading.Timer(0.1, lambda: zendesk.account.create(NOW - 100))
            late.start()
            response = requests.get(zendesk.url + TICKETS, headers=headers, timeout=10)
            late.join()
            assert time.monotonic() - asked >= 0.3
            assert len(response.json()["tickets"]) == 1
            assert response.headers["Date"] >= "Sat, 21 Nov 2026 12:00:30 GMT"
            asked = time.monotonic()
            assert requests.get(zendesk.url + TICKETS, timeout=10).status_code == 401
            assert requests.get(zendesk.url + ME, headers=headers, timeout=10).status_code == 200
            assert time.monotonic() - asked < 0.25


def test_a_page_may_have_a_type_that_is_not_its_own(zendesk_emulator, page, get):
    zendesk_emulator.answer_next(wrong_content_type(), wrong_content_type("binary/octet-stream"))
    first, second, usual = [get(start_time=0) for _ in range(3)]
    assert first.content == second.content == usual.content == page
    types = [response.headers["Content-Type"] for response in (first, second, usual)]
    assert types == ["text/html; charset=UTF-8", "binary/octet-stream", "application/json; charset=utf-8"]
