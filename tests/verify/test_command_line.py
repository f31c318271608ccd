# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_zendesk.verify.__main__ import main
from tests.lakes import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

DAY = 86400
START = 1795132800  # 2026-11-20
END = START + 2 * DAY
FIRST_DAY = {"start_time": "2026-11-20T00:00:00Z", "end_time": "2026-11-21T00:00:00Z"}


@pytest.fixture
def root(zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> Path:
    """Two daily windows of tickets and of users."""
    zendesk_emulator.reset(now=END + 3600)
    lake = Lake(zendesk_emulator, tmp_path / "lake")
    for name in ("tickets", "users"):
        zendesk_emulator.account.records(name).populate(START, END, 30)
        lake.export(START, END, name=name, partition_by="day")
    return lake.root


def first_part(root: Path, resource: str) -> Path:
    return next((root / resource / "dt=2026-11-20").iterdir())


def test_a_whole_export_is_said_to_be_so_by_a_command_that_needs_no_airflow(root: Path) -> None:
    code = (
        "import sys; from airflow_provider_zendesk.verify.__main__ import main; status = main(sys.argv[1:]);"
        "sys.exit(9 if 'airflow' in sys.modules else status)"
    )
    for command in (["-c", code], ["-m", "airflow_provider_zendesk.verify"]):
        done = subprocess.run(
            [sys.executable, *command, str(root), "--check-content"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        tickets, users, again = done.stdout.splitlines()
        assert tickets.startswith("tickets: whole: 2 windows of [2026-11-20T00:00:00Z, 2026-11-22T00:00:00Z)")
        assert users.startswith("users: whole: 2 windows")
        assert json.loads(again) == []


def test_each_finding_is_a_line_and_the_last_line_is_what_to_export_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = first_part(root, "users")
    missing.unlink()
    assert main([f"file://{root}"]) == 1
    tickets, users, finding, again = capsys.readouterr().out.splitlines()
    assert tickets.startswith("tickets: whole")
    assert users.startswith("users: 1 thing wrong")
    assert finding.startswith(f"users: missing: {missing.relative_to(root)}")
    assert json.loads(again) == [{"resource": "users", **FIRST_DAY}]


def test_resource_and_bounds_say_what_to_look_at(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first_part(root, "users").unlink()
    assert main([str(root), "--resource", "tickets"]) == 0
    assert main([str(root), "--start", "2026-11-21"]) == 0
    assert main([str(root), "--end", str(START + DAY)]) == 1
    capsys.readouterr()
    assert main([str(root), "--resource", "tickets", "--start", "2026-11-19", "--end", "2026-11-21"]) == 1
    *_, finding, again = capsys.readouterr().out.splitlines()
    assert finding == "tickets: hole: [2026-11-19T00:00:00Z, 2026-11-20T00:00:00Z) is not committed"
    assert json.loads(again) == [
        {"resource": "tickets", "start_time": "2026-11-19T00:00:00Z", "end_time": "2026-11-20T00:00:00Z"}
    ]


def test_content_is_read_on_request(root: Path) -> None:
    part = first_part(root, "tickets")
    part.write_bytes(bytes(len(part.read_bytes())))
    assert main([str(root)]) == 0
    assert main([str(root), "--check-content"]) == 1


def test_any_filesystem_that_fsspec_knows_can_be_verified(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = uuid.uuid4().hex
    filesystem = MemoryFileSystem()
    filesystem.put(str(root), f"/{bucket}/lake", recursive=True)
    url = f"memory://{bucket}/lake"
    assert main([url, "--check-content"]) == 0
    filesystem.rm_file(f"/{bucket}/lake/{first_part(root, 'tickets').relative_to(root)}")
    assert main([url]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == [{"resource": "tickets", **FIRST_DAY}]


def test_old_staging_is_listed_and_pruned_and_nothing_else(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(root.rglob("*"))
    old = time.time() - 8 * DAY
    new = "tickets/20261102T000000Z-20261103T000000Z/r0/a/part"
    for path in ("tickets/20261101T000000Z-20261102T000000Z/r0/a/part", new):
        staged = root / "_staging" / path
        staged.parent.mkdir(parents=True)
        staged.touch()
        os.utime(staged, (old, old) if path != new else None)
    assert main([str(root)]) == 0
    listed = "tickets: old staging: _staging/tickets/20261101T000000Z-20261102T000000Z"
    assert listed in capsys.readouterr().out
    assert main([str(root), "--prune"]) == 0
    assert "tickets: removed: _staging/tickets/20261101T000000Z-20261102T000000Z\n" in capsys.readouterr().out
    assert sorted(path for path in root.rglob("*") if path.is_file()) == sorted(
        [*(path for path in before if path.is_file()), root / "_staging" / new]
    )
    assert main([str(root), "--prune"]) == 0
    assert "staging" not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--resource", "tickets"]])
def test_a_root_without_an_export_is_not_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main([str(tmp_path / "typo"), *arguments]) == 1
    said = capsys.readouterr().out
    assert "committed" in said
    assert said.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "ROOT"),
        (["lake"], "ROOT 'lake' is relative; give an absolute path"),
        (["file://lake/zendesk"], "is relative"),
        (["nowhere://lake"], "Protocol not known: nowhere"),
        (["s3://aws_default@lake/zendesk"], "give s3://lake/zendesk"),
        (["/lake", "--resource", "ticket"], "unknown resource 'ticket'; choose one of: tickets"),
        (["/lake", "--start", "then"], "'then' is not a time"),
        (["/lake", "--start", "0"], "TIME='0' means 1970-01-01T00:00:00Z"),
        (["/lake", "--end", ""], "TIME is empty"),
        (
            ["/lake", "--resource", "users", "--start", "2026-11-22", "--end", "2026-11-21"],
            "the start must be before the end",
        ),
    ],
)
def test_bad_arguments_are_said_plainly(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_a_store_that_cannot_be_read_is_said_in_a_line(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("airflow_provider_zendesk.lake.storage.os.scandir", refuse)
    with pytest.raises(SystemExit) as ended:
        main([str(root)])
    assert ended.value.code == 1
    assert "Permission denied" in capsys.readouterr().err
