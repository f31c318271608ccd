# SPDX-License-Identifier: Apache-2.0
"""
Two and three processes export the same window at once, some are SIGKILLed and tried again, and two readers look on.

``make test`` runs a round of each, ``make test-kill`` many. A round that failed is run again by its number: the
pauses between the steps of its processes depend on that alone.
"""

from __future__ import annotations

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.kill.conftest import END, START, holds_what_is_listed
from tests.kill.readers import Readers, without_revision
from tests.lakes import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from tests.kill.children import Children

ROUNDS = 10 if os.environ.get("ZENDESK_KILL_ALL") else 1
SUFFIXES = ["jsonl.gz", "parquet"] if os.environ.get("ZENDESK_KILL_ALL") else ["jsonl.gz"]
MOST_STEPS = 130
RUNS = {
    "two attempts of a run": ["today", "today"],
    "three attempts of a run": ["today", "today", "today"],
    "two runs": ["today", "other"],
    "three attempts of two runs": ["today", "today", "other"],
    "three runs": ["today", "other", "third"],
}


def race(children: Children, lake: Lake, runs: list[str], number: int, kill_at: int, suffix: str) -> None:
    """Export in as many processes at once; the first is killed at a step, and tried again beside the others."""

    def attempt(index: int) -> None:
        job = {
            "root": str(lake.root),
            "start": START,
            "end": END,
            "run": runs[index],
            "seed": 10 * number + index,
            "suffix": suffix,
        }
        if children.export(**job, kill_at=0 if index else kill_at) is None:
            children.export(**job)

    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(attempt, range(len(runs))))


def data(lake: Lake) -> dict[str, bytes]:
    """Return the data files by name without revision."""
    files = {name: content for name, content in lake.files().items() if name.startswith("tickets")}
    named = {without_revision(name): content for name, content in files.items()}
    assert len(named) == len(files), "two revisions"
    return named


@pytest.fixture(scope="module", params=SUFFIXES)
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def old(
    zendesk: ZendeskEmulator, children: Children, tmp_path_factory: pytest.TempPathFactory, suffix: str
) -> Lake:
    """Return the window as it was exported yesterday; records were added since."""
    lake = Lake(zendesk, tmp_path_factory.mktemp("yesterday") / "lake")
    children.export(root=str(lake.root), start=START, end=END, run="yesterday", suffix=suffix)
    zendesk.account.populate(START, END, tickets=30)
    return lake


@pytest.fixture(scope="module")
def new(old: Lake, children: Children, tmp_path_factory: pytest.TempPathFactory, suffix: str) -> Lake:
    """Return the window as one run alone exports it today."""
    lake = Lake(old.zendesk, tmp_path_factory.mktemp("today") / "lake")
    children.export(root=str(lake.root), start=START, end=END, run="today", suffix=suffix)
    assert data(lake) != data(old)
    return lake


@pytest.mark.parametrize("killed", [False, True], ids=["", "one is killed"])
@pytest.mark.parametrize("replacing", [False, True], ids=["first export", "replacing"])
@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_processes_that_race_end_as_one_and_no_reader_sees_a_half(
    old: Lake,
    new: Lake,
    children: Children,
    tmp_path: Path,
    runs: list[str],
    replacing: bool,
    killed: bool,
    suffix: str,
) -> None:
    contents = {0: data(old), 1: data(new)} if replacing else {0: data(new)}
    draw = random.Random(f"{runs} {replacing} {killed}")
    whole = quiet = 0
    for number in range(ROUNDS):
        lake = Lake(new.zendesk, tmp_path / f"round {number}")
        if replacing:
            shutil.copytree(old.root, lake.root)
        readers = Readers(lake, contents)
        with readers.looking():
            kill_at = draw.randrange(1, MOST_STEPS) if killed else 0
            race(children, lake, runs, number, kill_at, suffix)
        assert readers.wrong == [], f"round {number}"
        whole, quiet = whole + readers.whole, quiet + readers.quiet
        assert data(lake) == data(new)
        assert holds_what_is_listed(lake)
        manifests = lake.manifests()
        assert {manifest["run"]["run_id"] for manifest in manifests} <= set(runs)
        if len(set(runs)) == 1:
            assert [manifest["revision"] for manifest in manifests] == [int(replacing)] * 2
    # Before the first process comes to its commit, yesterday's revision is there to be read.
    assert not replacing or (whole and quiet)
