# SPDX-License-Identifier: Apache-2.0
"""
Others can write to the lake. Whatever lies there, an export and a verification work, or end with an error that names it,
and nothing outside the root is read, changed or removed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.exceptions import ExportStorageAccessError, ExportStorageError
from airflow_provider_zendesk.lake.layout import WindowNames
from airflow_provider_zendesk.lake.storage import LocalStorage
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.window import Window
from tests.lake.test_commit import DiesAfter, Killed
from tests.lakes import a_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
SECRET = b"a file of somebody else's\n"
NAMES = WindowNames("tickets", Window(START, START + DAY), "day")
STEM = "20251120T000000Z-20251121T000000Z"


@pytest.fixture
def victim(lake: Lake) -> Path:
    """Return a folder of somebody else's beside the root."""
    folder = lake.root.parent / "victim"
    (folder / "inside").mkdir(parents=True)
    (folder / "x").write_bytes(SECRET)
    (folder / "inside" / "r0").write_bytes(SECRET)
    return folder


@pytest.fixture
def filled(lake: Lake, victim: Path) -> Lake:
    """Return a root with a committed day, beside that folder."""
    lake.zendesk.account.populate(START - DAY, START + 2 * DAY, tickets=90)
    lake.zendesk.clock.set(START + 30 * DAY)
    export(lake, "yesterday")
    return lake


def export(lake: Lake, run: str = "today", **more: Any) -> None:
    lake.export(START, START + DAY, partition_by="day", run=a_run(run), **more)


def die_at(lake: Lake, ending: str, **more: Any) -> Path:
    """Export until an object with such a name is put; return its path."""
    storage = DiesAfter(ending, str(lake.root), lake.policy)
    with pytest.raises(Killed):
        export(lake, storage=storage, **more)
    (found,) = lake.root.rglob(f"*{ending}")
    return found


def outside(lake: Lake) -> dict[str, bytes]:
    """Return every file beside the root."""
    return {
        str(path): path.read_bytes()
        for path in sorted(lake.root.parent.rglob("*"))
        if path.is_file() and not path.is_relative_to(lake.root)
    }


def changed(path: Path, change: Callable[[Any], object]) -> None:
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


def manifest(lake: Lake) -> Path:
    return lake.root / NAMES.manifest(0)


FINALS = [
    "../dags/evil.py",
    "/tmp/evil",
    "tickets/../../victim/x",
    "_manifests/x",
    "users/dt=2025-11-20/x",
    "",
]


@pytest.mark.parametrize("final", FINALS)
def test_an_intent_that_would_put_a_file_elsewhere_is_refused(filled: Lake, final: str) -> None:
    intent = die_at(filled, "intent.json")
    changed(intent, lambda one: one["parts"][0].update(final=final))
    changed(intent, lambda one: one["manifest"]["files"][0].update(path=final))
    before = outside(filled)
    with pytest.raises(ExportStorageError, match=r"r1/intent\.json lists .* which is no file of revision 1"):
        export(filled)
    assert outside(filled) == before


@pytest.mark.parametrize("staged", ["../victim/x", "tickets/x", f"_staging/tickets/{STEM}/r0/a/x"])
def test_an_intent_that_would_publish_another_file_is_refused(
    filled: Lake, victim: Path, staged: str
) -> None:
    intent = die_at(filled, "intent.json")
    changed(intent, lambda one: one["parts"][0].update(staged=staged))
    with pytest.raises(ExportStorageError, match=r"r1/intent\.json names .* which is not in the staging"):
        export(filled)
    assert SECRET not in filled.files().values()


def test_an_intent_for_another_window_is_refused(filled: Lake) -> None:
    intent = die_at(filled, "intent.json")
    changed(intent, lambda one: one["manifest"].update(resource="users"))
    with pytest.raises(ExportStorageError, match="says that it is revision 1 of users"):
        export(filled)


LISTED = [
    "0-x/../../victim/x",
    "../victim/x",
    "tickets/x.jsonl.gz",
    f"users/dt=2025-11-20/{STEM}-r0-00000.jsonl.gz",
]


