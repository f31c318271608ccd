# SPDX-License-Identifier: Apache-2.0
"""What the protocol rests on: puts are atomic, exclusive puts exclusive, lists complete. On every store."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.exceptions import ExportStorageAccessError
from tests.stores.child import content, is_whole
from tests.stores.conftest import Child

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage
    from tests.stores.server import Store

MIB = 2**20
FOLDER = "tickets/dt=2026-11-20/hour=05"
ODD = f"{FOLDER}/a:b+c d~é%41 #1.jsonl.gz"


def test_what_was_put_can_be_got_listed_and_deleted(store: Store) -> None:
    check_the_calls(store.storage())


def check_the_calls(storage: Storage) -> None:
    names = [f"{FOLDER}/one", f"{FOLDER}/two", f"{FOLDER}/deep/three", ODD]
    for name in names:
        storage.put(name, name.encode())
    assert [storage.get(name).decode() for name in names] == names
    assert storage.files(FOLDER) == sorted([names[0], names[1], ODD])
    assert storage.files(FOLDER, "t") == [f"{FOLDER}/two"]
    assert storage.folders(FOLDER) == [f"{FOLDER}/deep"]
    assert storage.folders("tickets") == ["tickets/dt=2026-11-20"]
    assert storage.find("tickets") == sorted(names)
    details = storage.details("tickets")
    assert {name: stored.bytes for name, stored in details.items()} == {
        name: len(name.encode()) for name in names
    }
    assert all(abs(time.time() - (stored.modified or 0)) < 60 for stored in details.values())
    storage.delete([ODD, f"{FOLDER}/one", f"{FOLDER}/one", f"{FOLDER}/never"])
    assert storage.find("tickets") == sorted(names[1:3])
    assert storage.create(ODD, b"first")
    assert not storage.create(ODD, b"second")
    assert storage.create(ODD, b"first")
    assert storage.get(ODD) == b"first"


def test_what_is_not_there_is_empty_or_not_found(store: Store) -> None:
    storage = store.storage()
    assert storage.files("none") == storage.folders("none") == storage.find("none") == []
    assert storage.details("none") == {}
    storage.delete(["none/at/all"])
    with pytest.raises(FileNotFoundError):
        storage.get("none/at/all")
    storage.put("some/one", b"1")
    storage.delete(["some/one"])
    assert storage.files("some") == storage.find("some") == []
    with pytest.raises(FileNotFoundError):
        storage.get("some/one")


def test_what_only_marks_a_folder_is_no_object(remote: Store) -> None:
    """Consoles make such marks, and SeaweedFS lists a folder when it is empty."""
    storage = remote.storage()
    for folder in ("_staging", "_staging/window"):
        mark(remote, folder)
    assert storage.files("_staging") == storage.files("_staging/window") == []
    assert storage.find("_staging") == storage.find("_staging/window") == []
    assert storage.details("_staging") == {}
    storage.put("_staging/window/one", b"1")
    assert storage.folders("_staging") == ["_staging/window"]
    assert storage.files("_staging/window") == storage.find("_staging") == ["_staging/window/one"]


def mark(remote: Store, folder: str) -> None:
    bucket, _, key = f"{remote.root}/{folder}".partition("/")
    if remote.protocol == "s3":
        remote.filesystem().call_s3("put_object", Bucket=bucket, Key=f"{key}/", Body=b"")
    elif remote.protocol == "gcs":
        remote.filesystem().pipe_file(f"{bucket}/{key}/", b"")
    else:
        from azure.storage.blob import BlobClient

        blob = BlobClient.from_connection_string(remote.options["connection_string"], bucket, key)
        blob.upload_blob(b"", metadata={"hdi_isfolder": "true"})


def test_a_folder_may_hold_more_objects_than_a_page_of_its_list(store: Store) -> None:
    storage = store.storage()
    names = [f"many/{number:05d}" for number in range(1_100)]
    for name in names:
        storage.put(name, b"x")
    storage.put("many-others/x", b"x")
    assert storage.files("many") == names
    assert storage.find("many") == names
    assert list(storage.details("many")) == names
    assert storage.files("many", "010") == names[1000:1100]


def test_what_another_process_puts_or_deletes_is_listed_at_once(store: Store) -> None:
    storage = store.storage()
    assert storage.files("a") == []
    for round_ in range(3):
        Child(store, "put", f"a/{round_}", 1, 10).finish()
        assert storage.files("a") == storage.find("a") == list(storage.details("a")) == [f"a/{round_}"]
        Child(store, "put", f"a/{round_}", 2, 10).finish()
        assert storage.get(f"a/{round_}") == content(2, 10)
        Child(store, "delete", f"a/{round_}").finish()
        assert storage.files("a") == storage.find("a") == list(storage.details("a")) == []


@pytest.mark.parametrize(("mib", "rounds"), [(0.1, 400), (24, 30)])
def test_a_reader_never_sees_a_piece_or_a_mixture(store: Store, mib: float, rounds: int) -> None:
    size = int(mib * MIB)
    assert reads_during_puts(store, size, rounds) > 5


def reads_during_puts(store: Store, size: int, rounds: int, pause: float = 0, **options: int) -> int:
    """Get and list an object while another process puts it over and over; return how often."""
    storage = store.storage(**options)
    writer = Child(store, "keep putting", "a/big", size, rounds, pause)
    assert writer.stdout is not None
    writer.stdout.readline()
    reads, seen = 0, set()
    while writer.poll() is None:
        data = read(storage, "a/big")
        assert is_whole(data, size), f"{len(data)} bytes, of {len(set(data))} kinds"
        listed = storage.details("a")["a/big"].bytes
        assert size <= listed < size + 250
        seen.add(data[0])
        reads += 1
    writer.finish()
    assert len(seen) > 1
    return reads


def read(storage: Storage, name: str) -> bytes:
    """Get an object that is being put: adlfs reads 32 MiB at first, then the rest, but only of the same object."""
    while True:
        try:
            return storage.get(name)
        except ExportStorageAccessError as error:
            if "ConditionNotMet" not in str(error):
                raise


def test_one_of_many_exclusive_puts_wins(store: Store) -> None:
    names = [f"{FOLDER}/contested-{number}" for number in range(50)]
    racers = [Child(store, "race", byte) for byte in range(1, 6)]
    storage = store.storage()
    for name in names:
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(f"{name}\n")
            racer.stdin.flush()
        won = [racer.stdout.readline().strip() == "1" for racer in racers if racer.stdout]
        assert won.count(True) == 1, name
        assert storage.get(name) == content(won.index(True) + 1, 1000)
    for racer in racers:
        racer.finish()
