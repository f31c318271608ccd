# SPDX-License-Identifier: Apache-2.0
"""Real exports, damaged in every way in turn: a verification finds exactly the damage."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_zendesk.lake.staging import prune
from airflow_provider_zendesk.lake.storage import ObjectStorage, Storage
from airflow_provider_zendesk.resources import RESOURCES
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.verify.snapshot import exported_resources
from airflow_provider_zendesk.window import parse_iso
from tests.lakes import Lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from airflow_provider_zendesk.verify.report import Report

DAY = 86400
START = 1795132800  # 2026-11-20
END = START + 3 * DAY
DAYS = [
    ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
    ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
]
SECOND = "20261121T000000Z-20261122T000000Z"
SECOND_MANIFEST = f"_manifests/tickets/2026-11/{SECOND}-r0.json"
SECOND_PART = f"tickets/dt=2026-11-21/{SECOND}-r0-00000.jsonl.gz"


@pytest.fixture
def days(zendesk_emulator: ZendeskEmulator, lake: Lake) -> Lake:
    """Three daily windows with a sideload."""
    zendesk_emulator.reset(now=END + 3600)
    zendesk_emulator.account.populate(START, END, tickets=60)
    lake.export(START, END, partition_by="day", include=["users"])
    return lake


@pytest.fixture(params=["local", "memory"])
def storage(request: pytest.FixtureRequest, days: Lake) -> Storage:
    """The same on a disk and in an object store."""
    if request.param == "local":
        return days.storage
    store: Storage = ObjectStorage(MemoryFileSystem(), f"/{uuid.uuid4().hex}/lake")
    for name, data in days.files().items():
        put(store, name, data)
    return store


def put(storage: Storage, name: str, data: bytes) -> None:
    storage.put(name, data)


def rewrite(storage: Storage, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads(storage.get(name))
    change(manifest)
    put(storage, name, json.dumps(manifest).encode())


def found(report: Report) -> list[str]:
    """Return the kinds of what was found, in order."""
    return [finding.kind for finding in report.findings]


def again(report: Report) -> list[tuple[str, str]]:
    return [(window["start_time"], window["end_time"]) for window in report.windows_to_run_again()]


def test_an_export_is_whole(storage: Storage) -> None:
    report = verify(storage, "tickets", START, END, check_content=True)
    assert report.findings == ()
    assert again(report) == []
    manifests = [json.loads(storage.get(name)) for name in storage.find("_manifests/tickets")]
    files = [file for manifest in manifests for file in manifest["files"]]
    assert {file["dataset"] for file in files} == {"tickets", "tickets__users"}
    assert report.summary() == {
        "resource": "tickets",
        "start_time": DAYS[0][0],
        "end_time": DAYS[-1][1],
        "windows": 3,
        "files": len(files),
        "records": sum(manifest["counts"]["records"] for manifest in manifests),
        "bytes": sum(file["bytes"] for file in files),
        "under_way": 0,
        "old_staging": 0,
        "foreign": 0,
    }
    assert report.summary()["records"] != 0
    assert verify(storage, "tickets").scope == report.scope, "from the first window to the last, if not told"


def test_verifying_changes_nothing(days: Lake) -> None:
    before = days.files()
    verify(days.storage, "tickets", START - DAY, END, check_content=True)
    assert days.files() == before


@pytest.mark.parametrize("name", [*RESOURCES, "custom_objects/vehicle"])
def test_every_resource_can_be_verified(zendesk_emulator: ZendeskEmulator, lake: Lake, name: str) -> None:
    zendesk_emulator.reset(now=END + 3600)
    zendesk_emulator.account.records(name).populate(START, END, 50)
    lake.export(START, END, name=name, partition_by="day")
    assert exported_resources(lake.storage) == [name]
    report = verify(lake.storage, name, START, END, check_content=True)
    assert report.findings == ()
    assert report.records > 0
    path = next(iter(lake.listed()))
    (lake.root / path).unlink()
    assert [finding.what.split(",")[0] for finding in verify(lake.storage, name).findings] == [path]


def test_an_empty_window_that_is_committed_is_no_hole(zendesk_emulator: ZendeskEmulator, lake: Lake) -> None:
    zendesk_emulator.reset(now=END + 3600)
    lake.export(START, END, partition_by="day")
    assert lake.listed() == set()
    assert verify(lake.storage, "tickets", START, END, check_content=True).is_whole


def test_a_missing_file_makes_its_window_one_to_run_again(storage: Storage) -> None:
    storage.delete([SECOND_PART])
    report = verify(storage, "tickets", START, END)
    assert found(report) == ["missing"]
    assert SECOND_PART in report.findings[0].what
    assert again(report) == [DAYS[1]]


def test_a_missing_file_of_a_sideload_counts_too(storage: Storage) -> None:
    storage.delete([f"tickets__users/dt=2026-11-21/{SECOND}-r0-00000.jsonl.gz"])
    report = verify(storage, "tickets")
    assert found(report) == ["missing"]
    assert again(report) == [DAYS[1]]


def test_a_truncated_file_is_found_by_its_size(storage: Storage) -> None:
    data = storage.get(SECOND_PART)
    put(storage, SECOND_PART, data[:-1])
    report = verify(storage, "tickets")
    assert found(report) == found(verify(storage, "tickets", check_content=True)) == ["size"]
    assert f"{len(data) - 1} bytes instead of {len(data)}" in report.findings[0].what
    assert again(report) == [DAYS[1]]


def test_a_flipped_byte_is_found_by_the_content_alone(storage: Storage) -> None:
    data = bytearray(storage.get(SECOND_PART))
    data[len(data) // 2] ^= 1
    put(storage, SECOND_PART, bytes(data))
    assert verify(storage, "tickets").is_whole
    report = verify(storage, "tickets", check_content=True)
    assert found(report) == ["content"]
    assert "sha256" in report.findings[0].what
    assert again(report) == [DAYS[1]]


@pytest.mark.parametrize(
    "name",
    [
        "tickets/copy.jsonl.gz",
        "tickets/dt=2026-11-21/_SUCCESS",
        f"tickets/{SECOND}-r0-00000.jsonl.gz",
        f"tickets/dt=2026-11-21/{SECOND}-r0-00001.jsonl.gz",
        f"tickets/dt=2026-11-21/{SECOND}-r1-00000.jsonl.gz",
        f"tickets__users/dt=2026-11-21/{SECOND}-r0-00007.jsonl.gz",
        f"tickets__groups/dt=2026-11-21/{SECOND}-r0-00000.jsonl.gz",
    ],
)
def test_a_file_that_no_manifest_lists_is_a_stray(days: Lake, name: str) -> None:
    storage = days.storage
    put(storage, name, b"")
    report = verify(storage, "tickets", check_content=True)
    assert [(finding.kind, name in finding.what) for finding in report.findings] == [("stray", True)]
    assert again(report) == [], "no export removes it"


def test_other_resources_and_other_windows_are_left_alone(storage: Storage) -> None:
    for name in (f"tickets_old/{SECOND}-r0-00000.jsonl.gz", "users/x", "ticket_events__x/y"):
        put(storage, name, b"")
    put(storage, "tickets/20261130T000000Z-20261201T000000Z-r0-00000.jsonl.gz", b"")
    assert verify(storage, "tickets", START, END).is_whole
    storage.delete([SECOND_PART])
    assert verify(storage, "tickets", START, START + DAY).is_whole


def test_a_missing_manifest_is_a_hole_whose_files_are_strays(storage: Storage) -> None:
    storage.delete([SECOND_MANIFEST])
    report = verify(storage, "tickets")
    assert found(report) == ["hole", "stray", "stray"]
    assert "[2026-11-21T00:00:00Z, 2026-11-22T00:00:00Z) is not committed" in report.findings[0].what
    assert again(report) == [DAYS[1]]


def test_holes_reach_from_and_to_the_bounds_that_are_asked_for(storage: Storage) -> None:
    report = verify(storage, "tickets", START - DAY, END + 7200)
    assert found(report) == ["hole", "hole"]
    assert again(report) == [
        ("2026-11-19T00:00:00Z", DAYS[0][0]),
        (DAYS[2][1], "2026-11-23T02:00:00Z"),
    ]


def test_a_window_that_sticks_out_covers_what_it_covers(storage: Storage) -> None:
    assert verify(storage, "tickets", START + 3600, END - 3600).is_whole
    storage.delete([SECOND_PART])
    report = verify(storage, "tickets", START + DAY + 3600, START + DAY + 7200)
    assert again(report) == [DAYS[1]], "it is run again as a whole"


@pytest.mark.parametrize(
    ("stem", "bounds", "count"),
    [
        ("20261120T120000Z-20261121T120000Z", ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"), 2),
        ("20261120T000000Z-20261123T000000Z", ("2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"), 3),
    ],
)
def test_overlaps_are_found_and_no_export_is_asked_for(
    storage: Storage, stem: str, bounds: tuple[str, str], count: int
) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest |= {"window": {"start": bounds[0], "end": bounds[1]}, "files": []}
        manifest["counts"]["records"] = 0
        manifest["sort_key"] |= {"min": None, "max": None}

    name = f"_manifests/tickets/2026-11/{stem}-r0.json"
    put(storage, name, storage.get(SECOND_MANIFEST))
    rewrite(storage, name, change)
    report = verify(storage, "tickets")
    assert found(report) == ["overlap"] * count
    assert all("[{}, {})".format(*bounds) in finding.what for finding in report.findings)
    assert again(report) == []


def test_only_the_highest_revision_counts_and_what_is_left_of_others_is_named(days: Lake) -> None:
    before = {name: data for name, data in days.files().items() if SECOND in name}
    days.export(START + DAY, START + 2 * DAY, partition_by="day", include=["users"])
    assert verify(days.storage, "tickets", check_content=True).is_whole
    for name, data in before.items():
        put(days.storage, name, data)
    report = verify(days.storage, "tickets")
    assert found(report) == ["left over"] * 3
    assert {finding.what.split(" ")[0] for finding in report.findings} == set(before)
    assert again(report) == []


def test_what_belongs_to_a_window_with_an_intent_is_under_way(storage: Storage) -> None:
    """As it lies there in the middle of putting revision 1, and then of removing what that replaced."""
    put(storage, f"_staging/tickets/{SECOND}/r1/intent.json", b"{}")
    put(storage, f"tickets/dt=2026-11-21/{SECOND}-r1-00000.jsonl.gz", b"")
    report = verify(storage, "tickets", check_content=True)
    assert report.is_whole
    assert [str(window) for window in report.under_way] == ["[2026-11-21T00:00:00Z, 2026-11-22T00:00:00Z)"]
    put(storage, f"tickets/dt=2026-11-20/{SECOND.replace('21', '20')}-r1-00000.jsonl.gz", b"")
    assert found(verify(storage, "tickets")) == ["stray"], "that of a window without an intent"

    put(storage, SECOND_MANIFEST.replace("-r0", "-r1"), storage.get(SECOND_MANIFEST).replace(b"r0", b"r1"))
    report = verify(storage, "tickets", START + DAY, START + 2 * DAY)
    assert "left over" not in found(report)


def test_a_window_that_is_replaced_while_one_looks_is_not_taken_for_damaged(days: Lake) -> None:
    class Replacing:
        """Replaces the second window just before its first part is read."""

        def __init__(self) -> None:
            self.is_done = False

        def __getattr__(self, name: str) -> Any:
            return getattr(days.storage, name)

        def get(self, name: str) -> bytes:
            if name == SECOND_PART and not self.is_done:
                self.is_done = True
                days.export(START + DAY, START + 2 * DAY, partition_by="day", include=["users"])
            return days.storage.get(name)

    storage = Replacing()
    assert verify(storage, "tickets", check_content=True).is_whole
    assert storage.is_done


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m["counts"].update(records=m["counts"]["records"] + 1), " records, but its files have "),
        (lambda m: m["sort_key"].update(min=None), "records, but has no sort keys"),
        (lambda m: m["sort_key"].update(max=END), "not inside"),
        (lambda m: m.update(revision=1), "says that it is revision 1"),
        (lambda m: m.update(resource="users"), "of users"),
        (lambda m: m["window"].update(end=DAYS[2][1]), "says that it is revision 0 of tickets"),
        (lambda m: m.pop("files"), "not a valid manifest"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_found(
    days: Lake, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    storage = days.storage
    rewrite(storage, SECOND_MANIFEST, change)
    report = verify(storage, "tickets")
    (finding,) = report.findings
    assert SECOND_MANIFEST in finding.what
    assert said in finding.what
    assert again(report) == [DAYS[1]]


def test_manifests_of_two_accounts_are_found(storage: Storage) -> None:
    rewrite(storage, SECOND_MANIFEST, lambda manifest: manifest.update(account="globex.zendesk.com"))
    report = verify(storage, "tickets")
    assert found(report) == ["manifest"]
    assert "globex.zendesk.com" in report.findings[0].what


def replace_rows(storage: Storage, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Replace the second window's rows, and its manifest's account of the file, as a faulty writer would."""
    text = b"".join(change(gzip.decompress(storage.get(SECOND_PART)).splitlines(keepends=True)))
    data = gzip.compress(text)
    put(storage, SECOND_PART, data)

    claim = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "uncompressed_bytes": len(text)}
    rewrite(storage, SECOND_MANIFEST, lambda manifest: entry(manifest).update(claim))


