# SPDX-License-Identifier: Apache-2.0
"""
The kill test on S3: a process that exports is SIGKILLed at a call of the driver or a page, and another goes on.

``make test-stores`` tries 30 of the points at which it can die, ``make test-kill`` all of them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.lake.storage import open_storage
from tests.kill.child import PAGES
from tests.kill.children import Children
from tests.kill.conftest import DAY, END, START
from tests.kill.test_kill import SOME, calls, data, manifests
from tests.lakes import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stores.server import Store


@dataclass
class StoreLake(Lake):
    """A root in a store, as a driver of its own sees it."""

    root: Any
    filesystem: Any = None

    def files(self) -> dict[str, bytes]:
        names = open_storage(self.filesystem, self.root).find("")
        found = self.filesystem.cat([f"{self.root}/{name}" for name in names])
        return {name: found[f"{self.root}/{name}"] for name in names}

    def manifests(self) -> list[dict[str, Any]]:
        return [
            json.loads(content) for name, content in self.files().items() if name.startswith("_manifests/")
        ]

    def is_tidy(self) -> bool:
        return {
            name for name in self.files() if not name.startswith(("_manifests/", "_lake.json"))
        } == self.listed()


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + DAY) as emulator:
        emulator.account.populate(START - DAY, END + 3600, tickets=150)
        yield emulator


@pytest.fixture
def children(s3: Store, zendesk: ZendeskEmulator) -> Iterator[Children]:
    command = ["tests.stores.export_child", s3.dump(), zendesk.url, zendesk.oauth_token]
    children = Children(command, ready=5)
    yield children
    children.close()


@pytest.mark.parametrize("replacing", [False, True], ids=["first export", "replacing"])
def test_an_export_to_s3_that_was_killed_is_finished_by_the_next_process(
    s3: Store,
    zendesk: ZendeskEmulator,
    children: Children,
    replacing: bool,
) -> None:
    filesystem = s3.filesystem()

    def fresh(name: str) -> StoreLake:
        lake = StoreLake(zendesk, s3.at(name).root, filesystem=filesystem)
        if replacing:
            export(lake, "yesterday")
        return lake

    def export(lake: StoreLake, run: str, kill_at: int = 0) -> int | None:
        return children.export(root=lake.root, start=START, end=END, run=run, kill_at=kill_at)

    whole = fresh("undisturbed")
    before = calls(whole)
    steps = export(whole, "today")
    needed = calls(whole) - before
    assert steps is not None
    wanted_data, wanted_manifests = data(whole), manifests(whole)
    assert len(wanted_data) == len(whole.listed()) > 10
    points = range(1, steps + 1)
    if not os.environ.get("ZENDESK_KILL_ALL"):
        points = points[:: max(1, 2 * steps // SOME)]
    for point in points:
        lake = fresh(f"killed-at-{point}")
        before = calls(lake)
        assert export(lake, "today", kill_at=point) is None
        export(lake, "today")
        assert data(lake) == wanted_data, f"killed at step {point} of {steps}"
        assert manifests(lake) == wanted_manifests
        # On S3 the next page is asked for while windows are committed.
        assert calls(lake) - before <= needed + PAGES + 1
        assert lake.is_tidy()
    print(f"killed at {len(points)} of {steps} steps")
