# SPDX-License-Identifier: Apache-2.0
"""Waiting without a worker."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowTaskTimeout, TaskDeferred
from airflow.providers.standard.triggers.temporal import DateTimeTrigger

from airflow_provider_zendesk.client import waiting
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import Answer, moved, server_error, too_many_requests
from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.hooks import zendesk as hook
from airflow_provider_zendesk.runtime import context, metrics, worker
from tests.operators.test_incremental_export import DAY, START, a_context, a_task, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    for module in (waiting, worker, context):
        monkeypatch.setattr(module, "time", fake)
    monkeypatch.setattr(hook, "ZendeskClient", partial(ZendeskClient, clock=clock))
    return slept


def a_deferrable_task(root: Path, **arguments: Any) -> Any:
    return a_task(root, deferrable=True, **{"per_page": PER_PAGE, **arguments})


def leave(root: Path, event: Any = None, **arguments: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as left:
        a_deferrable_task(root, **arguments).execute(a_context(), event)
    return left.value


def run_through(zendesk: ZendeskEmulator, root: Path, **arguments: Any) -> tuple[dict[str, Any], int]:
    """Run a task as Airflow would: a new object after each wait; return its summary and how often it left."""
    event, left = None, 0
    while True:
        try:
            return a_deferrable_task(root, **arguments).execute(a_context(), event), left
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
    elsewhere = {"path": "", "prefix": ""}
    assert {**leaving, **elsewhere} == {**sleeping, **elsewhere}
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
        with pytest.raises(
            AirflowTaskTimeout, match=r"would resume at .+, but its execution_timeout ends at"
        ):
            self.run(tmp_path, timedelta(0), timedelta(seconds=31))

    def test_a_task_that_comes_back_too_late_ends_with_its_next_page(
        self, zendesk: ZendeskEmulator, tmp_path: Path
    ) -> None:
        leave(tmp_path)
        zendesk.clock.advance(60)
        with pytest.raises(AirflowTaskTimeout, match="a retry resumes from here"):
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
        with pytest.raises(ValueError, match="leaves none of the 3 calls per minute"):
            a_task(tmp_path, per_page=PER_PAGE, rate_limit_reserve=3).execute(a_context())


class Told:
    """What Airflow's metrics were told."""

    def __init__(self) -> None:
        self.counted: dict[str, float] = {}
        self.gauges: dict[str, list[float]] = {}
        self.tags: list[dict[str, str]] = []

    def incr(self, name: str, count: int, *, tags: dict[str, str]) -> None:
        self.counted[name] = self.counted.get(name, 0) + count
        self.tags.append(tags)

    def gauge(self, name: str, value: float, *, tags: dict[str, str]) -> None:
        self.gauges.setdefault(name, []).append(value)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    monkeypatch.setattr(metrics, "Stats", told)
    return told


def test_metrics_tell_what_a_walk_reads_and_costs(
    zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float], told: Told
) -> None:
    zendesk.answer_next(too_many_requests("7"))
    summary = a_task(tmp_path, per_page=PER_PAGE).execute(a_context())
    assert told.counted["zendesk.calls"] == summary["requests"] == len(zendesk.export_requests)
    assert told.counted["zendesk.records"] >= summary["records"] > 0
    assert abs(told.counted["zendesk.throttled_seconds"] - sum(slept)) < 5
    assert told.gauges["zendesk.lag_seconds"][-1] == 0
    assert told.tags[0] == {"account": "127.0.0.1", "resource": "tickets"}


