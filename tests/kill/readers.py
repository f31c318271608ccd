# SPDX-License-Identifier: Apache-2.0
"""Two readers of a lake that look all the while: one trusts manifests, one globs."""

from __future__ import annotations

import glob
import hashlib
import json
import re
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lakes import Lake

PAUSE = 0.005
_REVISION = re.compile(r"-r(\d+)(?=[-.])")


def without_revision(name: str) -> str:
    return _REVISION.sub("", name)


def revision(name: str) -> int:
    return int(_REVISION.findall(name)[-1])


class Readers:
    """
    Look, and say what they saw that must not be.

    :param lake: where.
    :param contents: what each data file is to hold: by revision, by name without it; a revision that is not there is
        as the one before it.
    """

    def __init__(self, lake: Lake, contents: dict[int, dict[str, bytes]]) -> None:
        self._root = lake.root
        self._notes = Path(f"{lake.root}.commits")
        self._contents = contents
        self._seen: dict[str, int] = {}
        self._over = threading.Event()
        self.wrong: list[BaseException] = []
        self.whole = 0
        """Times that the one by manifest read a whole revision."""
        self.quiet = 0
        """Times that the one who globs looked while no commit was under way, and found one there."""

    @contextmanager
    def looking(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._loop, args=(look,)) for look in (self.by_manifest, self.by_glob)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def by_manifest(self) -> None:
        """Read each window's highest revision: whole, or replaced under our hands."""
        highest = self._highest()
        assert highest.keys() >= self._seen.keys(), "a committed window is gone"
        assert all(highest[window] >= before for window, before in self._seen.items()), "an older one is back"
        self._seen = highest
        for window, number in highest.items():
            try:
                manifest = self._manifest(window, number)
                files = {file["path"]: self._read(file["path"]) for file in manifest["files"]}
            except FileNotFoundError:
                self._replaced(window, number)
                continue
            assert files == {file: self._content(file) for file in files}
            assert {without_revision(file) for file in files} == self._names(window, number)
            assert all(
                hashlib.sha256(files[file["path"]]).hexdigest() == file["sha256"]
                for file in manifest["files"]
            )
            self.whole += 1

    def by_glob(self) -> None:
        """Read all that lies there: whole files, and of one revision but in a commit."""
        notes, highest = self._commits(), self._highest()
        seen = set()
        for path in glob.glob(f"{self._root}/tickets*/**/*-r*", recursive=True):
            name = path.removeprefix(f"{self._root}/")
            seen.add(name)
            try:
                assert self._read(name) == self._content(name), f"{name} is not whole"
            except FileNotFoundError:
                continue
        try:
            listed = {
                file["path"]
                for window, number in highest.items()
                for file in self._manifest(window, number)["files"]
            }
        except FileNotFoundError:
            listed = None
        # As the notes are what they were, all between was seen at one moment.
        if notes.count("+") != notes.count("-") or notes != self._commits():
            return
        assert seen == listed, "two revisions, or half of one, though no commit is under way"
        self.quiet += bool(seen)

    def _loop(self, look: Callable[[], None]) -> None:
        try:
            while not self._over.is_set():
                look()
                time.sleep(PAUSE)
        except BaseException as error:
            self.wrong.append(error)

    def _highest(self) -> dict[str, int]:
        """Return the highest committed revision of each window."""
        # Twice: a listing may miss a name that comes while it is read, and the one before it that goes.
        names = [
            Path(name).name
            for _ in range(2)
            for name in glob.glob("*/*.json", root_dir=self._root / "_manifests/tickets")
        ]
        return {
            without_revision(name).removesuffix(".json"): revision(name)
            for name in sorted(names, key=revision)
        }

    def _replaced(self, window: str, number: int) -> None:
        assert self._highest()[window] > number, (
            f"something of {window}-r{number} is missing, which is the highest"
        )

    def _manifest(self, window: str, number: int) -> Any:
        month = f"{window[:4]}-{window[4:6]}"
        return json.loads(self._read(f"_manifests/tickets/{month}/{window}-r{number}.json"))

    def _read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def _content(self, name: str) -> bytes:
        return self._contents[min(revision(name), max(self._contents))][without_revision(name)]

    def _names(self, window: str, number: int) -> set[str]:
        return {name for name in self._contents[min(number, max(self._contents))] if window in name}

    def _commits(self) -> str:
        """Return the notes that commits leave of their begin and end."""
        return self._notes.read_text() if self._notes.exists() else ""
