# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_zendesk.lake.storage import LocalStorage, ObjectStorage, Storage, Stored, open_storage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["local", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return open_storage(LocalFileSystem(), str(tmp_path))
    return open_storage(MemoryFileSystem(), f"/{uuid.uuid4().hex}/lake")


def test_the_filesystem_decides_the_kind(tmp_path: Path) -> None:
    assert isinstance(open_storage(LocalFileSystem(), str(tmp_path)), LocalStorage)
    assert isinstance(open_storage(MemoryFileSystem(), "/x"), ObjectStorage)


def test_what_was_put_can_be_got_listed_and_deleted(storage: Storage) -> None:
    storage.put("a/b/one", b"1")
    storage.put("a/b/two", b"2")
    storage.put("a/b/c/three", b"3")
    assert storage.get("a/b/one") == b"1"
    assert storage.files("a/b") == ["a/b/one", "a/b/two"]
    assert storage.files("a/b", "t") == ["a/b/two"]
    assert storage.folders("a/b") == ["a/b/c"]
    assert storage.find("a") == ["a/b/c/three", "a/b/one", "a/b/two"]
    storage.delete(["a/b/one", "a/b/c/three"])
    assert storage.find("a") == ["a/b/two"]


def test_the_store_tells_how_long_and_how_old_an_object_is(storage: Storage) -> None:
    storage.put("a/b/one", b"1")
    storage.put("a/three", b"333")
    storage.put("aa/other", b"")
    details = storage.details("a")
    assert {name: stored.bytes for name, stored in details.items()} == {"a/b/one": 1, "a/three": 3}
    for stored in details.values():
        assert stored.modified is not None
        assert abs(time.time() - stored.modified) < 60


@pytest.mark.parametrize(
    ("said", "modified"),
    [
        ({"LastModified": datetime(2026, 11, 20, tzinfo=UTC)}, 1795132800),
        ({"last_modified": datetime(2026, 11, 20, tzinfo=UTC)}, 1795132800),
        ({"mtime": datetime(2026, 11, 20, tzinfo=UTC), "updated": "2026-11-20T00:00:01.5Z"}, 1795132800),
        ({"updated": "2026-11-20T00:00:00.5Z", "LastModified": None}, 1795132800.5),
        ({"mtime": 1795132800.25}, 1795132800.25),
        ({"mtime": datetime(2026, 11, 20)}, 1795132800),
        ({"mtime": 0}, 0),
        ({"mtime": 20261120.0}, 20261120),
        ({"created": datetime(1970, 1, 1, tzinfo=UTC)}, 0),
        ({"updated": "1601-01-01T00:00:00Z"}, -11644473600),
        ({"LastModified": "who knows", "created": 5.5}, 5.5),
        ({"LastModified": "who knows"}, None),
        ({"ETag": "x"}, None),
    ],
    ids=[
        "s3fs",
        "adlfs",
        "gcsfs",
        "gcsfs before 2023",
        "a number",
        "no zone",
        "zero",
        "eight digits",
        "1970",
        "1601",
        "garbage beside a time",
        "garbage",
        "untold",
    ],
)
def test_the_age_is_read_as_each_driver_tells_it(said: dict[str, Any], modified: float | None) -> None:
    class Filesystem:
        def invalidate_cache(self) -> None:
            pass

        def find(self, path: str, *, detail: bool) -> dict[str, Any]:
            return {f"{path}/x": {"name": f"{path}/x", "size": 7, "type": "file", **said}}

    assert ObjectStorage(Filesystem(), "lake").details("a") == {"a/x": Stored(7, modified)}


def test_a_put_replaces_the_whole_object(storage: Storage) -> None:
    storage.put("a", b"long content")
    storage.put("a", b"new")
    assert storage.get("a") == b"new"


def test_what_is_not_there_is_empty_or_not_found(storage: Storage) -> None:
    assert storage.files("none") == storage.folders("none") == storage.find("none") == []
    assert storage.details("none") == {}
    storage.delete(["none/at/all"])
    with pytest.raises(FileNotFoundError):
        storage.get("none")


def test_an_exclusive_put_keeps_what_is_there(storage: Storage) -> None:
    assert storage.create("a", b"first")
    assert not storage.create("a", b"second")
    assert storage.get("a") == b"first"


def test_an_exclusive_put_whose_answer_was_lost_is_known_again(storage: Storage) -> None:
    assert storage.create("a", b"mine")
    assert storage.create("a", b"mine")


def test_one_of_many_exclusive_puts_wins_locally(tmp_path: Path) -> None:
    storage = LocalStorage(str(tmp_path))
    wins: list[int] = []
    start = threading.Barrier(8)

    def attempt(number: int) -> None:
        start.wait()
        for round_ in range(25):
            if storage.create(f"object-{round_}", b"%d" % number):
                wins.append(round_)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == list(range(25))


def test_no_scratch_and_no_empty_folder_is_left_locally(tmp_path: Path) -> None:
    storage = LocalStorage(str(tmp_path))
    storage.put("a/b", b"x")
    storage.create("a/b", b"y")
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["a", "a/b"]
    storage.delete(["a/b"])
    assert list(tmp_path.iterdir()) == []


def test_a_failed_put_leaves_the_old_object_and_no_scratch(tmp_path: Path) -> None:
    storage = LocalStorage(str(tmp_path))
    storage.put("a", b"old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").touch()
    with pytest.raises(OSError):  # noqa: PT011  # which one depends on the system
        storage.put("folder", b"new")
    assert storage.get("a") == b"old"
    assert not (tmp_path / "_staging").exists()


def test_the_folder_of_scratch_files_stays_until_it_is_removed(tmp_path: Path) -> None:
    storage = LocalStorage(str(tmp_path)).with_scratch("_staging/tickets/one-")
    storage.put("a", b"x")
    storage.delete(["a"])
    assert (tmp_path / "_staging" / "tickets").is_dir()
    storage.put("_staging/tickets/other/staged", b"x")
    storage.remove_if_empty("_staging/tickets")
    storage.delete(["_staging/tickets/other/staged"])
    assert [path.name for path in tmp_path.glob("_staging/*")] == ["tickets"]
    storage.remove_if_empty("_staging/tickets")
    assert list(tmp_path.iterdir()) == []


def test_everything_below_the_root_is_found(storage: Storage) -> None:
    names = ["_lake.json", "tickets/dt=2026-11-20/a", "tickets__users/b"]
    for name in names:
        storage.put(name, b"x")
    assert storage.find("") == sorted(names)
    assert storage.find("tickets", "dt=2026-11") == ["tickets/dt=2026-11-20/a"]
    assert storage.find("tickets", "dt=2026-10") == []