@pytest.mark.parametrize("path", LISTED)
def test_what_a_manifest_lists_elsewhere_is_neither_deleted_nor_read(
    filled: Lake, victim: Path, path: str
) -> None:
    changed(manifest(filled), lambda one: one["files"][0].update(path=path))
    before = outside(filled)
    with pytest.raises(ExportStorageError, match="which is no file of revision 0 of tickets"):
        export(filled)
    report = verify(filled.storage, "tickets", START, START + DAY, check_content=True)
    assert [one.kind for one in report.findings if "is no file of" in one.what] == ["manifest"]
    assert outside(filled) == before


@pytest.mark.parametrize("dataset", ["../victim", "users", "tickets__a/../../victim", ""])
def test_a_dataset_elsewhere_is_refused(filled: Lake, dataset: str) -> None:
    changed(manifest(filled), lambda one: one["files"][0].update(dataset=dataset))
    report = verify(filled.storage, "tickets", START, START + DAY, check_content=True)
    assert "is no file of revision 0" in report.findings[0].what


CHECKPOINTS: dict[str, Callable[[Any], object]] = {
    "dataset": lambda one: one["state"]["open_parts"].update({"../victim/x": []}),
    "open part": lambda one: one["state"]["open_parts"]["tickets"][0].update(name="../victim/x"),
    "start": lambda one: one["state"]["open_parts"]["tickets"][0].update(start=2**60),
    "staged": lambda one: one["state"].update(staged=[{"staged": "../victim/x", "final": "y", "sha256": ""}]),
    "time": lambda one: one.update(made_at="xx"),
    "listed": lambda one: one["run_state"]["listing"].update(files=["../victim/x"]),
    "listed of another day": lambda one: one["run_state"]["listing"].update(
        manifests=["_manifests/tickets/2026-11/20261120T000000Z-20261121T000000Z-r0.json"]
    ),
    "much listed": lambda one: one["run_state"]["listing"].update(
        files=[f"tickets/dt=2025-11-20/{STEM}-r0-00000.jsonl.gz"] * 501
    ),
    "window": lambda one: one["window"].update(start="9999-99-99T00:00:00Z"),
    "empty": lambda one: one.clear(),
}


