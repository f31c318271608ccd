# SPDX-License-Identifier: Apache-2.0
"""A store that fails under an export: a clear error, what was committed intact, and the next try ends right."""

from __future__ import annotations

import errno
import io
import itertools
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from airflow_provider_zendesk.exceptions import ExportStorageAccessError
from airflow_provider_zendesk.lake import storage
from airflow_provider_zendesk.lake.storage import LocalStorage, ObjectStorage, Storage
from airflow_provider_zendesk.policy import Policy
from tests.lake.test_commit import check_what_readers_see, comparable
from tests.lakes import Lake, a_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = 86400
START = 1763596800
END = START + 2 * DAY


class DriverError(Exception):
    """Much of what gcsfs and adlfs raise is no OSError."""


AT_ONCE = Policy(put_pause=0)
DISK_FULL = OSError(errno.ENOSPC, "No space left on device")
DENIED = PermissionError(errno.EACCES, "Permission denied")
RESET = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
# As s3fs raises a 409 to an exclusive put, and a 412 from stores that do not name the condition.
CONFLICT = OSError(errno.EIO, "A conflicting conditional operation is currently in progress")
PRECONDITION = OSError(errno.EINVAL, "At least one of the pre-conditions you specified did not hold")


class Faults:
    """
    Lets one operation fail.

    :param operation: ``"put"``, ``"create"``, ``"get"``, ``"list"`` or ``"delete"``.
    :param error: what it raises.
    :param at: the number of its first call that fails.
    :param calls: how many fail from there.
    :param done: they are done all the same, but their caller never learns it.
    """

    def __init__(
        self, operation: str, error: Exception, *, at: int = 1, calls: int = 1, done: bool = False
    ) -> None:
        self._operation = operation
        self._error = error
        self._failing = range(at, at + calls)
        self._done = done
        self._calls = 0

    @property
    def met(self) -> bool:
        return self._calls >= self._failing.start

    def on(self, operation: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if operation != self._operation:
                return work(*arguments, **options)
            self._calls += 1
            if self._calls not in self._failing:
                return work(*arguments, **options)
            if self._done:
                work(*arguments, **options)
            raise self._error

        return call


class FaultyDriver:
    """An object store's driver, as :class:`ObjectStorage` calls it; the objects are files, for the tests to see."""

    def __init__(self, faults: Faults) -> None:
        inner = LocalFileSystem(auto_mkdir=True)
        self._put = faults.on("put", inner.pipe_file)
        self._create = faults.on("create", inner.pipe_file)
        self.cat_file = faults.on("get", inner.cat_file)
        self.ls = faults.on("list", inner.ls)
        self.find = faults.on("list", inner.find)
        self.rm_file = faults.on("delete", inner.rm_file)
        self.invalidate_cache = inner.invalidate_cache

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite") -> None:
        (self._create if mode == "create" else self._put)(path, value, mode=mode)


class FaultyOs:
    """The module ``os``, as :class:`LocalStorage` calls it."""

    def __init__(self, faults: Faults) -> None:
        self.replace = faults.on("put", os.replace)
        self.link = faults.on("create", os.link)
        self.scandir = faults.on("list", os.scandir)
        self.unlink = faults.on("delete", os.unlink)
        self.open = faults.on("get", os.open)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@contextmanager
def on_disk(root: Path, faults: Faults) -> Iterator[Storage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "os", FaultyOs(faults))
        yield LocalStorage(str(root), AT_ONCE)


@contextmanager
def on_a_store(root: Path, faults: Faults) -> Iterator[Storage]:
    yield ObjectStorage(FaultyDriver(faults), str(root), AT_ONCE)


@pytest.fixture(params=[on_disk, on_a_store])
def place(request: pytest.FixtureRequest) -> Any:
    """Return what opens a storage with faults at a root."""
    return request.param


def export(lake: Lake, run: str, storage: Storage | None = None) -> None:
    lake.export(START, END, partition_by="day", per_page=10, run=a_run(run), storage=storage)


@pytest.mark.parametrize(
    ("operation", "done"),
    [
        pytest.param("put", False, id="put"),
        pytest.param("put", True, id="put whose answer is lost"),
        pytest.param("create", False, id="exclusive put"),
        pytest.param("create", True, id="exclusive put whose answer is lost"),
        pytest.param("get", False, id="get"),
        pytest.param("list", False, id="list"),
        pytest.param("delete", False, id="delete"),
        pytest.param("delete", True, id="delete whose answer is lost"),
    ],
)
@pytest.mark.parametrize("always", [False, True], ids=["once", "from then on"])
def test_an_export_that_storage_fails_leaves_the_old_revision_and_is_finished_by_the_next_try(
    lake: Lake, place: Any, operation: str, done: bool, always: bool
) -> None:
    lake.policy = Policy(part_records=10, checkpoint_pages=2)
    lake.zendesk.account.populate(START, END, tickets=35)
    export(lake, "yesterday")
    old, before = comparable(lake)[0], lake.root.with_name("yesterday")
    shutil.copytree(lake.root, before)
    export(lake, "today")
    new = comparable(lake)[0]
    failed = 0
    for at in itertools.count(1, 3 if always else 1):
        lake.root = before.with_name(f"failed at {at}")
        shutil.copytree(before, lake.root)
        faults = Faults(operation, RESET, at=at, calls=1_000_000 if always else 1, done=done)
        error = failure(lake, place, faults)
        if error is not None:
            failed += 1
            assert f"below {lake.root}: ConnectionResetError: " in str(error)
            check_what_readers_see(lake, old, new)
            assert is_one_revision_or_in_a_commit(lake)
            export(lake, "today")
        assert comparable(lake)[0] == new
        assert {
            name for name in lake.files() if not name.startswith(("_manifests/", "_lake.json"))
        } == lake.listed()
        if not faults.met:
            break
    # We try an exclusive put again ourselves, and know our own when its answer was lost.
    assert (failed == 0) == (operation == "create" and (done or not always))


def failure(lake: Lake, place: Any, faults: Faults) -> ExportStorageAccessError | None:
    """Export with faults; return the error it ended with."""
    with place(lake.root, faults) as faulty:
        try:
            export(lake, "today", faulty)
        except ExportStorageAccessError as error:
            return error
    return None


def is_one_revision_or_in_a_commit(lake: Lake) -> bool:
    """True if a globbing reader sees each window's highest revision and nothing else, but for those with an intent."""
    highest = {document["window"]["start"]: document for document in lake.manifests()}
    listed = {file["path"] for document in highest.values() for file in document["files"]}
    seen = {name for name in lake.files() if name.startswith("tickets/")}
    in_a_commit = {path.parent.parent.name for path in lake.root.glob("_staging/**/intent.json")}
    return {name.rpartition("/")[2].partition("-r")[0] for name in seen ^ listed} <= in_a_commit


OPERATIONS: dict[str, Callable[[Storage], object]] = {
    "put": lambda storage: storage.put("a/b", b"x"),
    "create": lambda storage: storage.create("a/b", b"x"),
    "get": lambda storage: storage.get("a/b"),
    "list": lambda storage: storage.files("a/b"),
    "delete": lambda storage: storage.delete(["a/b"]),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DISK_FULL, "OSError: [Errno 28] No space left on device; "),
        (DENIED, "PermissionError: [Errno 13] Permission denied; "),
        (DriverError("503,\n  backend error"), "DriverError: 503, backend error; "),
    ],
    ids=["disk full", "denied", "the driver's own"],
)
def test_a_failure_names_the_operation_the_object_and_the_stores_own_words(
    tmp_path: Path, place: Any, operation: str, error: Exception, said: str
) -> None:
    verb = "put" if operation == "create" else operation
    faults = Faults(operation, error, calls=100)
    with place(tmp_path, faults) as faulty, pytest.raises(ExportStorageAccessError) as raised:
        OPERATIONS[operation](faulty)
    assert str(raised.value).startswith(f"could not {verb} a/b below {tmp_path}: {said}")
    assert raised.value.__cause__ is error


