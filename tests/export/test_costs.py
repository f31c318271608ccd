# SPDX-License-Identifier: Apache-2.0
"""What an export asks of storage depends on its own windows, never on how many others are committed."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator.faults import Answer
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from tests.lakes import a_run
from tests.operations import KINDS, CountingStorage

if TYPE_CHECKING:
    from airflow_provider_zendesk.exceptions import NotBefore
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
RATE_LIMIT = Answer(429, b"", {"Retry-After": "60"})

Operations = dict[str, int]


class Deferred(BaseException):
    """The task has ended, to be called again later."""


@pytest.fixture(params=[3, 300], ids=lambda days: f"after {days} days")
def root(lake: Lake, request: pytest.FixtureRequest) -> Lake:
    """A root with so many committed days before the start."""
    lake.zendesk.clock.set(START + 400 * DAY)
    lake.export(START - request.param * DAY, START, partition_by="day")
    lake.zendesk.account.populate(START, START + 360 * DAY, tickets=1200)
    return lake


def operations(lake: Lake, first: int, last: int, **more: Any) -> Operations:
    """Return the operations on storage of an export of days, by kind."""
    storage = CountingStorage(lake.storage)
    with suppress(Deferred):
        lake.export(START + first * DAY, START + last * DAY, partition_by="day", storage=storage, **more)
    return dict(+storage.operations)


def difference(many: Operations, few: Operations) -> Operations:
    return {kind: count for kind in KINDS if (count := many.get(kind, 0) - few.get(kind, 0))}


def test_one_more_day_takes_14(root: Lake) -> None:
    taken = operations(root, 0, 1)
    assert taken == {"get": 2, "list": 6, "put": 2, "create": 2, "delete": 2}
    assert sum(taken.values()) == 14


def test_a_day_without_a_row_takes_8(root: Lake) -> None:
    assert operations(root, -400, -399) == {"get": 2, "list": 5, "create": 1}


def test_each_further_window_without_a_row_is_one_exclusive_put(root: Lake) -> None:
    few, many = operations(root, -412, -410), operations(root, -410, -400)
    assert difference(many, few) == {"create": 8}


def test_each_further_window_of_one_part_takes_8(root: Lake) -> None:
    few, many = operations(root, 0, 3), operations(root, 3, 9)
    assert difference(many, few) == {"put": 6, "create": 6, "list": 6, "delete": 6}


def test_each_further_part_is_put_twice_and_read_back_once(root: Lake) -> None:
    one = operations(root, 0, 1)
    root.policy = Policy(part_records=1)
    several = operations(root, 1, 2)
    (parts,) = (len(manifest["files"]) for manifest in root.manifests() if len(manifest["files"]) > 1)
    # None but the last is still in memory when the window closes; here each row fills a part.
    assert difference(several, one) == {"get": parts, "put": 2 * (parts - 1)}


def test_replacing_a_day_takes_23(root: Lake) -> None:
    operations(root, 0, 1)
    assert operations(root, 0, 1) == {"get": 7, "list": 8, "put": 2, "create": 2, "delete": 4}


def test_each_further_window_that_is_kept_is_one_get(root: Lake) -> None:
    operations(root, 0, 9)
    one, nine = (operations(root, 0, days, on_existing="keep") for days in (1, 9))
    assert one == {"get": 2, "list": 5}
    assert difference(nine, one) == {"get": 8}


@pytest.mark.parametrize("pages", [2, 40])
def test_coming_back_from_a_deferral_takes_12_at_most_whatever_is_committed(lake: Lake, pages: int) -> None:
    """Before and after one call, without the commits of windows that this call has closed."""

    def defer(refusal: NotBefore) -> None:
        raise Deferred

    lake.zendesk.clock.set(START + 400 * DAY)
    lake.zendesk.account.populate(START, START + 360 * DAY, tickets=1200)
    lake.defers = lambda refusal: True  # type: ignore[method-assign]
    run: dict[str, Any] = {"run": a_run("today"), "wait": defer, "per_page": 20}
    lake.zendesk.answer_next(*[None] * pages, RATE_LIMIT)
    operations(lake, 0, 350, **run)
    committed = len(lake.manifests())
    assert committed > pages
    lake.zendesk.answer_next(RATE_LIMIT)
    refused = operations(lake, 0, 350, resumed=True, **run)
    assert refused == {"get": 3, "list": 2, "put": 1, "delete": 1}
    assert len(lake.manifests()) == committed


def test_verifying_a_day_takes_17(root: Lake) -> None:
    operations(root, 0, 1)
    storage = CountingStorage(root.storage)
    assert verify(storage, "tickets", START, START + DAY).is_whole
    assert +storage.operations == {"get": 2, "list": 15}


def test_commits_of_windows_that_one_page_has_closed_overlap(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + 40 * DAY, tickets=200)
    lake.zendesk.clock.set(START + 400 * DAY)
    at_once: list[int] = []
    storage = Overlapping(lake.storage, at_once)
    lake.export(START, START + 40 * DAY, partition_by="day", storage=storage)
    assert max(at_once) == 4
    assert sorted(lake.rows()) == sorted(row.raw for row in lake.zendesk.truth(START, START + 40 * DAY))
    assert lake.is_tidy()


class Overlapping(CountingStorage):
    """A storage of which four operations may run at a time, and that notes how many did."""

    def __init__(self, storage: Any, at_once: list[int]) -> None:
        super().__init__(storage, concurrency=4)
        self._running: list[None] = []
        self._at_once = at_once

    def with_scratch(self, prefix: str) -> CountingStorage:
        return self

    def _count(self, kind: str) -> None:
        self._running.append(None)
        self._at_once.append(len(self._running))
        time.sleep(0.001)
        self._running.pop()