def entry(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what the second window's manifest says about its rows' file."""
    file: dict[str, Any] = next(file for file in manifest["files"] if file["path"] == SECOND_PART)
    return file


def moved(row: bytes, to: int) -> bytes:
    return json.dumps({**json.loads(row), "generated_timestamp": to}).encode() + b"\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[1:], "records in"),
        (lambda rows: [rows[0].rstrip(b"\n") + b" " + rows[1], *rows[2:]], "lines instead of"),
        (lambda rows: [*rows[:-1], rows[-1].rstrip(b"\n")], "lines instead of"),
        (lambda rows: [rows[0], *rows[:-1]], "1 rows that are there twice, the first with id"),
        (lambda rows: [moved(rows[0], START), *rows[1:]], "outside the window"),
        (lambda rows: [moved(rows[0], START + DAY), *rows[1:]], "outside the manifest's range"),
        (lambda rows: [rows[-1], *rows[1:-1], rows[0]], "that come after rows with a later sort key"),
        (lambda rows: [rows[0].replace(b'"generated_timestamp"', b'"x"'), *rows[1:]], "1 rows without"),
        (lambda rows: [b"{]\n", *rows[1:]], "not valid JSON Lines of tickets"),
        (lambda rows: [b"{}\n", *rows[1:]], "not valid JSON Lines of tickets"),
        (lambda rows: [b'{"id":1,"subject":"\xff"}\n', *rows[1:]], "not valid JSON Lines of tickets"),
    ],
)
def test_rows_are_checked_however_well_the_checksum_fits(
    days: Lake, change: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    storage = days.storage
    replace_rows(storage, change)
    assert verify(storage, "tickets").is_whole
    report = verify(storage, "tickets", check_content=True)
    assert set(found(report)) == {"content"}
    assert any(said in finding.what for finding in report.findings), report.lines()
    assert again(report) == [DAYS[1]]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"uncompressed_bytes": 1}, "more than 1 bytes of rows"),
        ({"bytes": 4, "sha256": hashlib.sha256(b"rows").hexdigest()}, "not a gzip file"),
    ],
)
def test_a_file_that_is_not_gzip_or_of_another_length_is_found(
    days: Lake, claim: dict[str, Any], said: str
) -> None:
    storage = days.storage
    if "bytes" in claim:
        put(storage, SECOND_PART, b"rows")
    rewrite(storage, SECOND_MANIFEST, lambda manifest: entry(manifest).update(claim))
    report = verify(storage, "tickets", check_content=True)
    assert found(report) == ["content"]
    assert said in report.findings[0].what


def test_windows_to_run_again_are_merged_where_an_export_cuts_them_again(storage: Storage) -> None:
    storage.delete([SECOND_PART])
    report = verify(storage, "tickets", START, END + DAY)
    assert again(report) == [DAYS[1], (DAYS[2][1], "2026-11-24T00:00:00Z")]
    for part in storage.find("tickets/dt=2026-11-22"):
        storage.delete([part])
    report = verify(storage, "tickets", START, END + DAY)
    assert again(report) == [(DAYS[1][0], "2026-11-24T00:00:00Z")]


def test_windows_that_are_no_partitions_are_run_again_one_by_one(
    zendesk_emulator: ZendeskEmulator, lake: Lake
) -> None:
    """One export of both would be one window, which overlaps what is committed."""
    zendesk_emulator.reset(now=END + 3600)
    zendesk_emulator.account.populate(START, END, tickets=60)
    for start in (START, START + DAY):
        lake.export(start, start + DAY, partition_by=None)
    for path in lake.listed():
        (lake.root / path).unlink()
    report = verify(lake.storage, "tickets")
    assert again(report) == DAYS[:2]


def test_windows_without_files_do_not_tell_how_they_are_cut(
    zendesk_emulator: ZendeskEmulator, lake: Lake
) -> None:
    zendesk_emulator.reset(now=END + 3600)
    for start in (START, START + DAY):
        lake.export(start, start + DAY, partition_by=None)
    for name in lake.storage.find("_manifests/tickets"):
        rewrite(lake.storage, name, lambda manifest: manifest["counts"].update(records=1))
    assert again(verify(lake.storage, "tickets")) == DAYS[:2]


def test_running_the_windows_again_mends_the_export(days: Lake) -> None:
    whole = days.rows()
    first = SECOND.replace("21T", "20T").replace("22T", "21T")
    days.storage.delete([SECOND_PART, f"_manifests/tickets/2026-11/{first}-r0.json"])
    report = verify(days.storage, "tickets", START, END)
    assert again(report) == [(DAYS[0][0], DAYS[1][1])]
    for start, end in again(report):
        days.export(parse_iso(start), parse_iso(end), partition_by="day", include=["users"])
    assert verify(days.storage, "tickets", START, END, check_content=True).is_whole
    assert days.rows() == whole


def test_nothing_at_all_is_not_whole(tmp_path: Path, zendesk_emulator: ZendeskEmulator) -> None:
    storage = Lake(zendesk_emulator, tmp_path).storage
    assert exported_resources(storage) == []
    report = verify(storage, "tickets")
    assert found(report) == ["hole"]
    assert "root" in report.findings[0].what
    assert again(verify(storage, "tickets", START, START + DAY)) == [DAYS[0]]


def test_bad_bounds_and_an_unknown_resource_are_refused(days: Lake) -> None:
    with pytest.raises(ValueError, match="nothing to verify from 2026-11-23T00:00:00Z"):
        verify(days.storage, "tickets", END)
    with pytest.raises(ValueError, match="unknown resource 'ticket'"):
        verify(days.storage, "ticket")


def age(storage: Storage, name: str, days: float) -> None:
    """Make an object as old as that."""
    moment = time.time() - days * DAY
    path = storage._path(name)  # type: ignore[attr-defined]
    if isinstance(storage, ObjectStorage):
        MemoryFileSystem.store[path].created = datetime.fromtimestamp(moment, UTC)
    else:
        os.utime(path, (moment, moment))


def test_old_staging_is_listed_and_removed_but_for_what_has_an_intent(storage: Storage) -> None:
    def stage(window: str, name: str, *days: float) -> None:
        for number, old in enumerate(days):
            put(storage, f"_staging/tickets/{window}/r0/attempt/{name}{number}", b"x")
            age(storage, f"_staging/tickets/{window}/r0/attempt/{name}{number}", old)

    old = "20261101T000000Z-20261102T000000Z"
    stage(old, "part", 9, 7.01)
    stage("20261102T000000Z-20261103T000000Z", "part", 9, 6.99)
    stage(SECOND, "part", 9)
    put(storage, f"_staging/tickets/{SECOND}/r1/intent.json", b"{}")
    age(storage, f"_staging/tickets/{SECOND}/r1/intent.json", 8)
    for name in (f"_staging/users/{old}/r0/attempt/part", "_staging/tickets/x", f"_staging/tickets/{old}/x"):
        put(storage, name, b"x")
        age(storage, name, 9)

    report = verify(storage, "tickets", START, START + DAY)
    assert report.is_whole, "old staging harms nobody"
    assert [staged.folder for staged in report.old_staging] == [
        f"_staging/tickets/{old}",
        f"_staging/tickets/{SECOND}",
    ]
    staged_before = storage.find("_staging")
    data_before = [*storage.find("tickets"), *storage.find("tickets__users"), *storage.find("_manifests")]
    assert [staged.folder for staged in prune(storage, "tickets")] == [f"_staging/tickets/{old}"]
    assert storage.find("_staging") == [name for name in staged_before if f"tickets/{old}/r0" not in name]
    assert data_before == [
        *storage.find("tickets"),
        *storage.find("tickets__users"),
        *storage.find("_manifests"),
    ]
    assert prune(storage, "tickets") == ()

    report = verify(storage, "tickets", START, END)
    assert found(report) == ["unfinished"], "nobody carries that commit out any more"
    assert again(report) == [DAYS[1]]