@pytest.mark.parametrize("change", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_a_checkpoint_that_someone_has_changed_is_ignored(
    filled: Lake, caplog: pytest.LogCaptureFixture, change: Callable[[Any], object]
) -> None:
    filled.policy = Policy(checkpoint_pages=1)
    checkpoint = die_at(filled, "checkpoint-00001.json", per_page=5)
    changed(checkpoint, change)
    before = outside(filled)
    export(filled, per_page=5)
    assert "ignoring the checkpoint" in caplog.text
    assert sorted(filled.rows()) == sorted(row.raw for row in filled.zendesk.truth(START, START + DAY))
    assert outside(filled) == before
    assert verify(filled.storage, "tickets", START, START + DAY, check_content=True).is_whole


LINKS = {
    "staging": "_staging",
    "a resource's staging": "_staging/tickets",
    "a window's staging": f"_staging/tickets/{STEM}",
    "a revision's staging": f"_staging/tickets/{STEM}/r0",
    "an intent": f"_staging/tickets/{STEM}/r1/intent.json",
    "a staged file": f"_staging/tickets/{STEM}/r0/attempt/part-00000.jsonl.gz",
    "manifests": "_manifests/tickets/2025-12",
    "a manifest": f"_manifests/tickets/2025-11/{STEM}-r1.json",
    "a part": f"tickets/dt=2025-11-20/{STEM}-r0-00001.jsonl.gz",
    "a dataset": "tickets__late",
    "hints": "_limits",
}


@pytest.mark.parametrize("target", ["folder", "file"])
@pytest.mark.parametrize("name", LINKS.values(), ids=LINKS)
def test_a_link_is_not_followed(filled: Lake, victim: Path, name: str, target: str) -> None:
    link = filled.root / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(victim if target == "folder" else victim / "x")
    before = outside(filled)
    with suppress(ExportStorageError):
        export(filled)
    with suppress(ExportStorageError):
        verify(filled.storage, "tickets", check_content=True)
    assert outside(filled) == before
    assert SECRET not in {
        path.read_bytes() for path in filled.root.rglob("*") if path.is_file() and not path.is_symlink()
    }


def test_a_link_to_the_root_is_the_users_own_choice(filled: Lake) -> None:
    link = filled.root.parent / "link"
    os.symlink(filled.root, link)
    assert verify(LocalStorage(str(link)), "tickets", START, START + DAY, check_content=True).is_whole


@pytest.mark.parametrize("name", ["_lake.json", NAMES.manifest(0), NAMES.intent(1)])
def test_a_pipe_is_not_waited_for(filled: Lake, name: str) -> None:
    path = filled.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(ExportStorageAccessError, match="a pipe or a device"):
        filled.storage.get(name)
    with suppress(ExportStorageAccessError):
        export(filled)
    with suppress(ExportStorageAccessError):
        verify(filled.storage, "tickets", check_content=True)


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.", "a\nb", "a\x1b[2Jb"]
)
def test_storage_refuses_a_name_that_could_lead_elsewhere(tmp_path: Path, name: str) -> None:
    storage = LocalStorage(str(tmp_path / "root"))
    operations: dict[str, Callable[[], object]] = {
        "put": lambda: storage.put(name, b"x"),
        "create": lambda: storage.create(name, b"x"),
        "get": lambda: storage.get(name),
        "delete": lambda: storage.delete([name]),
    }
    if name:
        operations |= {"files": lambda: storage.files(name), "find": lambda: storage.find(name)}
    for operation in operations.values():
        with pytest.raises(ExportStorageError):
            operation()
    assert list(tmp_path.rglob("*")) == []


FOREIGN = [
    f"_staging/tickets/{STEM}/.DS_Store",
    f"_staging/tickets/{STEM}/rX/intent.json",
    f"_staging/tickets/{STEM}/r0",
    f"_staging/tickets/{STEM}/r1000000000/intent.json",
    f"_manifests/tickets/2025-11/{STEM}-rX.json",
    f"_manifests/tickets/2025-11/{STEM}-r1000000000.json",
    f"_manifests/tickets/2025-11/{STEM}-r00.json",
    f"tickets/dt=2025-11-20/{STEM}-rX-00000.jsonl.gz",
    f"tickets/dt=2025-11-20/{STEM}-r0-00000.jsonl.gz.mine",
    f"tickets/dt=2025-11-20/{STEM}-r0-00000.jsonl.gz/inside",
    "_staging/tickets/a\nb",
    "tickets/dt=2025-11-20/a\nb",
    "_manifests/tickets/2025-11/\udcff.json",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_whose_name_is_not_ours_is_left_alone(filled: Lake, name: str) -> None:
    if "-r0-00000.jsonl.gz/" in name:
        (filled.root / name).parent.unlink()
    path = filled.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SECRET)
    for run in ("today", "tomorrow"):
        export(filled, run)
        assert path.read_bytes() == SECRET
    report = verify(filled.storage, "tickets", START, START + DAY, check_content=True)
    assert all(line.isprintable() for line in report.lines())


def test_a_manifest_with_a_huge_revision_costs_no_more_than_another(filled: Lake) -> None:
    name = NAMES.manifest(999_999_999)
    (filled.root / name).write_bytes(manifest(filled).read_bytes())
    with pytest.raises(ExportStorageError, match="says that it is revision 0"):
        export(filled)


def test_a_part_is_not_inflated_beyond_what_its_manifest_says(filled: Lake) -> None:
    changed(manifest(filled), lambda one: one["files"][0].update(uncompressed_bytes=10))
    report = verify(filled.storage, "tickets", START, START + DAY, check_content=True)
    assert any("more than 10 bytes of rows" in one.what for one in report.findings)


TIMES = [
    lambda one: one["window"].update(start="xx"),
    lambda one: one.update(committed_at="xx"),
    lambda one: one["stop"].update(server_time="2025-13-01T00:00:00Z"),
    lambda one: one["sort_key"].update(max=2**62),
]


@pytest.mark.parametrize("change", TIMES)
def test_a_time_that_is_none_is_a_finding(filled: Lake, change: Callable[[Any], object]) -> None:
    changed(manifest(filled), change)
    report = verify(filled.storage, "tickets", START, START + DAY)
    assert any("has a time that is none" in one.what for one in report.findings)


@pytest.mark.parametrize("content", [b"[" * 1_000_000, b"\xff\xfe", b"", b'{"format_version": 1e400}'])
def test_a_damaged_document_is_named(filled: Lake, content: bytes) -> None:
    manifest(filled).write_bytes(content)
    with pytest.raises(ExportStorageError, match="is not a valid manifest"):
        export(filled)
    report = verify(filled.storage, "tickets", START, START + DAY)
    assert any("is not a valid manifest" in one.what for one in report.findings)
