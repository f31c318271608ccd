# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import pytest
import requests

from airflow_provider_zendesk.emulator import Answer, Hangup, Rewrite

NOW = 1795262400


def test_an_answer_takes_the_place_of_one(zendesk_emulator, get):
    zendesk_emulator.answer_next(
        Answer(503, b"<html>upstream", {"Content-Type": "text/html", "Retry-After": "7"}), None
    )
    fault = get(start_time=0)
    assert (fault.status_code, fault.content) == (503, b"<html>upstream")
    assert "Content-Encoding" not in fault.headers
    assert (fault.headers["Content-Type"], fault.headers["Retry-After"]) == ("text/html", "7")
    assert get(start_time=0).status_code == 200


def test_a_rewrite_changes_a_normal_answer(zendesk_emulator, get):
    zendesk_emulator.answer_next(Rewrite(lambda body: body[:20]))
    cut = get(start_time=0)
    assert cut.status_code == 200
    assert cut.content == b'{"tickets":[],"after'
    assert cut.headers["Content-Encoding"] == "gzip"


def test_a_hangup_closes_the_connection(zendesk_emulator, get):
    zendesk_emulator.answer_next(Hangup())
    with pytest.raises(requests.ConnectionError):
        get(start_time=0)
    assert get(start_time=0).status_code == 200


def test_plans_are_carried_out_in_order_and_only_on_exports(zendesk_emulator, get, session):
    zendesk_emulator.answer_next(Answer(500), None)
    zendesk_emulator.answer_next(Answer(504))
    assert session.get(zendesk_emulator.url + "/api/v2/users/me", timeout=10).status_code == 200
    assert [get(start_time=0).status_code for _ in range(4)] == [500, 200, 504, 200]


def test_a_script_changes_the_account_between_calls(zendesk_emulator, get):
    account = zendesk_emulator.account
    zendesk_emulator.answer_next(None, lambda: account.create(NOW - 100), lambda: account.create(NOW - 99))
    assert [len(get(start_time=0).json()["tickets"]) for _ in range(4)] == [0, 1, 2, 2]


def test_a_hook_gets_the_running_number_and_may_wait(zendesk_emulator, get, session):
    """While one export waits in the hook, the emulator answers others."""
    entered, released, numbers = threading.Event(), threading.Event(), []

    def hook(number: int) -> None:
        numbers.append(number)
        if number == 0:
            entered.set()
            assert released.wait(10)

    zendesk_emulator.before_export(hook)
    waiting = threading.Thread(target=get, kwargs={"start_time": 0})
    waiting.start()
    assert entered.wait(10)
    url = zendesk_emulator.url + "/api/v2/incremental/tickets/cursor?start_time=0"
    assert requests.get(url, auth=("admin@example.com/token", "api-token"), timeout=10).status_code == 200
    released.set()
    waiting.join()
    zendesk_emulator.before_export(None)
    get(start_time=0)
    assert numbers == [0, 1]


def test_a_hook_that_raises_is_a_500(zendesk_emulator, get):
    zendesk_emulator.before_export(lambda number: 1 // number)
    assert [get(start_time=0).status_code for _ in range(2)] == [500, 200]


def test_every_request_is_logged(zendesk_emulator, get, session):
    zendesk_emulator.account.burst(NOW - 100, 3)
    session.get(zendesk_emulator.url + "/api/v2/users/me", timeout=10)
    zendesk_emulator.answer_next(None, Hangup(), Answer(502))
    get(start_time=0, per_page=2)
    zendesk_emulator.clock.advance(5)
    with pytest.raises(requests.ConnectionError):
        get(start_time=1)
    get(start_time=2)
    assert [(logged.status, logged.rows) for logged in zendesk_emulator.requests] == [
        (200, 0),
        (200, 2),
        (0, 0),
        (502, 0),
    ]
    exports = zendesk_emulator.export_requests
    assert [logged.query["start_time"] for logged in exports] == ["0", "1", "2"]
    assert [logged.at for logged in exports] == [NOW, NOW + 5, NOW + 5]
    assert exports[0].method == "GET"
    assert exports[0].path == "/api/v2/incremental/tickets/cursor"
    assert exports[0].query == {"start_time": "0", "per_page": "2"}
    assert exports[0].headers["authorization"].startswith("Bearer ")


def test_reset_leaves_nothing_behind(zendesk_emulator, get):
    zendesk_emulator.account.create(NOW - 100)
    zendesk_emulator.exists = False
    get(start_time=0)
    zendesk_emulator.answer_next(Hangup())
    zendesk_emulator.before_export(lambda number: pytest.fail("called"))
    zendesk_emulator.clock.advance(1000)
    zendesk_emulator.reset(seed=7, now=NOW)
    assert zendesk_emulator.clock.now() == NOW
    assert zendesk_emulator.requests == []
    assert zendesk_emulator.account.seed == 7
    assert get(start_time=0).json()["tickets"] == []