def test_a_bucket_that_is_not_there_is_no_missing_object(tmp_path: Path, place: Any) -> None:
    faults = Faults("put", FileNotFoundError("The specified bucket does not exist"), calls=100)
    said = "could not put a below .*The specified bucket does not exist"
    with place(tmp_path, faults) as faulty, pytest.raises(ExportStorageAccessError, match=said):
        faulty.put("a", b"x")


@pytest.mark.parametrize("error", [CONFLICT, RESET, FileExistsError()], ids=["409", "reset", "gone again"])
def test_an_exclusive_put_that_did_not_go_through_is_tried_again(
    tmp_path: Path, place: Any, error: Exception
) -> None:
    with place(tmp_path, Faults("create", error, calls=3)) as faulty:
        assert faulty.create("a", b"x")
        assert faulty.get("a") == b"x"


@pytest.mark.parametrize("error", [RESET, FileExistsError(), PRECONDITION], ids=["reset", "exists", "412"])
def test_an_exclusive_put_whose_answer_was_lost_is_known_again_by_what_lies_there(
    tmp_path: Path, place: Any, error: Exception
) -> None:
    with place(tmp_path, Faults("create", error, calls=100, done=True)) as faulty:
        assert faulty.create("a", b"mine")
    with place(tmp_path, Faults("create", error, calls=100)) as faulty:
        assert not faulty.create("a", b"another's")
        assert faulty.get("a") == b"mine"


def test_an_exclusive_put_that_cannot_be_looked_after_fails_with_its_own_error(
    tmp_path: Path, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, Faults("create", CONFLICT, calls=100)) as faulty:
        monkeypatch.setattr(type(faulty), "get", Faults("get", DENIED, calls=100).on("get", type(faulty).get))
        with pytest.raises(ExportStorageAccessError, match="A conflicting conditional operation"):
            faulty.create("a", b"x")


def test_a_disk_that_fills_up_in_a_put_leaves_the_old_object_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk(io.FileIO):
        def write(self, data: Any) -> int:
            super().write(data[: len(data) // 2])
            raise DISK_FULL

    local = LocalStorage(str(tmp_path))
    local.put("a", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(storage, "open", FullDisk, raising=False)
        with pytest.raises(ExportStorageAccessError, match="No space left on device"):
            local.put("a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert local.get("a") == b"old"


def test_what_went_wrong_first_is_said_if_scratch_cannot_be_removed_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = LocalStorage(str(tmp_path))
    monkeypatch.setattr(storage.os, "replace", Faults("put", DISK_FULL, calls=100).on("put", os.replace))
    monkeypatch.setattr(storage.os, "unlink", Faults("delete", DENIED, calls=100).on("delete", os.unlink))
    with pytest.raises(ExportStorageAccessError, match="could not put a .*No space left on device"):
        local.put("a", b"new")
