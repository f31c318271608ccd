# SPDX-License-Identifier: Apache-2.0
"""
Every interleaving of some attempts that share a store, with crashes in between.

What runs is the real code. An attempt is a function of what its storage operations returned, so it is advanced by
replaying it: the results so far are given back, and at the first operation that has none yet it stops. A state is what
lies in the store, and for each attempt its results so far; states that are reached twice are explored once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_zendesk.export.storage import Storage

Operation = tuple[Any, ...]
"""Its name and arguments: ``("put", name, data)``."""

MOST_STEPS = 300


class Law(Exception):
    """Something that must hold does not; the message tells how it came to that."""


class Stopped(BaseException):
    """The attempt has come to an operation that has no result yet. Nothing catches it."""


class NotThere(NamedTuple):
    """The result of getting an object that is not there."""

    name: str


class Objects(NamedTuple):
    """
    What lies in a store.

    :param lying: names and contents, by name.
    :param ever: likewise, of all that ever lay outside staging: by this one sees that a name changed its content.
    """

    lying: tuple[tuple[str, bytes], ...] = ()
    ever: frozenset[tuple[str, bytes]] = frozenset()

    def apply(self, operation: Operation) -> tuple[Objects, Any]:
        """Return what lies there after an atomic operation, and its result."""
        kind, name, *rest = operation
        lying = dict(self.lying)
        if kind == "get":
            return self, lying.get(name, NotThere(name))
        if kind == "files":
            return self, tuple(
                one for one in lying if one.rpartition("/")[0] == name and one.startswith(f"{name}/{rest[0]}")
            )
        if kind == "folders":
            inner = (one.removeprefix(f"{name}/").split("/") for one in lying if one.startswith(f"{name}/"))
            return self, tuple(sorted({f"{name}/{parts[0]}" for parts in inner if len(parts) > 1}))
        if kind == "find":
            return self, tuple(one for one in lying if one.startswith(f"{name}/"))
        if kind == "create" and name in lying:
            return self, lying[name] == rest[0]
        if kind == "delete":
            lying.pop(name, None)
            return self._replace(lying=tuple(lying.items())), None
        lying[name] = rest[0]
        ever = self.ever if name.startswith("_staging/") else self.ever | {(name, rest[0])}
        return Objects(tuple(sorted(lying.items())), ever), kind == "create" or None


class ReplayedStorage:
    """
    A storage that gives back recorded results.

    :param results: of the operations so far.
    :param folder_by_folder: objects below a folder are not found at one moment but as a local filesystem does it.
    """

    def __init__(self, results: Iterable[Any], *, folder_by_folder: bool) -> None:
        self._results = iter(results)
        self._folder_by_folder = folder_by_folder
        self.pending: Operation | None = None

    def _do(self, *operation: Any) -> Any:
        for result in self._results:
            if isinstance(result, NotThere):
                raise FileNotFoundError(result.name)
            return result
        self.pending = self.pending or operation
        raise Stopped

    def put(self, name: str, data: bytes, *, scratch: str) -> None:
        self._do("put", name, data)

    def create(self, name: str, data: bytes, *, scratch: str) -> bool:
        return bool(self._do("create", name, data))

    def get(self, name: str) -> bytes:
        data: bytes = self._do("get", name)
        return data

    def files(self, folder: str, prefix: str = "") -> list[str]:
        return list(self._do("files", folder, prefix))

    def folders(self, folder: str) -> list[str]:
        return list(self._do("folders", folder))

    def find(self, folder: str) -> list[str]:
        if not self._folder_by_folder:
            return list(self._do("find", folder))
        return sorted(
            self.files(folder) + [name for inner in self.folders(folder) for name in self.find(inner)]
        )

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._do("delete", name)


class Ended(NamedTuple):
    """What an attempt returned."""

    value: Any


class Failed(NamedTuple):
    """What an attempt raised."""

    error: Exception


@dataclass(eq=False)
class Point:
    """
    A point in an attempt: the results up to it, and what comes next.

    :param attempt: whose.
    :param results: of its operations so far.
    """

    attempt: Callable[[Storage], Any]
    results: tuple[Any, ...]
    folder_by_folder: bool
    _next: Operation | Ended | Failed | None = None
    _after: dict[Any, Point] = field(default_factory=dict)

    @property
    def next(self) -> Operation | Ended | Failed:
        if self._next is None:
            storage = ReplayedStorage(self.results, folder_by_folder=self.folder_by_folder)
            try:
                self._next = Ended(self.attempt(storage))
            except Stopped:
                self._next = storage.pending
            except Exception as error:  # whatever it is, it is this attempt's outcome
                self._next = Failed(error)
        assert self._next is not None
        return self._next

    def after(self, result: Any) -> Point:
        if result not in self._after:
            self._after[result] = Point(self.attempt, (*self.results, result), self.folder_by_folder)
        return self._after[result]


class Slot(NamedTuple):
    """
    Where one of the tasks stands that share the store.

    :param point: of the attempt that runs.
    :param retries: the attempts that come after it, should it crash.
    """

    point: Point
    retries: tuple[Point, ...]


class State(NamedTuple):
    """
    What decides all that can come.

    :param crashes: how many may still happen.
    :param last: the slot that moved last, where preemptions are counted.
    :param preemptions: how often a slot may still be made to wait although it could go on; None: at will.
    """

    objects: Objects
    slots: tuple[Slot, ...]
    crashes: int
    last: int | None = None
    preemptions: int | None = None


class Moved(NamedTuple):
    """One operation of one attempt, for the laws."""

    before: Objects
    operation: Operation
    result: Any
    after: Objects


@dataclass
class Explorer:
    """
    Explores every state that some attempts can reach together.

    :param on_move: raises :class:`Law` if an operation should not have happened.
    :param on_end: raises :class:`Law` if the store should not look like this when all attempts have ended.
    :param folder_by_folder: see :class:`ReplayedStorage`.
    """

    on_move: Callable[[Moved], None]
    on_end: Callable[[Objects, list[Any]], None]
    folder_by_folder: bool = False
    states: int = 0
    crashes: int = 0
    _schedules: dict[State, int] = field(default_factory=dict)
    _moves: dict[tuple[Objects, Operation], tuple[Objects, Any]] = field(default_factory=dict)
    _known: dict[Any, Objects] = field(default_factory=dict)
    _trail: list[str] = field(default_factory=list)

    def alone(self, attempt: Callable[[Storage], Any], objects: Objects, *, until: str = "") -> Objects:
        """Run one attempt undisturbed, or until it is about to do something to an object of this name."""
        point = self._start(attempt)
        while not isinstance(point.next, (Ended, Failed)) and not (until and until in point.next[1]):
            objects, result = objects.apply(point.next)
            point = point.after(result)
        if isinstance(point.next, Failed):
            raise point.next.error
        return objects

    def explore(
        self,
        tasks: list[list[Callable[[Storage], Any]]],
        objects: Objects,
        *,
        crashes: int,
        preemptions: int | None = None,
    ) -> int:
        """
        Explore all schedules; return how many there are.

        :param tasks: of each its attempts: the first and, should that crash, the next.
        :param objects: what lies there at the start.
        :param crashes: at most.
        :param preemptions: at most; None: all schedules.
        """
        slots = []
        for attempts in tasks:
            first, *retries = map(self._start, attempts)
            slots.append(Slot(first, tuple(retries)))
        return self._explore(State(objects, tuple(slots), crashes, None, preemptions))

    def _start(self, attempt: Callable[[Storage], Any]) -> Point:
        return Point(attempt, (), self.folder_by_folder)

    def _explore(self, state: State) -> int:
        known = self._schedules.get(state)
        if known is not None:
            return known
        schedules = 0
        for said, following in self._following(state):
            self._trail.append(said)
            schedules += self._explore(following)
            self._trail.pop()
        if not schedules:
            self._end(state)
        self.states += 1
        self._schedules[state] = schedules or 1
        return schedules or 1

    def _end(self, state: State) -> None:
        try:
            self.on_end(state.objects, [slot.point.next.value for slot in state.slots])  # type: ignore[union-attr]
        except Law as law:
            raise self._broken(str(law), state.objects) from None

    def _following(self, state: State) -> Iterator[tuple[str, State]]:
        running = [
            number
            for number, slot in enumerate(state.slots)
            if not isinstance(slot.point.next, (Ended, Failed))
        ]
        for number in running:
            slot = state.slots[number]
            if state.crashes and slot.retries and slot.point.results:
                self.crashes += 1
                retry = Slot(slot.retries[0], slot.retries[1:])
                yield (
                    f"{number} is killed",
                    self._put(state, number, retry, state.objects)._replace(crashes=state.crashes - 1),
                )
            preempts = state.last in running and state.last != number
            if preempts and state.preemptions == 0:
                continue
            operation = slot.point.next
            objects, result = self._move(state.objects, operation)
            said = f"{number} {operation[0]} {operation[1]}"
            following = self._put(state, number, slot._replace(point=slot.point.after(result)), objects)
            if state.preemptions is not None:
                following = following._replace(last=number, preemptions=state.preemptions - preempts)
            self._check_outcome(following, number, said)
            yield said, following

    def _put(self, state: State, number: int, slot: Slot, objects: Objects) -> State:
        slots = (*state.slots[:number], slot, *state.slots[number + 1 :])
        return state._replace(objects=objects, slots=slots)

    def _move(self, before: Objects, operation: Operation) -> tuple[Objects, Any]:
        move = before, operation
        if move not in self._moves:
            after, result = before.apply(operation)
            after = self._known.setdefault((tuple(after.lying.items()), after.ever), after)
            try:
                self.on_move(Moved(before, operation, result, after))
            except Law as law:
                raise self._broken(f"{law} ({operation[0]} {operation[1]})", before) from None
            self._moves[move] = after, result
        return self._moves[move]

    def _check_outcome(self, state: State, number: int, said: str) -> None:
        point = state.slots[number].point
        if isinstance(point.next, Failed):
            raise self._broken(
                f"attempt {number} failed: {point.next.error!r}, having done: {said}", state.objects
            )
        if len(point.results) > MOST_STEPS:
            raise self._broken(f"attempt {number} does not end, having done: {said}", state.objects)

    def _broken(self, what: str, objects: Objects) -> Law:
        lying = "\n  ".join(objects.lying)
        trail = "\n  ".join(self._trail)
        return Law(f"{what}\nafter:\n  {trail}\nthere lies:\n  {lying}")
