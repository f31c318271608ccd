# SPDX-License-Identifier: Apache-2.0
"""Every interleaving of two attempts at one window, with a crash of one of them and its retry, step by step."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.layout import MARKER
from airflow_provider_zendesk.lake.manifest import dump
from airflow_provider_zendesk.lake.marker import Marker
from tests.protocol.attempts import ACCOUNT, Attempt, Place
from tests.protocol.readers import Readers, View, manifest
from tests.protocol.store import Operation, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.lake.manifest import Manifest

LATE = "a glob is not exact while an overtaken attempt carries out its intent"
LATE_AND_DEAD = "a glob is not exact after such an attempt has died"


@dataclass(frozen=True)
class Scenario:
    """
    Two attempts at a window.

    :param name: for people.
    :param runs: of which run each attempt is.
    :param rows: of each; one row is one part.
    :param before: the rows that another run has committed before; None: it is the first export.
    """

    name: str
    runs: tuple[str, str]
    rows: tuple[tuple[bytes, ...], tuple[bytes, ...]]
    before: tuple[bytes, ...] | None


class Step(NamedTuple):
    """One attempt's operation, or its death."""

    attempt: str
    operation: str


class State(NamedTuple):
    """
    All that decides what can follow.

    :param view: number of what lies in the store.
    :param first: number of the first attempt's place.
    :param second: number of the second's.
    :param last: which of them worked last; -1: either may go on without a switch.
    :param switches: how often one may still be stopped for the other.
    """

    view: int
    first: int
    second: int
    last: int
    switches: int

    def packed(self) -> int:
        """Return the state as one number of 64 bits, which no other state has."""
        return (
            ((self.view << 21 | self.first) << 21 | self.second) << 2 | self.last + 1
        ) << 3 | self.switches


