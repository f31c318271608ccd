# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout, TaskDeferred

from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import Answer
from airflow_provider_zendesk.hooks import zendesk as hook
from airflow_provider_zendesk.runtime import context
from airflow_provider_zendesk.sensors.end_of_stream import ZendeskEndOfStreamSensor
from airflow_provider_zendesk.tasks import end_of_stream
from airflow_provider_zendesk.triggers.position import PositionTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY = timedelta(days=1)
START = datetime(2026, 11, 20, tzinfo=UTC)
END = START + DAY
MODES = ["poke", "reschedule", "deferrable"]
POKES = 40
TRIGGER = "airflow_provider_zendesk.triggers.position.PositionTrigger"


@pytest.fixture
def zendesk(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZendeskEmulator]:
    """An account whose clock is this machine's too."""
    with ZendeskEmulator(now=(END + DAY).timestamp(), speed=0) as zendesk:
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk.airflow_connection("oauth_token"))
        for module in (end_of_stream, context):
            monkeypatch.setattr(module, "time", SimpleNamespace(time=zendesk.clock.now))
        monkeypatch.setattr(hook, "ZendeskClient", partial(ZendeskClient, clock=zendesk.clock.now))
        yield zendesk


class Store(dict[str, Any]):
    """Airflow 3.3's task state store."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value


def a_sensor(mode: str, **arguments: Any) -> ZendeskEndOfStreamSensor:
    how: dict[str, Any] = {"deferrable": True} if mode == "deferrable" else {"mode": mode}
    return ZendeskEndOfStreamSensor(
        task_id="wait", **{"resource": "tickets", "poke_interval": 60, **how, **arguments}
    )


def a_context(store: Store | None = None) -> dict[str, Any]:
    return {
        "data_interval_start": START,
        "data_interval_end": END,
        **({} if store is None else {"task_state_store": store}),
    }


def poking(zendesk: ZendeskEmulator, *, looks: int = POKES, **arguments: Any) -> Any:
    """Look every minute with one object, as Airflow's mode ``poke`` does."""
    sensor = a_sensor("poke", **arguments)
    for _ in range(looks):
        if found := sensor.poke(a_context()):
            return found.xcom_value
        zendesk.clock.advance(60)
    return None


def rescheduling(
    zendesk: ZendeskEmulator, *, looks: int = POKES, store: Store | None = None, **arguments: Any
) -> Any:
    """Look every minute, each time with another object."""
    context = a_context(Store() if store is None else store)
    for _ in range(looks):
        if found := a_sensor("reschedule", **arguments).poke(context):
            return found.xcom_value
        zendesk.clock.advance(60)
    return None


def deferring(zendesk: ZendeskEmulator, *, looks: int = POKES, **arguments: Any) -> Any:
    """Leave and come back, each time as another object, with what the trigger hands back."""
    event = None
    for _ in range(looks):
        try:
            return a_sensor("deferrable", **arguments).execute(a_context(), event)
        except TaskDeferred as left:
            path, kwargs = left.trigger.serialize()
            trigger = PositionTrigger(**kwargs)
            assert (left.method_name, path) == ("execute", TRIGGER)  # noqa: PT017
            assert zendesk.oauth_token not in repr(kwargs)
            assert trigger.moment.timestamp() - zendesk.clock.now() >= 10
            zendesk.clock.set(max(trigger.moment.timestamp(), zendesk.clock.now()))
            event = asyncio.run(first_event(trigger))
    return None


async def first_event(trigger: PositionTrigger) -> Any:
    trigger._moment = datetime.now(UTC)  # it is over by the emulator's clock
    async for event in trigger.run():
        return event.payload
    return None


WAYS: dict[str, Callable[..., Any]] = {
    "poke": poking,
    "reschedule": rescheduling,
    "deferrable": deferring,
}


def statuses(zendesk: ZendeskEmulator) -> list[int]:
    return [request.status for request in zendesk.export_requests]


