# SPDX-License-Identifier: Apache-2.0
"""
A process that exports is SIGKILLed at a storage operation or a page, and another goes on.

``make test`` tries 30 of the points at which it can die, ``make test-kill`` all of them.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.kill.child import PAGES
from tests.kill.conftest import END, START, holds_what_is_listed
from tests.lakes import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from tests.kill.children import Children

SOME = 30


def export(children: Children, lake: Lake, run: str, **more: Any) -> int | None:
    """Export in a child; return its number of steps, None if it was killed as it should."""
    return children.export(root=str(lake.root), start=START, end=END, run=run, **more)


def calls(lake: Lake) -> int:
    return len(lake.zendesk.export_requests)


def data(lake: Lake) -> dict[str, bytes]:
    return {name: content for name, content in lake.files().items() if name.startswith("tickets")}


def manifests(lake: Lake) -> list[dict[str, object]]:
    """Return the manifests without ids, times, pages and requests."""
    documents = lake.manifests()
    for document in documents:
        for changing in ("committed_at", "run", "replaced"):
            document.pop(changing)
        for changing in ("pages", "requests"):
            document["counts"].pop(changing)
        for changing in ("server_time", "first_server_time", "first_cursor", "last_cursor"):
            document["stop"].pop(changing)
    return documents


@pytest.mark.parametrize("suffix", ["jsonl.gz", "parquet"])
@pytest.mark.parametrize("replacing", [False, True], ids=["first export", "replacing"])
def test_a_killed_export_is_finished_by_the_next_process(
    zendesk: ZendeskEmulator, children: Children, tmp_path: Path, replacing: bool, suffix: str
) -> None:
    def fresh(name: str) -> Lake:
        lake = Lake(zendesk, tmp_path / name)
        if replacing:
            export(children, lake, "yesterday")
        return lake

    whole = fresh("undisturbed")
    before = calls(whole)
    steps = export(children, whole, "today", suffix=suffix)
    needed = calls(whole) - before
    assert steps is not None
    points = range(1, steps + 1)
    if not os.environ.get("ZENDESK_KILL_ALL"):
        points = points[:: max(1, 4 * steps // SOME)]
    for point in points:
        lake = fresh(f"killed at {point}")
        before = calls(lake)
        assert export(children, lake, "today", kill_at=point, suffix=suffix) is None
        export(children, lake, "today", suffix=suffix)
        assert data(lake) == data(whole), f"killed at step {point} of {steps}"
        assert manifests(lake) == manifests(whole)
        assert calls(lake) - before <= needed + PAGES
        assert holds_what_is_listed(lake)


def test_an_export_killed_twice_is_finished_all_the_same(
    zendesk: ZendeskEmulator, children: Children, tmp_path: Path
) -> None:
    whole = Lake(zendesk, tmp_path / "undisturbed")
    steps = export(children, whole, "today")
    assert steps is not None
    for first, second in ((steps // 3, steps // 4), (steps // 2, 5), (2 * steps // 3, steps // 3)):
        lake = Lake(zendesk, tmp_path / f"killed at {first} and {second}")
        assert export(children, lake, "today", kill_at=first) is None
        export(children, lake, "today", kill_at=second)
        export(children, lake, "today")
        assert data(lake) == data(whole)
        assert holds_what_is_listed(lake)
    assert json.dumps(manifests(whole))