@pytest.mark.usefixtures("slept")
class TestMetricsOfAWalkThatLeaves:
    """Each time it comes back it is another process, whose counters begin at nothing."""

    def test_count_everything_once(
        self, zendesk: ZendeskEmulator, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = partial(ZendeskClient, clock=zendesk.clock.now, sleep=lambda _: None)
        monkeypatch.setattr(hook, "ZendeskClient", client)
        zendesk.limit("tickets", 1)
        zendesk.answer_next(None, server_error(500))
        summary, left = run_through(zendesk, tmp_path, per_page=15)
        answers = zendesk.export_requests
        assert left >= 8
        assert told.counted["zendesk.records"] == sum(answer.rows for answer in answers)
        assert told.counted["zendesk.records"] >= summary["records"] > 0
        assert told.counted["zendesk.calls"] == summary["requests"] == len(answers)
        assert told.counted["zendesk.retries"] == 1

    def test_count_a_call_that_made_it_leave(
        self, zendesk: ZendeskEmulator, tmp_path: Path, told: Told
    ) -> None:
        zendesk.answer_next(None, too_many_requests("45"))
        leave(tmp_path)
        assert told.counted["zendesk.calls"] == len(zendesk.export_requests) == 2

    def test_count_a_call_that_made_it_fail(
        self, zendesk: ZendeskEmulator, tmp_path: Path, told: Told
    ) -> None:
        zendesk.answer_next(None, moved("https://example.com/"))
        with pytest.raises((AirflowFailException, ZendeskError)):
            a_deferrable_task(tmp_path).execute(a_context())
        assert told.counted["zendesk.calls"] == len(zendesk.export_requests) >= 2


class TestALongSleep:
    """A worker that does nothing for long is told of; one that is given back is not."""

    @pytest.fixture(autouse=True)
    def early(self, zendesk: ZendeskEmulator, slept: list[float]) -> None:
        """Twenty minutes before the window's end."""
        zendesk.clock.set((START + DAY).timestamp() - 20 * 60)

    @pytest.fixture
    def said(self, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
        """What was logged; the log of a task goes to one or the other, by Airflow's version."""
        return lambda: caplog.text + capsys.readouterr().out

    def test_is_told_with_the_reason_and_the_way_out(
        self, tmp_path: Path, slept: list[float], said: Callable[[], str]
    ) -> None:
        a_task(tmp_path).execute(a_context())
        assert max(slept) > 1200
        # Airflow 2.11 says each line twice.
        told, *_ = (line for line in said().splitlines() if "keeps its worker" in line)
        assert "warning" in told.lower()
        assert re.search(r"keeps its worker and sleeps for 21 minutes, until 2026-11-21T00:01:\d\dZ", told)
        assert re.search(r"Zendesk's clock says 2026-11-20T23:(39:59|40:\d\d)Z", told)
        assert "deferrable=True" in told
        assert "start the schedule later" in told

    def test_is_told_too_where_a_walk_cannot_be_left(
        self, tmp_path: Path, slept: list[float], said: Callable[[], str]
    ) -> None:
        a_deferrable_task(tmp_path, full_walk=True).execute(a_context())
        assert "keeps its worker" in said()

    def test_is_not_told_of_a_task_that_leaves(
        self, tmp_path: Path, slept: list[float], said: Callable[[], str]
    ) -> None:
        leave(tmp_path, per_page=1000)
        assert slept == []
        assert "deferring until 2026-11-21T00:01:" in (told := said())
        assert "keeps its worker" not in told

    def test_is_not_told_of_a_shorter_one(
        self, zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float], said: Callable[[], str]
    ) -> None:
        zendesk.clock.set((START + DAY).timestamp() - 3 * 60)
        a_task(tmp_path).execute(a_context())
        assert 180 < max(slept) < 300
        assert "keeps its worker" not in said()


def test_a_failing_state_store_fails_no_task(
    zendesk: ZendeskEmulator, tmp_path: Path, slept: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    class Failing:
        def __init__(self) -> None:
            self.tries = 0

        def set(self, key: str, value: Any) -> None:
            self.tries += 1
            raise ConnectionError("no API server")

    store = Failing()
    summary = a_task(tmp_path, per_page=PER_PAGE).execute(a_context(task_state_store=store))
    assert summary["records"] == len(rows(tmp_path)) > 0
    assert store.tries == 1
    (told,) = (record.getMessage() for record in caplog.records if "state store" in record.getMessage())
    assert (
        told
        == "progress will no longer be updated: the task state store failed with ConnectionError('no API server')"
    )


def test_a_refusal_is_final_after_a_wait_too(zendesk: ZendeskEmulator, tmp_path: Path) -> None:
    leave(tmp_path)
    zendesk.revoke_tokens(static=True)
    zendesk.exists = False
    with pytest.raises(AirflowFailException, match="no Zendesk account"):
        a_deferrable_task(tmp_path).execute(a_context(), event=START)
