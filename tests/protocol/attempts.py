# SPDX-License-Identifier: Apache-2.0
"""
The real exporter, one storage operation at a time.

An attempt does the same whenever its operations return the same: where it stands is what they returned, from its start.
So a place is explored once, and a process that is needed there again is led there by the same results.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import greenlet
from msgspec import Raw

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.export import exporter, plan
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.lake import commit
from airflow_provider_zendesk.lake.manifest import Run, dump
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.stream import stream
from airflow_provider_zendesk.stream.page import Page, Row
from airflow_provider_zendesk.window import Window
from tests.protocol.store import Operation, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    import pytest


ACCOUNT = Account.at("https://acme.zendesk.com")
START = 1763596800
WINDOW = Window(START, START + 86400)
SUSPENDED = 500


class SuspendingStorage:
    """Hands each operation to whoever explores, and goes on when told what it returned."""

    concurrency = 1

    def _do(self, kind: str, name: str, data: bytes = b"", prefix: str = "") -> Any:
        return greenlet.getcurrent().parent.switch(Operation(kind, name, data, prefix))

    def with_scratch(self, prefix: str) -> SuspendingStorage:
        return self

    def put(self, name: str, data: bytes) -> None:
        self._do("put", name, data)

    def create(self, name: str, data: bytes) -> bool:
        return bool(self._do("create", name, data))

    def get(self, name: str) -> bytes:
        data: bytes | None = self._do("get", name)
        if data is None:
            raise FileNotFoundError(name)
        return data

    def files(self, folder: str, prefix: str = "") -> list[str]:
        return list(self._do("files", folder, prefix=prefix))

    def folders(self, folder: str) -> list[str]:
        return list(self._do("folders", folder))

    def find(self, folder: str, prefix: str = "") -> list[str]:
        return list(self._do("find", folder, prefix=prefix))

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._do("delete", name)

    def remove_if_empty(self, folder: str) -> None:
        pass


class Process:
    """
    The exporter at work.

    :param name: of the attempt.
    :param export: what it does.
    """

    current: Process | None = None

    def __init__(self, name: str, export: Callable[[], Exception | None]) -> None:
        self._name = name
        self._greenlet = greenlet.greenlet(export)
        self._ids = 0
        self.time = WINDOW.end + 7200.0 + sum(name.encode())
        self.round = 0
        self.planning = False
        self.commits = 0
        """How many intents it is carrying out: one or none."""
        self.milestone: Hashable = None
        self.export: Exporter | None = None

    def go_on(self, *result: Result) -> Operation | Exception | None:
        """Work up to the next operation; return that, or what it ended with."""
        self.milestone = None
        Process.current = self
        try:
            return self._greenlet.switch(*result)
        finally:
            Process.current = None

    def passes(self, *milestone: Hashable) -> None:
        """Note that what is done from here on depends on nothing but this, whatever happened before."""
        assert self.export is not None
        self.milestone = (self.round, dump(self.export._progress.state()), *milestone)
        self._ids = 0

    def new_id(self) -> str:
        self._ids += 1
        return f"{self._name}-{self.round}-{'p' if self.planning else 'x'}{self._ids}"


@dataclass(eq=False, slots=True)
class Place:
    """
    Where an attempt stands.

    :param number: the place's own.
    :param before: the place from which it was reached first.
    :param result: what the operation returned there.
    :param operation: what is done next; None: the attempt has ended.
    :param error: what it ended with.
    :param is_committing: it is carrying out an intent.
    :param process: one that stands here, if there is one.
    """

    number: int
    attempt: Attempt
    before: Place | None
    result: Result
    operation: Operation | None
    error: Exception | None
    is_committing: bool
    process: Process | None
    nexts: dict[Result, Place] = field(default_factory=dict)

    def way(self) -> list[tuple[Operation, Result]]:
        """Return the operations that lead here, with what they returned."""
        steps = []
        place = self
        while place.before is not None and place.before.operation is not None:
            steps.append((place.before.operation, place.result))
            place = place.before
        return steps[::-1]


class Attempt:
    """
    One process that exports the window.

    :param name: unique: its ids begin with it.
    :param run: whose.
    :param rows: what Zendesk gives it; each becomes a part.
    :param places: of all attempts; new ones are added.
    :param after_dead_commit: it is the retry of an attempt that died while it carried out an intent.
    """

    def __init__(
        self,
        name: str,
        run: str,
        rows: tuple[bytes, ...],
        places: list[Place],
        *,
        rounds: int,
        after_dead_commit: bool = False,
    ) -> None:
        self.name = name
        self.rows = rows
        self.after_dead_commit = after_dead_commit
        self._places = places
        self._milestones: dict[Hashable, Place] = {}
        self._suspended: deque[Place] = deque()
        self._operations: dict[Operation, Operation] = {}
        self._client = client_that_gives(rows)
        endpoint = TICKETS.endpoint()
        self.job = Job(
            account=ACCOUNT.name,
            resource=TICKETS,
            endpoint=endpoint,
            query=TICKETS.query(endpoint),
            window=WINDOW,
            partition_by="day",
            run=Run("dag", run, "task", -1, 0),
            policy=Policy(rounds=rounds, part_records=1),
        )
        self.start = self._arrive(Process(name, self._export), None, None)

    def after(self, place: Place, result: Result) -> Place:
        """Return where the attempt stands when the operation of a place has returned a result."""
        if result not in place.nexts:
            process, place.process = place.process or self._led_to(place), None
            place.nexts[result] = self._arrive(process, place, result)
        return place.nexts[result]

    def _export(self) -> Exception | None:
        try:
            export = Exporter(self.job, self._client, SuspendingStorage())  # type: ignore[arg-type]
            assert Process.current is not None
            Process.current.export = export
            export.run()
        except Exception as error:
            return error.with_traceback(None)  # it would keep all that the process had
        return None

    def _led_to(self, place: Place) -> Process:
        process = Process(self.name, self._export)
        asked = process.go_on()
        for operation, result in place.way():
            assert asked == operation, "an attempt did something else although all was the same"
            asked = process.go_on(result)
        assert asked == place.operation
        return process

    def _arrive(self, process: Process, before: Place | None, result: Result) -> Place:
        asked = process.go_on() if before is None else process.go_on(result)
        known = self._milestones.get(process.milestone)
        if known is not None:
            assert known.operation == asked
            return known
        is_operation = isinstance(asked, Operation)
        place = Place(
            len(self._places),
            self,
            before,
            result,
            self._operations.setdefault(asked, asked) if is_operation else None,  # type: ignore[arg-type]
            None if is_operation else asked,  # type: ignore[arg-type]
            process.commits > 0,
            process if is_operation else None,
        )
        self._places.append(place)
        # A process takes 30 kB; those of places that were left long ago are rarely needed again.
        self._suspended.append(place)
        if len(self._suspended) > SUSPENDED:
            self._suspended.popleft().process = None
        if process.milestone is not None:
            self._milestones[process.milestone] = place
        return place


def client_that_gives(rows: tuple[bytes, ...]) -> ZendeskClient:
    """Return a client whose every page is the same and ends the stream; nothing is sent."""
    client = ZendeskClient(ACCOUNT)
    page = Page(
        rows=[Row(index, START + index, False, Raw(raw)) for index, raw in enumerate(rows)],
        sideloads={},
        compacted=0,
        latest=START + len(rows) - 1,
        end_of_stream=True,
        after_cursor="cursor",
        end_time=None,
        server_time=WINDOW.end + 3600,
        size=0,
        calls_left=None,
    )
    client.get = lambda *_, **__: page  # type: ignore[method-assign]
    return client


def install(monkeypatch: pytest.MonkeyPatch, *, milestones: bool = True) -> None:
    """
    Make the exporter's processes repeatable.

    :param milestones: forget at some points how an attempt came there; see :func:`_note_milestones`.
    """
    now = time.time

    def time_of_process() -> float:
        return now() if Process.current is None else Process.current.time

    monkeypatch.setattr(time, "time", time_of_process)
    monkeypatch.setattr(uuid, "uuid4", lambda: SimpleNamespace(hex=Process.current.new_id()))  # type: ignore[union-attr]
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    # What takes long and has nothing to do with storage.
    monkeypatch.setattr(exporter, "TemporaryDirectory", lambda **_: nullcontext("unused"))
    monkeypatch.setattr(stream, "PageDecoder", lambda *_: None)
    _note_milestones(monkeypatch, milestones=milestones)


def _note_milestones(monkeypatch: pytest.MonkeyPatch, *, milestones: bool) -> None:
    """
    Tell of each process where it is in the story, and what alone its future depends on from there.

    That is the round and what it knows of the window's progress, the intents that it has still to carry out while it
    plans, and the intent during a commit: no other result of an operation is kept in a variable that is read later.
    Without this each listing that showed one object more or less would double all that follows.
    """

    def around(module: Any, name: str, work: Callable[..., Any]) -> None:
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *args, **options: work(Process.current, real, *args, **options)
        )

    def list_staged(process: Process, real: Callable[..., Any], *args: Any) -> Any:
        if not process.export._progress.is_complete:  # type: ignore[union-attr]
            process.round += 1
            process.planning = True
            pass_("plan")
        staged = real(*args)
        names = sorted(name for of_window in staged.values() for name in of_window)
        if process.planning:
            pass_("staged", *(name for name in names if name.endswith("/intent.json")))
        else:
            pass_("finishing", bool(names))
        return staged

    def finish_intent(process: Process, real: Callable[..., Any], *args: Any) -> None:
        real(*args)
        pass_("an intent is carried out", args[-1])

    def look_up(process: Process, real: Callable[..., Any], *args: Any) -> None:
        real(*args)
        process.planning = False
        pass_("planned")

    def resume(process: Process, real: Callable[..., Any], *args: Any) -> Any:
        checkpoint = real(*args)
        assert checkpoint is None, "a page that ends the stream leaves no checkpoint"
        pass_("nothing to resume")

    def carry_out(
        process: Process, real: Callable[..., Any], storage: Any, names: Any, intent: Any, *own: Any
    ) -> Any:
        process.commits += 1
        # A plan may have further intents to carry out: it remembers which.
        if not process.planning:
            pass_("carry out", dump(intent), *map(bool, own))
        manifest = real(storage, names, intent, *own)
        process.commits -= 1
        return manifest

    def pass_(*milestone: Hashable) -> None:
        process = Process.current
        if milestones:
            process.passes(*milestone)

    around(exporter, "list_staged", list_staged)
    around(plan, "finish_intent", finish_intent)
    around(exporter, "look_up", look_up)
    around(exporter.Checkpoints, "resume", resume)
    around(commit, "carry_out", carry_out)
