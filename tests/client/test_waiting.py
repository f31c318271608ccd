# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace

import pytest

from airflow_provider_zendesk.client import waiting
from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.client.waiting import patiently, sleep_until
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.pytest_plugin import NOW
from airflow_provider_zendesk.exceptions import NotBefore, ZendeskForbiddenError, ZendeskRateLimitError


class Clock:
    """A clock that moves only when someone waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, refusal: NotBefore) -> None:
        self.waits.append(refusal.moment)
        self.now = refusal.moment


def refusing(clock: Clock, times: float, wait: float, cause: Exception | None = None):
    """A call that asks for a wait that many times, and then returns how often it was made."""
    calls = []

    def call() -> int:
        calls.append(clock.now)
        if len(calls) <= times:
            raise NotBefore(clock.now + wait, "test") from cause
        return len(calls)

    return call


@pytest.fixture
def clock():
    return Clock()


def test_a_call_that_succeeds_waits_for_nothing(clock):
    assert patiently(refusing(clock, 0, 60), clock.wait, clock=clock) == 1
    assert clock.waits == []


def test_each_wait_lasts_to_the_moment_that_was_named(clock):
    assert patiently(refusing(clock, 3, 60), clock.wait, clock=clock) == 4
    assert clock.waits == [1060.0, 1120.0, 1180.0]


def test_half_an_hour_of_refusals_ends_in_the_refusal_itself(clock):
    limit = ZendeskRateLimitError("Zendesk refused", status=429)
    with pytest.raises(ZendeskRateLimitError) as error:
        patiently(refusing(clock, float("inf"), 600, limit), clock.wait, clock=clock)
    assert error.value is limit
    assert clock.waits == [1600.0, 2200.0, 2800.0]


def test_a_refusal_without_a_cause_is_raised_as_it_is(clock):
    with pytest.raises(NotBefore, match="test"):
        patiently(refusing(clock, float("inf"), 10), clock.wait, patience=10, clock=clock)
    assert clock.waits == [1010.0]


def test_patience_starts_anew_with_each_call(clock):
    for _ in range(5):
        patiently(refusing(clock, 2, 600), clock.wait, clock=clock)
    assert len(clock.waits) == 10


def test_every_other_error_ends_it_at_once(clock):
    def call():
        raise ZendeskForbiddenError("no", status=403)

    with pytest.raises(ZendeskForbiddenError):
        patiently(call, clock.wait, clock=clock)
    assert clock.waits == []


@pytest.mark.parametrize(("moment", "seconds"), [(130.0, 30.0), (100.0, 0.0), (40.0, 0.0)])
def test_sleeping_lasts_to_the_moment_and_never_backwards(monkeypatch, moment, seconds):
    slept: list[float] = []
    monkeypatch.setattr(waiting, "time", SimpleNamespace(time=lambda: 100.0, sleep=slept.append))
    sleep_until(NotBefore(moment, "test"))
    assert slept == [seconds]


def test_a_rate_limited_walk_gets_every_answer_by_waiting_as_long_as_zendesk_asks():
    with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=1) as zendesk:
        account = Account.at(zendesk.url)
        client = ZendeskClient(account, clock=zendesk.clock.now)
        client.authenticate(BearerAuth(account, zendesk.oauth_token))
        waits: list[float] = []

        def wait(refusal: NotBefore) -> None:
            waits.append(refusal.moment - zendesk.clock.now())
            zendesk.clock.set(refusal.moment)

        with client:
            for _ in range(3):
                patiently(
                    lambda: client.get(
                        "/api/v2/incremental/tickets/cursor", {"start_time": 0}, lambda answer: None
                    ),
                    wait,
                    clock=zendesk.clock.now,
                )
        assert [logged.status for logged in zendesk.export_requests] == [200, 200, 200]
        assert all(0 < seconds <= 60.5 for seconds in waits)
