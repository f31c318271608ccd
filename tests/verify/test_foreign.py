# SPDX-License-Identifier: Apache-2.0
"""Files that others put into our folders: no export fails for them, nothing touches them, and verify lists them."""

from __future__ import annotations

import gzip
import json
import os
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_zendesk.exceptions import ExportStorageAccessError
from airflow_provider_zendesk.lake.committed import committed
from airflow_provider_zendesk.lake.staging import prune
from airflow_provider_zendesk.lake.storage import ObjectStorage
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.verify.snapshot import exported_resources
from tests.lake.test_commit import KillableStorage, Killed, leave_an_intent
from tests.lakes import a_run

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from airflow_provider_zendesk.verify.report import Report
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
STEM = "20251120T000000Z-20251121T000000Z"
MONTH = "2025-11"
DATASET = "tickets/dt=2025-11-20"
WINDOW = f"_staging/tickets/{STEM}"

STRAY = [
    f"{folder}/{name}"
    for folder in ("tickets", DATASET, "tickets__users/dt=2025-11-20")
    for name in (
        ".DS_Store",
        ".nfs0001",
        "_$folder$",
        "x.parquet",
        f"{STEM}-rX.parquet",
        f"{STEM}-rX-00000.jsonl.gz",
        f"{STEM}-r0-00000.jsonl.gz.mine",
        f"{STEM}-r0-00000.orc",
    )
]
NOT_OURS = [
    f"{folder}/{name}"
    for folder in (
        "_staging",
        "_staging/tickets",
        WINDOW,
        f"{WINDOW}/rX",
        f"{WINDOW}/r0",
        "_manifests",
        "_manifests/tickets",
        "_manifests/tickets/copies",
        "_manifests/!first",
        "_limits",
        "_limits/incremental-exports.json",
    )
    for name in (
        ".DS_Store",
        ".nfs0001",
        "_$folder$",
        f"{STEM}-rX.json",
        f"{STEM}-r0.json.mine",
        "intent.json.mine",
        "checkpoint-00001.json.mine",
    )
]
ALL = STRAY + NOT_OURS


@pytest.fixture
def lake(lake: Lake, zendesk_emulator: ZendeskEmulator) -> Lake:
    zendesk_emulator.account.populate(START, START + DAY, tickets=30)
    return lake


def put(lake: Lake, name: str) -> None:
    path = lake.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")
    old = time.time() - 30 * DAY
    os.utime(path, (old, old))


def export(lake: Lake, run: str, **options: object) -> None:
    lake.export(START, START + DAY, partition_by="day", include=["users"], run=a_run(run), **options)  # type: ignore[arg-type]


def check(lake: Lake, names: list[str], revision: int) -> Report:
    """Exactly one revision of ours is there, with what Zendesk has; the foreign files are as they were; return the report."""
    files = lake.files()
    manifest = json.loads(files[f"_manifests/tickets/{MONTH}/{STEM}-r{revision}.json"])
    assert manifest["revision"] == revision
    rows = [
        line
        for file in manifest["files"]
        if file["dataset"] == "tickets"
        for line in gzip.decompress(files[file["path"]]).splitlines()
    ]
    assert rows == [row.raw for row in lake.zendesk.truth(START, START + DAY)]
    assert [files.pop(name) for name in names] == [b"mine"] * len(names)
    files.pop("_lake.json")
    files.pop("_limits/incremental-exports.json", None)
    listed = {file["path"] for file in manifest["files"]}
    assert set(files) == {f"_manifests/tickets/{MONTH}/{STEM}-r{revision}.json", *listed}
    return verify(lake.storage, "tickets", check_content=True)


@pytest.mark.parametrize("name", ALL)
def test_one_is_left_alone_and_listed(lake: Lake, name: str) -> None:
    put(lake, name)
    export(lake, "first")
    check(lake, [name], 0)
    export(lake, "second")
    report = check(lake, [name], 1)
    assert prune(lake.storage, "tickets") == ()
    assert check(lake, [name], 1) == report
    assert exported_resources(lake.storage) == ["tickets"]
    if name in STRAY:
        assert [(finding.kind, finding.what) for finding in report.findings] == [
            ("stray", f"{name} is in no manifest")
        ]
        assert report.foreign == ()
    else:
        assert report.is_whole
        assert name in report.foreign
        assert f"not ours: {name}" in report.lines()
        assert report.summary()["foreign"] == len(report.foreign)


