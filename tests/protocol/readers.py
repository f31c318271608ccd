# SPDX-License-Identifier: Apache-2.0
"""What two readers see in a state of the store: one goes by the manifest, one globs the dataset's folder."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.lake.manifest import Intent, Manifest, load

if TYPE_CHECKING:
    from tests.protocol.store import Store

NOWHERE = "a file is there that neither a manifest nor an intent lists"

Highest = tuple[int, bytes]


class View(NamedTuple):
    """
    A state of the store, and the manifests that were the highest so far.

    :param number: its own.
    :param state: of the store.
    :param read: revision and bytes of each manifest that was the highest so far: a reader may hold any of them.
    :param faults: what a reader by manifest, or any reader, must not see.
    :param is_exact: a globbing reader sees just what the highest manifest lists, or nothing before the first.
    :param has_intent: a commit is under way, as anyone can see.
    """

    number: int
    state: int
    read: tuple[Highest, ...]
    faults: tuple[str, ...]
    is_exact: bool
    has_intent: bool


class Readers:
    """Looks at every state once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[int, tuple[Highest, ...]], View] = {}
        self.views: list[View] = []

    def look(self, state: int, before: tuple[Highest, ...] = ()) -> View:
        """Return what is seen in a state after these manifests were the highest."""
        if (state, before) not in self._known:
            self._known[state, before] = self._look(state, before)
        return self._known[state, before]

    def manifests(self, state: int) -> list[Manifest]:
        objects = self._store.content(state)
        return [manifest(data) for name, data in objects.items() if name.startswith("_manifests/")]

    def staged(self, state: int) -> list[str]:
        return [name for name in self._store.content(state) if name.startswith("_staging/")]

    def _look(self, state: int, before: tuple[Highest, ...]) -> View:
        objects = self._store.content(state)
        committed = [data for name, data in objects.items() if name.startswith("_manifests/")]
        highest = max(((manifest(data).revision, data) for data in committed), default=(-1, b""))
        newest = before[-1] if before else (-1, b"")
        faults = [f"the highest manifest is r{highest[0]} after r{newest[0]}"] * (
            highest[0] < newest[0] or (highest[0] == newest[0] and highest != newest)
        )
        read = (*before, highest) if highest[0] > newest[0] else before
        lying = {name: sha256(data) for name, data in objects.items() if name.startswith("tickets/")}
        for revision, data in read:
            for file in manifest(data).files:
                there = lying.get(file.path)
                if there not in (None, file.sha256):
                    faults.append("a listed file has other bytes")
                if there is None and revision >= highest[0]:
                    faults.append("a listed file is missing")
        listed = {file.path: file.sha256 for file in manifest(highest[1]).files} if highest[1] else {}
        intents = [intent(data).manifest for name, data in objects.items() if name.endswith("/intent.json")]
        promised = [*(manifest(data) for _, data in read), *intents]
        known = {(file.path, file.sha256) for one in promised for file in one.files}
        if not known.issuperset(lying.items()):
            faults.append(NOWHERE)
        view = View(
            len(self.views),
            state,
            read,
            tuple(faults),
            lying == listed,
            bool(intents),
        )
        self.views.append(view)
        return view


@cache
def manifest(data: bytes) -> Manifest:
    return load(data, Manifest, "a manifest")


@cache
def intent(data: bytes) -> Intent:
    return load(data, Intent, "an intent")


@cache
def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
