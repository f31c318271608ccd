# SPDX-License-Identifier: Apache-2.0
"""
As :mod:`tests.lake.test_hostile_lake`, with documents and names that nobody thought of.

An export of a day and a verification work, or end with an error of this package. What is outside the root stays as it is.
"""

from __future__ import annotations

import gzip
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.lake.layout import WindowNames, rate_limit_hint
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.window import Window
from tests.lake.test_commit import DiesAfter, Killed
from tests.lakes import Lake, a_run
from tests.mutations import documents, mutated, mutations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

DAY = 86400
START = 1763596800  # 2025-11-20
NOW = START + 30 * DAY
NAMES = WindowNames("tickets", Window(START, START + DAY), "day")
HINT = rate_limit_hint(TICKETS.endpoint().rate_limit)
SECRET = b"a file of somebody else's\n"
DYING = ["checkpoint-00001.json", "intent.json"]
PROPERTY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


class Attacked:
    """
    A lake with a committed day and what a run left that died when it was exporting that day again.

    :param zendesk: where the rows come from.
    :param folder: of the root, and of files of somebody else's around it.
    """

    def __init__(self, zendesk: ZendeskEmulator, folder: Path) -> None:
        self._folder = folder
        self._lake = Lake(zendesk, folder / "lakes" / "lake", policy=Policy(checkpoint_pages=1))
        self.root = self._lake.root
        for name in ("x", "victim/x", "victim/inside/r0", "lakes/x", "lakes/victim/x", "lakes/tickets/x"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(SECRET)
        zendesk.account.populate(START - DAY, START + 2 * DAY, tickets=30)
        zendesk.clock.set(NOW)
        self._truth = sorted(row.raw for row in zendesk.truth(START, START + DAY))
        self._export("yesterday")
        hint = b'{"account":"%b","not_before":"2025-12-20T00:01:00Z"}' % zendesk.url.encode()
        self._lake.storage.put(HINT, hint)
        committed = self._lake.files()
        self.left: dict[str, dict[str, bytes]] = {}
        """The files of the root after a run died once it had put an object with such a name."""
        for ending in DYING:
            self._put_back(committed)
            with pytest.raises(Killed):
                self._export("today", DiesAfter(ending, str(self.root), self._lake.policy))
            self.left[ending] = self._lake.files()

    def attack(self, ending: str, change: Callable[[], object]) -> None:
        """Change the root, go on with what the run left, and verify."""
        self._put_back(self.left[ending])
        around = self._around()
        change()
        with suppress(ZendeskError):
            self._export("today")
        with suppress(ZendeskError):
            verify(self._lake.storage, "tickets", check_content=True)
        assert self._around() == around
        assert SECRET not in [path.read_bytes() for path in self.root.rglob("*") if is_file(path)]

    def rows_are_true(self) -> bool:
        """True if the newest revision has exactly the rows of the day."""
        newest = max(self._lake.manifests(), key=lambda one: int(one["revision"]))
        parts = [self.root / file["path"] for file in newest["files"] if file["dataset"] == "tickets"]
        rows = [row for part in parts for row in gzip.decompress(part.read_bytes()).splitlines()]
        return sorted(rows) == self._truth

    def _export(self, run: str, storage: DiesAfter | None = None) -> None:
        self._lake.export(
            START, START + DAY, partition_by="day", run=a_run(run), storage=storage, resumed=True, per_page=5
        )

    def _put_back(self, files: dict[str, bytes]) -> None:
        shutil.rmtree(self.root)
        for name, content in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(content)
        self._lake.zendesk.clock.set(NOW)

    def _around(self) -> dict[str, bytes]:
        paths = [path for path in self._folder.rglob("*") if not path.is_relative_to(self.root)]
        return {str(path): path.read_bytes() for path in paths if path.is_file()}


def is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


@pytest.fixture
def attacked(zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> Attacked:
    return Attacked(zendesk_emulator, tmp_path)


@pytest.mark.parametrize("ending", DYING)
def test_without_an_attack_the_run_goes_on(attacked: Attacked, ending: str) -> None:
    attacked.attack(ending, lambda: None)
    assert attacked.rows_are_true()
    assert (attacked.root / NAMES.manifest(1)).exists()


@PROPERTY
@given(st.sampled_from(DYING), st.data())
def test_whatever_a_document_says(attacked: Attacked, ending: str, data: st.DataObject) -> None:
    left = attacked.left[ending]
    document = [name for name in left if name.endswith(".json")]
    name = data.draw(st.sampled_from([*document, NAMES.manifest(1)]), "name")
    content = data.draw(documents(left.get(name, left[NAMES.manifest(0)])), "content")
    attacked.attack(ending, lambda: (attacked.root / name).write_bytes(content))


def put(path: Path, kind: str, victim: Path) -> None:
    """Put something at a path, in the place of what is there; nothing where no file can be."""
    with suppress(OSError):
        if path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "file":
                path.write_bytes(b"{}")
            case "folder":
                path.mkdir()
            case "pipe":
                os.mkfifo(path)
            case "link":
                path.symlink_to(victim)
            case "link to a file":
                path.symlink_to(victim / "x")


@PROPERTY
@given(st.data())
def test_whatever_a_name_is(attacked: Attacked, tmp_path: Path, data: st.DataObject) -> None:
    """Of a new object, or of one that replaces what the run left."""
    ending = data.draw(st.sampled_from(DYING), "ending")
    valid = data.draw(
        st.sampled_from([*attacked.left[ending], NAMES.manifest(1), f"{NAMES.attempt(1, 'x')}/y"]), "valid"
    )
    length = data.draw(st.integers(1, len(valid)), "length")
    steps = data.draw(st.just([]) | mutations, "steps")
    name = mutated(valid[:length].encode(), steps).replace(b"\0", b"0")
    kind = data.draw(st.sampled_from(["file", "folder", "link", "link to a file", "pipe"]), "kind")
    path = attacked.root / os.fsdecode(name)
    # What leads out of the root here would not be an object of the lake.
    assume(path != attacked.root and path.is_relative_to(attacked.root) and ".." not in path.parts)
    attacked.attack(ending, lambda: put(path, kind, tmp_path / "victim"))