@pytest.mark.parametrize("operations", range(27))
def test_a_retry_finishes_what_a_killed_export_left_between_them(lake: Lake, operations: int) -> None:
    export(lake, "first")
    for name in ALL:
        put(lake, name)
    storage = KillableStorage(lake.storage, operations, after=False)
    with pytest.raises(Killed):
        export(lake, "second", storage=storage)
    export(lake, "second")
    report = check(lake, ALL, 1)
    assert {finding.kind for finding in report.findings} == {"stray"}
    assert len(report.findings) == len(STRAY)
    assert set(NOT_OURS) <= set(report.foreign)


def test_it_is_the_same_in_an_object_store(lake: Lake) -> None:
    storage = ObjectStorage(MemoryFileSystem(), f"/{uuid.uuid4().hex}/lake")
    for name in ALL:
        storage.put(name, b"mine")
    for revision, run in enumerate(("first", "second")):
        export(lake, run, storage=storage)
        assert list(committed(storage, "tickets")) == [f"_manifests/tickets/{MONTH}/{STEM}-r{revision}.json"]
    report = verify(storage, "tickets", check_content=True)
    assert [finding.kind for finding in report.findings] == ["stray"] * len(STRAY)
    assert set(NOT_OURS) <= set(report.foreign)
    assert prune(storage, "tickets") == ()
    assert [storage.get(name) for name in ALL] == [b"mine"] * len(ALL)


def test_an_intent_is_carried_out_between_them(lake: Lake) -> None:
    leave_an_intent(lake)
    for name in ALL:
        put(lake, name)
    lake.export(START, START + DAY, partition_by="day")
    check(lake, ALL, 1)


def test_old_staging_is_pruned_between_them(lake: Lake) -> None:
    export(lake, "first")
    for name in ALL:
        put(lake, name)
    ours = f"{WINDOW}/r1/attempt/part"
    put(lake, ours)
    assert [staged.names for staged in verify(lake.storage, "tickets").old_staging] == [(ours,)]
    assert [staged.names for staged in prune(lake.storage, "tickets")] == [(ours,)]
    check(lake, ALL, 0)


def test_what_lies_in_other_resources_folders_is_listed_with_those(lake: Lake) -> None:
    export(lake, "first")
    put(lake, "_manifests/users/x")
    put(lake, "_staging/routing/attributes/x")
    put(lake, "_staging/routing/x")
    assert verify(lake.storage, "tickets").foreign == ("_staging/routing/x",)
    assert verify(lake.storage, "users").foreign == ("_manifests/users/x", "_staging/routing/x")
    assert verify(lake.storage, "routing/attributes").foreign == (
        "_staging/routing/attributes/x",
        "_staging/routing/x",
    )


def test_another_account_is_found_behind_a_foreign_file(lake: Lake) -> None:
    """The first file below ``_manifests`` is taken for a manifest only if it is named like one of ours."""
    put(lake, "_manifests/articles/.DS_Store")
    put(lake, f"_manifests/backup/{STEM}-r0.json")
    export(lake, "first")
    lake.export(START, START + DAY, name="users")


class TestTheNoteOfTheRateLimit:
    """A hint that cannot be read or left is no reason to fail."""

    NOTE = "_limits/incremental-exports.json"

    @pytest.fixture
    def limited(self, lake: Lake) -> Lake:
        """One call uses up the minute, so that there is something to note."""
        lake.zendesk.limit("tickets", 1)
        return lake

    def test_an_empty_folder_in_its_place(self, limited: Lake, caplog: pytest.LogCaptureFixture) -> None:
        (limited.root / self.NOTE).mkdir(parents=True)
        export(limited, "first")
        assert "ignoring an unreadable rate-limit hint: could not get _limits/" in caplog.text
        assert "could not write the rate-limit hint: could not put _limits/" in caplog.text
        report = verify(limited.storage, "tickets")
        assert report.is_whole
        assert report.foreign == (f"{self.NOTE}/",)

    def test_a_folder_that_permits_nothing(self, limited: Lake, caplog: pytest.LogCaptureFixture) -> None:
        storage = limited.storage

        def denied(operation: str):  # type: ignore[no-untyped-def]
            do = getattr(storage, operation)

            def denying(name: str, *arguments: object, **options: object) -> object:
                if name.startswith("_limits"):
                    raise ExportStorageAccessError(
                        operation, name, str(limited.root), PermissionError(13, "no")
                    )
                return do(name, *arguments, **options)

            return denying

        for operation in ("put", "create", "get", "files", "folders", "find", "details"):
            setattr(storage, operation, denied(operation))
        export(limited, "first", storage=storage)
        assert [record.levelname for record in caplog.records if "rate-limit hint" in record.message] == [
            "WARNING",
            "WARNING",
        ]
        assert verify(storage, "tickets").is_whole

    def test_a_file_in_the_folders_place(self, limited: Lake) -> None:
        put(limited, "_limits")
        export(limited, "first")
        assert verify(limited.storage, "tickets").is_whole
