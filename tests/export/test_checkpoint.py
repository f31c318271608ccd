# SPDX-License-Identifier: Apache-2.0
"""A killed export goes on where it stood: the same files, and at most one checkpoint's worth of calls again."""

from __future__ import annotations

import itertools
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import Answer
from airflow_provider_zendesk.exceptions import ZendeskForbiddenError
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.window import parse_iso
from tests.lake.test_commit import KillableStorage, Killed, comparable
from tests.lakes import a_run

if TYPE_CHECKING:
    from airflow_provider_zendesk.exceptions import NotBefore
    from tests.lakes import Lake

DAY = 86400
START = 1763596800
PAGES = 2


@pytest.fixture(autouse=True)
def _small(lake: Lake) -> None:
    lake.policy = Policy(checkpoint_pages=PAGES, part_records=16, block_bytes=4096)
    lake.zendesk.account.populate(START, START + 2 * DAY, tickets=60)


def export(lake: Lake, pagination: Any = None, **more: Any) -> None:
    lake.export(START, START + 2 * DAY, run=a_run("today"), per_page=5, pagination=pagination, **more)


def calls(lake: Lake) -> int:
    return sum(request.status == 200 for request in lake.zendesk.export_requests)


def data(lake: Lake) -> dict[str, bytes]:
    return {name: data for name, data in lake.files().items() if not name.startswith("_")}


CASES = [
    *((pagination, partition_by, "jsonl.gz") for pagination in ("cursor", "time") for partition_by in (None, "day", "hour")),
    *(("cursor", "day", suffix) for suffix in FORMATS if suffix != "jsonl.gz"),
]  # fmt: skip


@pytest.mark.parametrize(("pagination", "partition_by", "suffix"), CASES)
def test_an_export_that_fails_at_any_page_goes_on_from_its_last_checkpoint(
    lake: Lake, pagination: Any, partition_by: Any, suffix: str
) -> None:
    root = lake.root
    options: dict[str, Any] = {
        "partition_by": partition_by, "include": ["users", "groups"], "format": FORMATS[suffix]
    }  # fmt: skip
    export(lake, pagination, **options)
    undisturbed, needed = comparable(lake)[0], calls(lake)
    assert needed > 10
    for page in range(needed):
        lake.root = root.with_name(f"failed at {page}")
        lake.zendesk.answer_next(*[None] * page, Answer(status=403, body=b"{}"))
        before = calls(lake)
        with pytest.raises(ZendeskForbiddenError):
            export(lake, pagination, **options)
        export(lake, pagination, **options)
        assert calls(lake) - before <= needed + PAGES
        assert {name: rows for name, rows in data(lake).items() if "__" not in name} == {
            name: rows for name, rows in undisturbed.items() if "__" not in name
        }
        assert lake.is_tidy()


def test_an_export_killed_at_any_storage_operation_goes_on_from_its_last_checkpoint(lake: Lake) -> None:
    root = lake.root
    export(lake, partition_by="day")
    undisturbed, needed = comparable(lake), calls(lake)
    for operations in itertools.count():
        lake.root = root.with_name(f"killed at {operations}")
        before = calls(lake)
        try:
            export(lake, partition_by="day", storage=KillableStorage(lake.storage, operations, after=False))
        except Killed:
            export(lake, partition_by="day")
        else:
            break
        assert comparable(lake)[0] == undisturbed[0]
        assert calls(lake) - before <= needed + PAGES
        assert lake.is_tidy()
    assert operations > 50


def killed_after(lake: Lake, pages: int, **more: Any) -> None:
    lake.zendesk.answer_next(*[None] * pages, Answer(status=403, body=b"{}"))
    with pytest.raises(ZendeskForbiddenError):
        export(lake, **more)


def resumed_at(lake: Lake) -> str | None:
    """Return the cursor of the first call after the failure; None if it began at the start."""
    requests = lake.zendesk.export_requests
    failed = max(number for number, request in enumerate(requests) if request.status == 403)
    return requests[failed + 1].query.get("cursor")


def test_another_run_goes_on_from_the_checkpoint_too(lake: Lake) -> None:
    killed_after(lake, 7)
    lake.export(START, START + 2 * DAY, run=a_run("tomorrow"), per_page=5)
    assert resumed_at(lake) is not None
    assert lake.rows() == [row.raw for row in lake.zendesk.truth(START, START + 2 * DAY)]
    assert lake.is_tidy()


@pytest.mark.parametrize(
    "changed", [{"exclude_deleted": True}, {"support_type_scope": "agent"}, {"include": ["users"]}]
)
def test_a_changed_task_starts_clean_and_says_so(
    lake: Lake, caplog: pytest.LogCaptureFixture, changed: dict[str, Any]
) -> None:
    killed_after(lake, 7)
    with caplog.at_level("INFO"):
        export(lake, **changed)
    assert resumed_at(lake) is None
    assert "ignoring 1 checkpoints: other parameters" in caplog.text
    selection = {name: value for name, value in changed.items() if name != "include"}
    truth = {row.raw for row in lake.zendesk.truth(START, START + 2 * DAY, **selection)}
    assert truth <= set(lake.rows())
    assert lake.is_tidy()


def test_a_checkpoint_older_than_a_week_is_left_alone(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_after(lake, 7)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7 * DAY + 60)
    export(lake)
    assert resumed_at(lake) is None


