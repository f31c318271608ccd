# SPDX-License-Identifier: Apache-2.0
"""
Two attempts at one window, in every order their storage operations can come in, and with a crash at any of them.

The exporter is the real one; the store is a model that does one operation at a time, and Zendesk is a page in memory.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import time
import uuid
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from airflow_provider_zendesk.client.client import Answer
from airflow_provider_zendesk.export import exporter, stream, writer
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.export.manifest import Intent, Manifest, Run
from airflow_provider_zendesk.export.page import PageDecoder
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.window import Window
from tests.protocol.model import Law, Moved, NotThere, Objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.export.storage import Storage

START = 1763596800
DAY = 86400
NOW = START + 10 * DAY
TICKETS = get_resource("tickets")
ENDPOINT = TICKETS.endpoint(None)
QUERY = TICKETS.query(ENDPOINT)


class Account:
    """A client whose one page, the last, holds the rows that this attempt finds."""

    def __init__(self, rows: list[bytes]) -> None:
        body = b'{"tickets":[%b],"after_cursor":"c","end_of_stream":true}' % b",".join(rows)
        self._page = PageDecoder(TICKETS, ENDPOINT, QUERY)(Answer(body, NOW, "", None))
        self.requests = 0

    def get(self, path: str, query: object, decode: object) -> Any:
        self.requests += 1
        return self._page


class Attempt:
    """
    One try of a run to export the window. Its rows are of its own, so that a mix would show.

    :param name: names it apart.
    :param run: the run it is a try of.
    :param rows: how many; each is a part.
    """

    def __init__(self, name: str, run: str, rows: int = 1) -> None:
        self._name = name
        self.run = Run("dag", run, "task", -1, 0)
        self.rows = [
            b'{"id":%d,"generated_timestamp":%d,"by":"%b"}' % (number, START + number, name.encode())
            for number in range(rows)
        ]
        self._account = Account(self.rows)

    def __call__(self, storage: Storage) -> Run:
        Clockwork.begin(self._name)
        job = Job(
            account="account.zendesk.com",
            resource=TICKETS,
            endpoint=ENDPOINT,
            query=QUERY,
            window=Window(START, START + DAY),
            partition_by="day",
            run=self.run,
        )
        Exporter(job, self._account, storage).run()  # type: ignore[arg-type]
        return self.run


class Clockwork:
    """Unguessable ids that can be guessed and a clock that stands still: an attempt does the same when replayed."""

    _name = ""
    _ids = 0

    @classmethod
    def begin(cls, name: str) -> None:
        cls._name, cls._ids = name, 0

    @classmethod
    def uuid4(cls) -> uuid.UUID:
        cls._ids += 1
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{cls._name} {cls._ids}")

    @classmethod
    def time(cls) -> float:
        return NOW + sum(cls._name.encode())


@pytest.fixture(autouse=True)
def attempts_that_can_be_replayed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(uuid, "uuid4", Clockwork.uuid4)
    monkeypatch.setattr(time, "time", Clockwork.time)
    # A part for each row; and no decoder, no folder for spools, no log: they are not used, and take time.
    monkeypatch.setattr(writer, "MAX_RECORDS", 1)
    monkeypatch.setattr(stream, "PageDecoder", lambda *arguments: None)
    monkeypatch.setattr(exporter, "TemporaryDirectory", lambda **options: nullcontext(""))
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


# The laws


def manifests_in(objects: Objects) -> list[Manifest]:
    """Return the manifests that lie there, by revision."""
    found = [
        msgspec.json.decode(data, type=Manifest)
        for name, data in objects.lying.items()
        if name.startswith("_manifests/")
    ]
    return sorted(found, key=lambda manifest: manifest.revision)


def highest(objects: Objects) -> int:
    return max((manifest.revision for manifest in manifests_in(objects)), default=-1)


def revision_of(name: str) -> int:
    return int(name.rpartition("Z-r")[2].partition("-")[0].partition(".")[0])


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def intents_ever(objects: Objects) -> Iterator[Intent]:
    for name, data in objects.ever:
        if name.endswith("/intent.json"):
            yield msgspec.json.decode(data, type=Intent)


def check_move(move: Moved) -> None:
    kind, name, *rest = move.operation
    if kind == "get" and isinstance(move.result, NotThere) and not name.startswith("_staging/"):
        check(highest(move.before) > revision_of(name), "what a reader was led to is gone, and not replaced")
    if move.after is move.before:
        return
    check_readers(move.after)
    if name.endswith("/intent.json") and kind == "create":
        check_intent(move.before, msgspec.json.decode(rest[0], type=Intent))
    elif name.startswith("tickets/") and kind == "delete":
        check(
            name not in move.before.lying or highest(move.before) > revision_of(name),
            "rows vanish unreplaced",
        )
    elif name.startswith("tickets/"):
        decided = {(part.final, part.sha256) for intent in intents_ever(move.before) for part in intent.parts}
        check((name, digest(rest[0])) in decided, "rows appear that no intent has decided on")


def check_intent(before: Objects, intent: Intent) -> None:
    whole = all(digest(before.lying.get(part.staged, b"")) == part.sha256 for part in intent.parts)
    check(
        whole or highest(before) >= intent.manifest.revision, "decided to commit what is not whole in staging"
    )


def check_readers(objects: Objects) -> None:
    """Whoever reads the highest manifest finds its files; and no name ever has two contents, so none is mixed."""
    found = manifests_in(objects)
    if found:
        for file in found[-1].files:
            check(digest(objects.lying.get(file.path, b"")) == file.sha256, f"{file.path} is not whole")
    names = [name for name, _ in objects.ever if not name.startswith("_staging/")]
    check(len(names) == len(set(names)), "an object was overwritten by another")


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Law(otherwise)


class WhenAllHaveEnded:
    """
    What must hold when the last attempt has ended.

    :param tasks: their attempts.
    :param revisions: the ones it may have come to.
    """

    def __init__(self, tasks: list[list[Attempt]], revisions: range) -> None:
        self._attempts = [attempt for task in tasks for attempt in task]
        self._revisions = revisions

    def __call__(self, objects: Objects, results: list[Any]) -> None:
        found = manifests_in(objects)
        check(len(found) == 1, f"{len(found)} manifests are left")
        (manifest,) = found
        lying = {name for name in objects.lying if not name.startswith("_manifests/")}
        check(not any(name.startswith("_staging/") for name in lying), "something is left in staging")
        check(lying == {file.path for file in manifest.files}, "not only what the manifest lists is left")
        contents = [gzip.decompress(objects.lying[file.path]) for file in manifest.files]
        whole = [[row + b"\n" for row in one.rows] for one in self._attempts if one.run == manifest.run]
        check(contents in whole, "the rows are not those of one attempt")
        check(manifest.revision in self._revisions, f"it ended as revision {manifest.revision}")


def two_tries_of_one_run(rows: int = 1) -> list[list[Attempt]]:
    """The worker of the first was lost but lives on; either may die after all, and is tried again."""
    return [[Attempt(name, "today", rows), Attempt(f"{name}, again", "today", rows)] for name in ("first", "second")]


def two_runs(rows: int = 1) -> list[list[Attempt]]:
    return [[Attempt(name, name, rows), Attempt(f"{name}, again", name, rows)] for name in ("one", "other")]
