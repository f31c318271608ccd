# SPDX-License-Identifier: Apache-2.0
"""A history that is killed, or made twice at once, ends as one that was never disturbed; and what it asks of storage."""

from __future__ import annotations

import itertools
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from tests.history.making import CHANGES, COMMENTS, DAY, START, data, events, make, manifests
from tests.lake.test_commit import KillableStorage, Killed
from tests.lakes import a_run
from tests.operations import CountingStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from airflow_provider_zendesk.lake.storage import Storage
    from tests.lakes import Lake


class InterruptedStorage(KillableStorage):
    """A storage where, before one of the operations, something else happens."""

    def __init__(self, storage: Storage, operations: int, meanwhile: Callable[[], object]) -> None:
        super().__init__(storage, operations, after=False)
        self._meanwhile = meanwhile

    def _do(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        self._left[0] -= 1
        if self._left[0] == -1:
            self._meanwhile()
        return operation(*arguments, **options)


@pytest.fixture(autouse=True)
def _some_days_later(zendesk_emulator: ZendeskEmulator) -> None:
    zendesk_emulator.clock.set(START + 100 * DAY)


def prepared(lake: Lake, *, fresh: bool) -> Path:
    """Return a root with a day of events; if not fresh, their history is that of an earlier revision."""
    lake.zendesk.account.records("ticket_events").populate(START, START + DAY, 25)
    if not fresh:
        events(lake, START, START + DAY)
        make(lake)
        lake.zendesk.account.records("ticket_events").burst(START + 9, 10)
    events(lake, START, START + DAY)
    lake.snapshot("ticket_fields", START, START + DAY)
    return lake.root


def copied(root: Path, name: str) -> Path:
    return Path(copytree(root, root.with_name(name)))


def check_whole(lake: Lake) -> None:
    assert lake.is_tidy()
    for name in (CHANGES, COMMENTS):
        assert len(manifests(lake, name)) == 1
        assert verify(lake.storage, name, check_content=True).is_whole


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fresh", [True, False], ids=["first", "replacing"])
def test_a_history_killed_at_any_storage_operation_is_finished_by_its_retry(
    lake: Lake, fresh: bool, after: bool
) -> None:
    lake.policy = Policy(part_records=25)
    root, undisturbed = prepared(lake, fresh=fresh), dict[str, bytes]()
    for operations in itertools.count(-1):
        lake.root = copied(root, f"killed at {operations}")
        run, killed = a_run(), False
        if operations >= 0:
            try:
                make(lake, run=run, storage=KillableStorage(lake.storage, operations, after=after))
            except Killed:
                killed = True
        make(lake, run=run)
        undisturbed = undisturbed or data(lake)
        assert data(lake) == undisturbed
        check_whole(lake)
        if operations >= 0 and not killed:
            break
    assert len(undisturbed) > 3
    assert operations > 20


@pytest.mark.parametrize("fresh", [True, False], ids=["first", "replacing"])
def test_two_at_once_end_as_one(lake: Lake, fresh: bool) -> None:
    root = prepared(lake, fresh=fresh)
    for operations in itertools.count():
        lake.root = copied(root, f"interrupted at {operations}")
        others = iter([True])
        make(
            lake,
            storage=InterruptedStorage(
                lake.storage, operations, lambda others=others: next(others) and make(lake)
            ),
        )
        before = lake.files()
        assert make(lake).made == 0
        assert lake.files() == before
        check_whole(lake)
        if next(others, None):
            break
    assert operations > 15


def test_an_input_that_is_replaced_meanwhile_counts(lake: Lake) -> None:
    root = prepared(lake, fresh=True)
    lake.zendesk.account.records("ticket_events").burst(START + 9, 10)
    for operations in itertools.count():
        lake.root = copied(root, f"replaced at {operations}")
        others = iter([True])

        def meanwhile(others: Any = others) -> None:
            if next(others, None):
                events(lake, START, START + DAY)

        make(lake, storage=InterruptedStorage(lake.storage, operations, meanwhile))
        make(lake)
        (source,) = manifests(lake, "ticket_events")
        for name in (CHANGES, COMMENTS):
            assert manifests(lake, name)[0]["inputs"][0]["committed_at"] == source["committed_at"]
            assert f"-r{source['revision']}.json" in manifests(lake, name)[0]["inputs"][0]["manifest"]
        check_whole(lake)
        if next(others, None):
            break
    assert operations > 15


@pytest.mark.parametrize("days", [3, 60])
def test_storage_operations_do_not_grow_with_what_is_committed(lake: Lake, days: int) -> None:
    lake.zendesk.account.records("ticket_events").populate(START, START + (days + 1) * DAY, 30 * days)
    events(lake, START, START + (days + 1) * DAY)
    make(lake, START, START + days * DAY)
    last = (START + days * DAY, START + (days + 1) * DAY)
    assert operations(lake, *last) == {"get": 3, "list": 15, "put": 4, "create": 4, "delete": 4}
    assert operations(lake, *last) == {"get": 4, "list": 12}


def operations(lake: Lake, *period: int) -> dict[str, int]:
    storage = CountingStorage(lake.storage)
    make(lake, *period, storage=storage)
    return dict(+storage.operations)