def test_a_checkpoint_whose_parts_are_gone_is_left_alone(lake: Lake) -> None:
    killed_after(lake, 9)
    for part in lake.root.glob("_staging/**/*.jsonl.gz"):
        part.unlink()
    export(lake)
    assert resumed_at(lake) is None
    assert lake.rows() == [row.raw for row in lake.zendesk.truth(START, START + 2 * DAY)]


def test_the_checkpoint_with_most_rows_comes_first(lake: Lake) -> None:
    killed_after(lake, 9)
    far = lake.zendesk.export_requests[-1].query["cursor"]
    for path in lake.root.glob("_staging/**/checkpoint-*.json"):
        path.rename(path.with_name("kept"))
    killed_after(lake, 3)
    for path in lake.root.glob("_staging/**/kept"):
        path.rename(path.with_name("checkpoint-00009.json"))
    export(lake)
    cursors = [request.query.get("cursor") for request in lake.zendesk.export_requests]
    assert cursors.index(resumed_at(lake)) >= cursors.index(far) - PAGES
    assert lake.rows() == [row.raw for row in lake.zendesk.truth(START, START + 2 * DAY)]


def test_an_attempt_stops_when_its_twin_has_committed(lake: Lake) -> None:
    twin_at = iter([False, False, False, True])
    lake.zendesk.before_export(lambda number: next(twin_at, False) and export(lake))
    export(lake)
    truth = [row.raw for row in lake.zendesk.truth(START, START + 2 * DAY)]
    assert lake.rows() == truth
    pages = -(-len(truth) // 5)
    assert calls(lake) < 2 * pages
    assert len(lake.manifests()) == 1
    assert lake.is_tidy()


def test_a_page_or_two_leave_no_checkpoint(lake: Lake) -> None:
    lake.policy = DEFAULT_POLICY
    seen: list[str] = []
    lake.zendesk.before_export(lambda number: seen.extend(lake.files()))
    lake.export(START, START + 2 * DAY, per_page=50)
    assert seen == []


def test_what_a_kill_in_the_middle_of_a_checkpoint_leaves_goes_with_the_window(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On disk a checkpoint that is being put is a file of its own until it is whole."""
    replace = os.replace

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:

        def killed_at_a_checkpoint(source: str, target: str) -> None:
            if "checkpoint-" in target:
                patched.setattr(os, "unlink", killed)
                raise Killed
            replace(source, target)

        patched.setattr(os, "replace", killed_at_a_checkpoint)
        with pytest.raises(Killed):
            export(lake, partition_by="day")
    assert list(lake.root.glob("_staging/**/*.tmp"))
    export(lake, partition_by="day")
    assert not list(lake.root.glob("_staging/**/*.*"))
    assert data(lake).keys() == lake.listed()


def test_a_run_that_another_one_overtook_while_it_was_deferred_exports_only_that_window_again(
    lake: Lake,
) -> None:
    class Deferred(BaseException):
        pass

    def defer(refusal: NotBefore) -> None:
        raise Deferred

    days, run = 12, a_run("mine")
    lake.zendesk.account.populate(START + 2 * DAY, START + days * DAY, tickets=300)
    lake.zendesk.clock.set(START + 30 * DAY)
    lake.defers = lambda refusal: True  # type: ignore[method-assign]
    export = {"start": START, "end": START + days * DAY, "partition_by": "day", "per_page": 5, "run": run}
    lake.zendesk.answer_next(*[None] * 30, Answer(429, b"", {"Retry-After": "60"}))
    with pytest.raises(Deferred):
        lake.export(**export, wait=defer)
    (left,) = lake.root.glob("_staging/tickets/**/checkpoint-*.json")
    interrupted = json.loads(left.read_bytes())["window"]
    overtaken = parse_iso(interrupted["start"])
    lake.export(overtaken, overtaken + DAY, partition_by="day", run=a_run("other"))
    before = calls(lake)
    lake.export(**export, resumed=True)
    assert lake.rows() == [row.raw for row in lake.zendesk.truth(START, START + days * DAY)]
    assert {m["window"]["start"]: m["revision"] for m in lake.manifests() if m["revision"]} == {
        interrupted["start"]: 1
    }
    rest = len(lake.zendesk.truth(overtaken, START + days * DAY))
    again = len(lake.zendesk.truth(overtaken, overtaken + DAY))
    assert calls(lake) - before <= rest / 5 + again / 5 + 4
    assert lake.is_tidy()


@pytest.mark.parametrize("page", [8, 9, 10, 11])
def test_a_resumed_export_that_loses_its_window_writes_the_same_sideloads(lake: Lake, page: int) -> None:
    """Which sideloads a window has depends on where its first page begins, so the second walk has to begin there too."""
    days: dict[str, Any] = {"partition_by": "day", "include": ["users"]}
    root = lake.root
    export(lake, **days)
    undisturbed = {name: rows for name, rows in data(lake).items() if "dt=2025-11-21" in name}
    lake.root = root.with_name("overtaken")
    lake.zendesk.answer_next(*[None] * page, Answer(status=403, body=b"{}"))
    with pytest.raises(ZendeskForbiddenError):
        export(lake, **days)
    lake.export(START + DAY, START + 2 * DAY, run=a_run("other"), **days)
    export(lake, **days)
    found = {name: rows for name, rows in data(lake).items() if "dt=2025-11-21" in name}
    assert {name.replace("-r1-", "-r0-"): rows for name, rows in found.items()} == undisturbed
    assert all("-r1-" in name for name in found)
