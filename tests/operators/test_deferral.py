# SPDX-License-Identifier: Apache-2.0
"""Waiting without a worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowTaskTimeout, TaskDeferred
from airflow.providers.standard.triggers.temporal import DateTimeTrigger

from airflow_provider_zendesk import metrics, worker
from airflow_provider_zendesk.client import waiting
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import Answer, too_many_requests
from airflow_provider_zendesk.hooks import zendesk as hook
from airflow_provider_zendesk.operators import incremental_export
from tests.operators.test_incremental_export import DAY, START, a_context, a_task, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PER_PAGE = 20


@pytest.fixture
def zendesk(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZendeskEmulator]:
    """Three exports a minute, at the beginning of one; to read the day takes more."""
    with ZendeskEmulator(now=(START + 2 * DAY).timestamp() + 1, exports_per_minute=3) as zendesk:
        zendesk.account.populate(int(START.timestamp()), int((START + DAY).timestamp()), tickets=150)
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk.airflow_connection())
        yield zendesk


@pytest.fixture
def slept(zendesk: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a task has slept: this machine has the emulator's time, and sleeping takes none of it."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        zendesk.clock.advance(seconds)

    clock = zendesk.clock.now
    fake = SimpleNamespace(time=clock, sleep=sleep)
    for module in (waiting, worker, incremental_export):
        monkeypatch.setattr(module, "time", fake)
    monkeypatch.setattr(hook, "ZendeskClient", partial(ZendeskClient, clock=clock))
    return slept


def a_deferrable_task(root: Path, **arguments: Any) -> Any:
    return a_task(root, per_page=PER_PAGE, deferrable=True, **arguments)


def leave(root: Path, event: Any = None, **arguments: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as left:
        a_deferrable_task(root, **arguments).execute(a_context(), event)
    return left.value


def run_through(zendesk: ZendeskEmulator, root: Path) -> tuple[dict[str, Any], int]:
    """Run a task as Airflow would: a new object after each wait; return its summary and how often it left."""
    event, left = None, 0
    while True:
        try:
            return a_deferrable_task(root).execute(a_context(), event), left
        except TaskDeferred as deferred:
            left += 1
            event = deferred.trigger.moment
            zendesk.clock.set(event.timestamp())


def test_a_long_wait_gives_the_worker_back_with_airflows_own_trigger(
    zendesk: ZendeskEmulator, tmp_path: Path
) -> None:
    left = leave(tmp_path)
    assert left.method_name == "execute"
    assert type(left.trigger) is DateTimeTrigger
    path, kwargs = left.trigger.serialize()
    assert path == "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
    assert 30 < (kwargs["moment"] - datetime.now(UTC)).total_seconds() < 62
    assert zendesk.client_secret not in repr((path, kwargs, left.kwargs))
    assert [request.status for request in zendesk.export_requests] == [200] * 3


def test_it_ends_with_what_a_task_that_sleeps_writes(
    zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float]
) -> None:
    sleeping = a_task(tmp_path / "sleeping", per_page=PER_PAGE, deferrable=False).execute(a_context())
    assert sum(slept) > 60
    zendesk.clock.advance(60)
    leaving, left = run_through(zendesk, tmp_path / "leaving")
    assert left >= 2
    assert {**leaving, "path": ""} == {**sleeping, "path": ""}
    assert rows(tmp_path / "leaving") == rows(tmp_path / "sleeping")
    assert {request.status for request in zendesk.export_requests} == {200}


def test_a_short_wait_is_slept(zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float]) -> None:
    zendesk.clock.set((START + 2 * DAY).timestamp() + 40)
    leave(tmp_path)
    assert len(slept) == 1
    assert 15 < slept[0] < 21


def test_a_wait_for_the_window_to_settle_gives_the_worker_back_too(
    zendesk: ZendeskEmulator, tmp_path: Path
) -> None:
    zendesk.clock.set((START + DAY).timestamp() + 5)
    left = leave(tmp_path, start_time=START + DAY / 2, end_time=START + DAY)
    assert 50 < (left.trigger.moment - datetime.now(UTC)).total_seconds() < 60


def test_a_walk_in_any_order_keeps_its_worker(
    zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float]
) -> None:
    a_deferrable_task(tmp_path, full_walk=True).execute(a_context())
    assert max(slept) > 30
    assert len(rows(tmp_path)) == len(zendesk.truth(int(START.timestamp()), int((START + DAY).timestamp())))


def test_a_401_after_a_wait_is_asked_again_since_the_credentials_worked_before(
    zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pause = partial(ZendeskClient, clock=zendesk.clock.now, sleep=slept.append)
    monkeypatch.setattr(hook, "ZendeskClient", without_pause)
    left = leave(tmp_path)
    zendesk.clock.set(left.trigger.moment.timestamp())
    zendesk.answer_next(*[Answer(401)] * 5)
    leave(tmp_path, left.trigger.moment)
    assert [request.status for request in zendesk.export_requests] == [200] * 3 + [401] * 5 + [200] * 3


class TestTheDeadline:
    """Airflow keeps ``start_date`` while the worker is away, and starts ``execution_timeout`` anew."""

    def run(self, root: Path, started: timedelta, timeout: timedelta, event: Any = None) -> None:
        context = a_context()
        context["ti"].start_date = datetime.now(UTC) - started
        a_deferrable_task(root, execution_timeout=timeout).execute(context, event)

    def test_a_wait_beyond_it_is_the_end(self, zendesk: ZendeskEmulator, tmp_path: Path) -> None:
        with pytest.raises(AirflowTaskTimeout, match=r"would go on at .+, but its execution_timeout ends at"):
            self.run(tmp_path, timedelta(0), timedelta(seconds=31))

    def test_a_task_that_comes_back_too_late_ends_with_its_next_page(
        self, zendesk: ZendeskEmulator, tmp_path: Path
    ) -> None:
        leave(tmp_path)
        zendesk.clock.advance(60)
        with pytest.raises(AirflowTaskTimeout, match="a retry goes on from here"):
            self.run(tmp_path, timedelta(minutes=2), timedelta(minutes=1), event=START)
        assert len(zendesk.export_requests) == 4

    def test_a_wait_within_it_is_fine(self, zendesk: ZendeskEmulator, tmp_path: Path) -> None:
        with pytest.raises(TaskDeferred):
            self.run(tmp_path, timedelta(0), timedelta(hours=1))

    def test_dag_test_knows_no_start_and_so_no_deadline(
        self, zendesk: ZendeskEmulator, tmp_path: Path
    ) -> None:
        leave(tmp_path, execution_timeout=timedelta(seconds=1))


class TestTheReserve:
    def test_so_many_calls_are_left_to_others(self, zendesk: ZendeskEmulator, tmp_path: Path) -> None:
        leave(tmp_path, rate_limit_reserve=2)
        assert len(zendesk.export_requests) == 1

    @pytest.mark.parametrize("reserve", [-1, 1.5, "2", None])
    def test_one_that_cannot_be_is_refused_before_any_call(
        self, zendesk: ZendeskEmulator, tmp_path: Path, reserve: Any
    ) -> None:
        with pytest.raises(ValueError, match="rate_limit_reserve"):
            a_task(tmp_path, rate_limit_reserve=reserve).execute(a_context())
        assert zendesk.requests == []

    def test_one_that_leaves_nothing_says_so(self, zendesk: ZendeskEmulator, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="leaves none of the 3 calls a minute"):
            a_task(tmp_path, per_page=PER_PAGE, rate_limit_reserve=3).execute(a_context())


def test_metrics_tell_what_a_walk_reads_and_costs(
    zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: dict[str, float] = {}
    gauges: dict[str, list[float]] = {}
    tags_seen: list[dict[str, str]] = []

    def incr(name: str, count: int, *, tags: dict[str, str]) -> None:
        counted[name] = counted.get(name, 0) + count
        tags_seen.append(tags)

    fake = SimpleNamespace(
        incr=incr, gauge=lambda name, value, *, tags: gauges.setdefault(name, []).append(value)
    )
    monkeypatch.setattr(metrics, "Stats", fake)
    zendesk.answer_next(too_many_requests("7"))
    summary = a_task(tmp_path, per_page=PER_PAGE).execute(a_context())
    assert counted["zendesk.calls"] == summary["requests"] == len(zendesk.export_requests)
    assert counted["zendesk.records"] >= summary["records"] > 0
    assert abs(counted["zendesk.throttled_seconds"] - sum(slept)) < 5
    assert gauges["zendesk.lag_seconds"][-1] == 0
    assert tags_seen[0] == {"account": "127.0.0.1", "resource": "tickets"}


def test_a_refusal_is_final_after_a_wait_too(zendesk: ZendeskEmulator, tmp_path: Path) -> None:
    leave(tmp_path)
    zendesk.revoke_tokens(static=True)
    zendesk.exists = False
    with pytest.raises(AirflowFailException, match="no Zendesk account"):
        a_deferrable_task(tmp_path).execute(a_context(), event=START)