@pytest.mark.parametrize("mode", MODES)
class TestTheVerdict:
    def test_of_a_window_long_past_takes_one_call(self, zendesk: ZendeskEmulator, mode: str) -> None:
        zendesk.account.populate(int(START.timestamp()), int((END + DAY / 2).timestamp()), tickets=300)
        seen = WAYS[mode](zendesk)
        assert seen == {
            "resource": "tickets",
            "reason": "end_of_stream",
            "position": seen["position"],
            "lag_seconds": 0,
            "cursor": seen["cursor"],
            "server_time": seen["server_time"],
            "requests": 1,
        }
        assert "2026-11-21" < seen["position"] < "2026-11-21T23:59:58Z" < seen["server_time"]
        assert statuses(zendesk) == [200]
        assert zendesk.export_requests[0].query["start_time"] == str(int(END.timestamp()))

    def test_of_a_window_that_has_just_ended_waits_until_zendesk_shows_all_of_it(
        self, zendesk: ZendeskEmulator, mode: str
    ) -> None:
        zendesk.clock.set(END.timestamp() + 5)
        assert WAYS[mode](zendesk)["reason"] == "end_of_stream"
        assert statuses(zendesk) == [200]
        assert zendesk.export_requests[0].at >= END.timestamp() + 60

    def test_of_a_stream_that_lags_comes_when_all_is_read(self, zendesk: ZendeskEmulator, mode: str) -> None:
        zendesk.account.populate(int(END.timestamp()), int((END + DAY / 2).timestamp()), tickets=3500)
        rows = len(zendesk.truth(int(END.timestamp()), int((END + DAY).timestamp())))
        assert WAYS[mode](zendesk)["reason"] == "end_of_stream"
        assert len(zendesk.export_requests) == -(-rows // 1000)

    def test_of_an_empty_account_is_the_end(self, zendesk: ZendeskEmulator, mode: str) -> None:
        seen = WAYS[mode](zendesk)
        assert (seen["reason"], seen["position"]) == ("end_of_stream", None)
        assert statuses(zendesk) == [200]

    def test_of_an_account_that_never_drains_comes_when_the_end_time_is_passed(
        self, zendesk: ZendeskEmulator, mode: str
    ) -> None:
        zendesk.clock.set((END + timedelta(minutes=10)).timestamp())
        zendesk.account.burst(int(END.timestamp()), 1500)
        second = [int(END.timestamp())]

        def more_than_a_page(number: int) -> None:
            second[0] += 15
            zendesk.account.burst(second[0], 1500)

        zendesk.before_export(more_than_a_page)
        seen = WAYS[mode](zendesk, end_time=END + timedelta(minutes=2))
        assert seen["reason"] == "passed_end"
        assert seen["lag_seconds"] > 0
        # A burst is a page and a half, and lies 15 s behind the one before; the page that reaches 120 s tells.
        assert len(zendesk.export_requests) == 13

    def test_without_an_end_time_it_never_comes_there(self, zendesk: ZendeskEmulator, mode: str) -> None:
        zendesk.account.burst(int(END.timestamp()), 2500)
        zendesk.before_export(lambda number: zendesk.account.burst(int(END.timestamp()) + number + 1, 1500))
        assert WAYS[mode](zendesk, looks=4) is None

    def test_a_rate_limit_only_takes_time(self, zendesk: ZendeskEmulator, mode: str) -> None:
        zendesk.limit("tickets", 2)
        zendesk.account.populate(int(END.timestamp()), int((END + DAY / 2).timestamp()), tickets=3500)
        assert WAYS[mode](zendesk)["reason"] == "end_of_stream"
        rows = len(zendesk.truth(int(END.timestamp()), int((END + DAY).timestamp())))
        assert statuses(zendesk) == [200] * -(-rows // 1000)

    def test_a_401_to_credentials_that_have_worked_is_asked_again(
        self, zendesk: ZendeskEmulator, mode: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_pause = partial(ZendeskClient, clock=zendesk.clock.now, sleep=lambda _: None)
        monkeypatch.setattr(hook, "ZendeskClient", without_pause)
        zendesk.limit("tickets", 2)
        zendesk.account.populate(int(END.timestamp()), int((END + DAY / 2).timestamp()), tickets=2500)
        zendesk.answer_next(None, None, *[Answer(401)] * 5)
        assert WAYS[mode](zendesk)["reason"] == "end_of_stream"
        assert statuses(zendesk)[:8] == [200, 200, *[401] * 5, 200]

    def test_a_refusal_is_final(self, zendesk: ZendeskEmulator, mode: str) -> None:
        zendesk.revoke_tokens(static=True)
        with pytest.raises(AirflowFailException, match="did not accept the credentials"):
            WAYS[mode](zendesk)

    @pytest.mark.parametrize(
        "resource", ["articles", "calls", "routing/attributes", "side_conversation_events"]
    )
    def test_a_stream_that_does_not_tell_its_end_is_refused(
        self, zendesk: ZendeskEmulator, mode: str, resource: str
    ) -> None:
        with pytest.raises(ValueError, match="there is nothing to wait for; it does for: tickets, "):
            WAYS[mode](zendesk, resource=resource)
        assert zendesk.requests == []

    def test_an_end_before_the_start_is_refused(self, zendesk: ZendeskEmulator, mode: str) -> None:
        with pytest.raises(ValueError, match="must be later than start_time"):
            WAYS[mode](zendesk, end_time=START)
        assert zendesk.requests == []


@pytest.mark.parametrize("resource", ["ticket_events", "users", "organizations", "custom_objects/car"])
def test_every_stream_that_tells_its_end_can_be_waited_for(zendesk: ZendeskEmulator, resource: str) -> None:
    zendesk.account.records(resource).populate(int(END.timestamp()), int((END + DAY / 2).timestamp()), 50)
    assert poking(zendesk, resource=resource)["reason"] == "end_of_stream"


def test_a_start_of_its_own_tells_when_an_account_is_drained(zendesk: ZendeskEmulator) -> None:
    zendesk.account.populate(int(START.timestamp()), int(END.timestamp()), tickets=10)
    sensor = a_sensor("poke", start_time=START)
    found = sensor.poke({})
    assert found
    assert found.xcom_value["reason"] == "end_of_stream"
    assert zendesk.export_requests[0].query["start_time"] == str(int(START.timestamp()))


def test_without_a_state_store_a_rescheduled_look_begins_anew(zendesk: ZendeskEmulator) -> None:
    """Airflow before 3.3: the verdict is the same, at more calls."""
    zendesk.account.burst(int(END.timestamp()), 2500)
    zendesk.limit("tickets", 2)
    for _ in range(2):
        assert not a_sensor("reschedule").poke(a_context())
        zendesk.clock.advance(60)
    zendesk.limit("tickets", 10)
    assert a_sensor("reschedule").poke(a_context())
    assert len(zendesk.export_requests) > 4


@pytest.mark.parametrize("failing", ["get", "set"])
def test_a_state_store_that_fails_is_as_good_as_none(
    zendesk: ZendeskEmulator,
    failing: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Failing(Store):
        def get(self, key: str, default: Any = None) -> Any:
            if failing == "get":
                raise ConnectionError("no API server")
            return super().get(key, default)

        def set(self, key: str, value: Any) -> None:
            if failing == "set":
                raise ConnectionError("no API server")
            super().set(key, value)

    assert rescheduling(zendesk, store=Failing())["reason"] == "end_of_stream"
    said = caplog.text + capsys.readouterr().out
    assert "the task state store could not" in said
    assert "ConnectionError('no API server')" in said


def test_a_state_store_that_holds_something_else_is_as_good_as_none(
    zendesk: ZendeskEmulator, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rescheduling(zendesk, store=Store(position="of another kind"))["reason"] == "end_of_stream"
    assert "could not return the last position" in caplog.text + capsys.readouterr().out


def test_a_position_of_another_start_is_not_taken_over(zendesk: ZendeskEmulator) -> None:
    store = Store(position={"start": 1, "cursor": "of something else", "not_before": 0.0})
    assert rescheduling(zendesk, store=store)["reason"] == "end_of_stream"
    assert "cursor" not in zendesk.export_requests[0].query


def test_the_time_without_a_worker_counts_for_the_timeout(zendesk: ZendeskEmulator) -> None:
    zendesk.clock.set(END.timestamp())
    with pytest.raises(TaskDeferred) as left:
        a_sensor("deferrable", timeout=300).execute(a_context())
    assert left.value.timeout == timedelta(seconds=300)
    zendesk.account.burst(int(END.timestamp()), 2500)
    zendesk.before_export(lambda number: zendesk.account.burst(int(END.timestamp()) + number + 1, 1500))
    zendesk.clock.advance(301)
    with pytest.raises(AirflowSensorTimeout, match="the stream of tickets did not end within 300 s"):
        a_sensor("deferrable", timeout=300).execute(a_context(), left.value.trigger.state)


def test_the_first_look_is_due_when_zendesk_shows_the_moment(zendesk: ZendeskEmulator) -> None:
    zendesk.clock.set(END.timestamp() + 20)
    with pytest.raises(TaskDeferred) as left:
        a_sensor("deferrable", poke_interval=600).execute(a_context())
    assert left.value.trigger.moment == END + timedelta(seconds=62)
