# SPDX-License-Identifier: Apache-2.0
"""What must hold wherever a process is killed: tried at every storage operation in turn."""

from __future__ import annotations

import itertools
import json
from copy import copy
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.commit import Commit, finish_intent
from airflow_provider_zendesk.lake.formats.part import Part
from airflow_provider_zendesk.lake.layout import WindowNames
from airflow_provider_zendesk.lake.storage import LocalStorage, Storage
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.window import Window
from tests.lakes import a_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lakes import Lake

DAY = 86400
START = 1763596800


class Killed(BaseException):
    """Nothing catches it, as nothing catches a SIGKILL."""


class DiesAfter(LocalStorage):
    """
    A local storage whose process dies once an object with such a name is put.

    :param ending: of the name.
    """

    def __init__(self, ending: str, root: str, policy: Policy = DEFAULT_POLICY) -> None:
        super().__init__(root, policy)
        self._ending = ending

    def put(self, name: str, data: bytes) -> None:
        super().put(name, data)
        self._die(name)

    def create(self, name: str, data: bytes) -> bool:
        there = super().create(name, data)
        self._die(name)
        return there

    def _die(self, name: str) -> None:
        if name.endswith(self._ending):
            raise Killed


class KillableStorage:
    """
    A storage whose process dies at one of its operations, before or after that is done.

    :param operations: how many are done before.
    :param after: the last of them is done, but its caller never learns it.
    """

    def __init__(self, storage: Storage, operations: int, *, after: bool) -> None:
        self._storage = storage
        self._left = [operations]
        self._after = after

    def _do(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        if self._left[0] <= 0 and not self._after:
            raise Killed
        result = operation(*arguments, **options)
        if self._left[0] <= 0:
            raise Killed
        self._left[0] -= 1
        return result

    @property
    def concurrency(self) -> int:
        return self._storage.concurrency

    def with_scratch(self, prefix: str) -> KillableStorage:
        bound = copy(self)
        bound._storage = self._storage.with_scratch(prefix)
        return bound

    def put(self, name: str, data: bytes) -> None:
        self._do(self._storage.put, name, data)

    def create(self, name: str, data: bytes) -> bool:
        return bool(self._do(self._storage.create, name, data))

    def get(self, name: str) -> bytes:
        return bytes(self._do(self._storage.get, name))

    def files(self, folder: str, prefix: str = "") -> list[str]:
        return list(self._do(self._storage.files, folder, prefix))

    def folders(self, folder: str) -> list[str]:
        return list(self._do(self._storage.folders, folder))

    def find(self, folder: str, prefix: str = "") -> list[str]:
        return list(self._do(self._storage.find, folder, prefix))

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._do(self._storage.delete, [name])

    def remove_if_empty(self, folder: str) -> None:
        self._storage.remove_if_empty(folder)


def comparable(lake: Lake) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """Return data files, and manifests without what tells one attempt from another."""
    manifests = lake.manifests()
    for document in manifests:
        document["committed_at"] = ""
        if document["replaced"]:
            document["replaced"]["committed_at"] = ""
    return {name: data for name, data in lake.files().items() if name.startswith("tickets/")}, manifests


def replace_once(lake: Lake) -> None:
    """Commit both windows once, by another run, so that the export to come replaces them."""
    lake.export(START, START + 2 * DAY, partition_by="day", run=a_run("yesterday"))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fresh", [True, False], ids=["first export", "replacing"])
def test_an_export_killed_at_any_storage_operation_is_finished_by_its_retry(
    lake: Lake, fresh: bool, after: bool
) -> None:
    lake.policy = Policy(part_records=10)
    lake.zendesk.account.populate(START, START + 2 * DAY, tickets=45)
    root = lake.root
    if not fresh:
        replace_once(lake)
    old = comparable(lake)[0]
    lake.export(START, START + 2 * DAY, partition_by="day", run=a_run("today"))
    undisturbed = comparable(lake)
    for operations in itertools.count():
        lake.root = root.with_name(f"killed at {operations}")
        if not fresh:
            replace_once(lake)
        try:
            storage = KillableStorage(lake.storage, operations, after=after)
            lake.export(START, START + 2 * DAY, partition_by="day", run=a_run("today"), storage=storage)
        except Killed:
            check_what_readers_see(lake, old, undisturbed[0])
            lake.export(START, START + 2 * DAY, partition_by="day", run=a_run("today"))
        else:
            break
        assert comparable(lake) == undisturbed
        assert lake.is_tidy()
    assert operations > 30


def check_what_readers_see(lake: Lake, old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """By manifest (the highest revision of a window) a reader gets one whole revision; all else is whole objects."""
    whole = old | new
    assert all(data == whole[name] for name, data in lake.files().items() if name.startswith("tickets/"))
    highest: dict[str, dict[str, Any]] = {}
    for manifest in sorted(lake.manifests(), key=lambda manifest: manifest["revision"]):
        highest[manifest["window"]["start"]] = manifest
    for manifest in highest.values():
        assert all((lake.root / file["path"]).exists() for file in manifest["files"])


def names() -> WindowNames:
    return WindowNames("tickets", Window(START, START + DAY), "day")


def test_two_attempts_of_a_run_end_as_one(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + DAY, tickets=20)
    lake.export(START, START + DAY, partition_by="day", run=a_run("today"))
    expected = comparable(lake)
    for path in list(lake.root.rglob("*.*")):
        path.unlink()

    its_twin_goes_first = iter([True])
    lake.zendesk.before_export(
        lambda number: (
            next(its_twin_goes_first, False)
            and lake.export(START, START + DAY, partition_by="day", run=a_run("today"))
        )
    )
    calls = len(lake.zendesk.export_requests)
    lake.export(START, START + DAY, partition_by="day", run=a_run("today"))
    assert len(lake.zendesk.export_requests) == calls + 2
    assert comparable(lake)[0] == expected[0]
    assert lake.is_tidy()


def test_an_attempt_overtaken_by_another_run_takes_the_next_revision(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + DAY, tickets=20)
    other_run_goes_first = iter([True])
    lake.zendesk.before_export(
        lambda number: (
            next(other_run_goes_first, False)
            and lake.export(START, START + DAY, partition_by="day", run=a_run("other"))
        )
    )
    lake.export(START, START + DAY, partition_by="day", run=a_run("mine"))
    (manifest,) = lake.manifests()
    assert (manifest["revision"], manifest["run"]["run_id"]) == (1, "mine")
    assert lake.is_tidy()


def test_a_damaged_staged_part_is_not_committed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.zendesk.account.populate(START, START + DAY, tickets=20)
    leave_an_intent(lake)
    (staged,) = lake.root.glob("_staging/**/*.jsonl.gz")
    staged.write_bytes(b"damaged")
    with pytest.raises(ExportStorageError, match="not what was put there"):
        finish_intent(lake.storage, names(), 0)
    staged.unlink()
    with pytest.raises(ExportStorageError, match="is gone"):
        finish_intent(lake.storage, names(), 0)
    assert lake.manifests() == []


def test_anyone_can_carry_out_an_intent(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + DAY, tickets=20)
    leave_an_intent(lake)
    finish_intent(lake.storage, names(), 0)
    lake.storage.remove_if_empty("_staging/tickets")
    assert lake.rows() == [row.raw for row in lake.zendesk.truth(START, START + DAY)]
    assert lake.is_tidy()


def leave_an_intent(lake: Lake) -> None:
    """Export until the intent is put, and die."""

    storage = DiesAfter("/intent.json", str(lake.root))
    with pytest.raises(Killed):
        lake.export(START, START + DAY, partition_by="day", storage=storage)
    assert (
        json.loads(next(lake.root.glob("_staging/**/intent.json")).read_bytes())["manifest"]["revision"] == 0
    )


def test_a_commit_stages_below_its_own_attempt(lake: Lake) -> None:
    first, second = (Commit(lake.storage, names(), 0) for _ in range(2))
    for commit in (first, second):
        commit.stage("tickets", Part(b"rows", 1, 4), "jsonl.gz")
    staged = [name for name in lake.files() if name.startswith("_staging/")]
    assert len(staged) == 2
    assert all(name.startswith(names().staging + "/r0/") for name in staged)


def test_a_run_does_not_replace_again_what_it_has_committed_and_another_run_replaced(lake: Lake) -> None:
    """Or else two runs of two windows replace each other's for ever: each sees the other's in its next round."""
    export = {"start": START, "end": START + 2 * DAY, "partition_by": "day", "per_page": 10}
    lake.zendesk.account.populate(START, START + 2 * DAY, tickets=40)
    root, lake.root = lake.root, lake.root.with_name("count")
    last = lake.export(**export).requests
    lake.root = root
    once = iter([True])

    def other_run_goes_first(number: int) -> None:
        if len(lake.zendesk.export_requests) >= 2 * last - 1 and next(once, False):
            lake.export(**export, run=a_run("other"))

    lake.zendesk.before_export(other_run_goes_first)
    lake.export(**export, run=a_run("mine"))
    assert [(m["revision"], m["run"]["run_id"]) for m in lake.manifests()] == [(1, "other"), (1, "mine")]
    assert lake.is_tidy()