class Numbers:
    """A set of numbers of 64 bits, in a tenth of the memory of Python's: there are millions of states."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 << 16))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, number: int) -> bool:
        """Add a number; True if it is new."""
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        slots, last = self._slots, len(self._slots) - 1
        index = (number * 0x9E3779B97F4A7C15 >> 24) & last
        # 0 marks a free slot.
        while slots[index]:
            if slots[index] == number + 1:
                return False
            index = (index + 1) & last
        slots[index] = number + 1
        self._count += 1
        return True

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        self._count = 0
        for number in old:
            if number:
                self.add(number - 1)


@dataclass
class Found:
    """
    What an exploration has come to.

    :param states: how many.
    :param faults: what must not be, each with the schedule of fewest switches seen.
    :param faulty: how often each of them was seen.
    :param outcomes: whose revisions followed each other, and at how many ends.
    """

    states: int = 0
    faults: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    faulty: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, fault: str, schedule: tuple[Step, ...]) -> None:
        self.faulty[fault] += 1
        if fault not in self.faults or _cost(schedule) < _cost(self.faults[fault]):
            self.faults[fault] = schedule

    def story(self) -> str:
        """Return the faults with their schedules, for people."""
        return "\n".join(f"{fault}:\n{told(schedule)}" for fault, schedule in self.faults.items())


class Exploration:
    """
    Explores a scenario.

    :param scenario: what.
    :param switches: how often an attempt is stopped, at most, so that the other works; None: at every operation.
        A crash and an end are no switches.
    :param crash: one attempt may die between any two operations, or behind its last before anyone learns of it, and is
        started again. To die in an operation is to die before or after it: they are atomic.
    :param retry_at_once: it is started again at any moment, and not only when the other has ended.
    :param rounds: how often an attempt that others overtake begins anew.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        switches: int | None,
        crash: bool,
        retry_at_once: bool = True,
        rounds: int = 2,
    ) -> None:
        self._bounded = switches is not None
        self._switches = switches or 0
        self._crash = crash
        self._retry_at_once = retry_at_once
        self._rounds = rounds
        self.store = Store()
        self.places: list[Place] = []
        self.readers = Readers(self.store)
        self.found = Found()
        self._scenario = scenario
        before = scenario.before
        self._base, _ = self.store.apply(Operation("put", MARKER, dump(Marker(ACCOUNT.name))), 0)
        if before is not None:
            attempt = Attempt("Z", "yesterday", before, self.places, rounds=rounds)
            self._base = self._alone(attempt, self._base)
        self._firsts = [self._attempt(slot, "AB"[slot]) for slot in (0, 1)]
        # That a retry follows a commit cut short matters to readers only.
        self._retries = {
            (slot, committing): self._attempt(slot, "AB"[slot] + "'", after_dead_commit=committing)
            for slot in (0, 1)
            for committing in (False, True)
        }
        self._results = [self._result_alone(slot) for slot in (0, 1)]

    def run(self) -> Found:
        """Go depth first, which needs no memory but for the states that were seen."""
        view = self.readers.look(self._base)
        start = State(view.number, *(attempt.start.number for attempt in self._firsts), -1, self._switches)
        seen = Numbers()
        seen.add(start.packed())
        path: list[Step] = []
        stack = [self._follow(start, path)]
        while stack:
            for step, state in stack[-1]:
                if seen.add(state.packed()):
                    path.append(step)
                    stack.append(self._follow(state, path))
                    break
            else:
                stack.pop()
                if path:
                    path.pop()
        self.found.states = len(seen)
        return self.found

    def _attempt(self, slot: int, name: str, *, after_dead_commit: bool = False) -> Attempt:
        run, rows = self._scenario.runs[slot], self._scenario.rows[slot]
        return Attempt(name, run, rows, self.places, rounds=self._rounds, after_dead_commit=after_dead_commit)

    def _alone(self, attempt: Attempt, state: int) -> int:
        """Return the state that an attempt leaves which nothing disturbs."""
        place = attempt.start
        while place.operation is not None:
            state, result = self.store.apply(place.operation, state)
            place = attempt.after(place, result)
        return state

    def _result_alone(self, slot: int) -> tuple[object, ...]:
        (one,) = self.readers.manifests(self._alone(self._attempt(slot, "alone"), self._base))
        return _result(one)

    def _follow(self, state: State, path: list[Step]) -> Iterator[tuple[Step, State]]:
        view = self.readers.views[state.view]
        places = self.places[state.first], self.places[state.second]
        if all(place.operation is None for place in places):
            self._judge_end(view, path)
        for slot in (0, 1):
            yield from self._work(slot, state, view, places, path)
        if self._crash and all(place.attempt in self._firsts for place in places):
            for slot in (0, 1):
                if not self._bounded or state.last == slot:
                    retry = self._retries[slot, places[slot].is_committing].start
                    yield (
                        Step(places[slot].attempt.name, "dies"),
                        self._next(state, view, slot, retry, -1, state.switches),
                    )

    def _work(
        self, slot: int, state: State, view: View, places: tuple[Place, Place], path: list[Step]
    ) -> Iterator[tuple[Step, State]]:
        place, other = places[slot], places[1 - slot]
        switches = state.switches
        if self._bounded and state.last == 1 - slot and other.operation is not None:
            switches -= 1
        waits = not self._retry_at_once and other.operation is not None and place.attempt not in self._firsts
        if place.operation is None or switches < 0 or waits:
            return
        after, result = self.store.apply(place.operation, view.state)
        arrived = place.attempt.after(place, result)
        seen = self.readers.look(after, view.read)
        step = Step(place.attempt.name, f"{place.operation.kind} {place.operation.name}")
        for fault in (*seen.faults, *_faults_of((arrived, other), seen)):
            self.found.add(fault, (*path, step))
        last = slot if self._bounded else -1
        yield step, self._next(state, seen, slot, arrived, last, switches)

    @staticmethod
    def _next(state: State, view: View, slot: int, place: Place, last: int, switches: int) -> State:
        first, second = (place.number, state.second) if slot == 0 else (state.first, place.number)
        return State(view.number, first, second, last, switches)

    def _judge_end(self, view: View, path: list[Step]) -> None:
        """Guarantees 3 and 4, when all attempts have ended."""
        manifests = self.readers.manifests(view.state)
        new = [manifest(data) for _, data in view.read][0 if self._scenario.before is None else 1 :]
        if self.readers.staged(view.state):
            self.found.add("at the end something is left in staging", tuple(path))
        if len(manifests) != 1 or not view.is_exact:
            self.found.add("at the end the dataset holds not what one manifest lists", tuple(path))
        if not new or any(_result(one) not in self._results for one in new):
            self.found.add("a revision is not what one of the attempts exports alone", tuple(path))
        if len(set(self._scenario.runs)) == 1 and len(new) != 1:
            self.found.add("a run has committed the window twice", tuple(path))
        self.found.outcomes[tuple(one.run.run_id for one in new)] += 1


def _result(of: Manifest) -> tuple[object, ...]:
    files = tuple((file.dataset, file.records, file.bytes, file.sha256) for file in of.files)
    return of.run, of.counts, files


def _faults_of(places: tuple[Place, Place], view: View) -> Iterator[str]:
    """Yield what is wrong with the attempts, and with what a globbing reader sees."""
    for place in places:
        # Overtaken again and again, an attempt may give up, and says so.
        if place.error is not None and not isinstance(place.error, ExportConflictError):
            yield f"an attempt fails: {type(place.error).__name__}"
    if view.is_exact or view.has_intent:
        return
    if any(place.is_committing for place in places):
        yield LATE
    elif any(place.operation and place.attempt.after_dead_commit for place in places):
        yield LATE_AND_DEAD
    else:
        yield "a glob is not exact outside a commit"


def _cost(schedule: tuple[Step, ...]) -> tuple[int, ...]:
    deaths = sum(step.operation == "dies" for step in schedule)
    return deaths, sum(1 for _ in groupby(schedule, key=lambda step: step.attempt)), len(schedule)


def told(schedule: tuple[Step, ...]) -> str:
    """Return a schedule as people read it: turn by turn, of each the number of steps and the last."""
    turns = [list(steps) for _, steps in groupby(schedule, key=lambda step: step.attempt)]
    return "\n".join(
        f"  {turn[0].attempt}: {len(turn)} steps, up to: {'; '.join(step.operation for step in turn[-3:])}"
        for turn in turns
    )
