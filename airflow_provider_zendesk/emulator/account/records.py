# SPDX-License-Identifier: Apache-2.0
"""The records of one resource: how to change them, and their rows at a given time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.emulator.account import delays
from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK, History, Kind, sort_key
from airflow_provider_zendesk.emulator.account.rows.sideloads import EmbeddedSideload
from airflow_provider_zendesk.emulator.account.rows.tickets import SupportType

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterator

    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.account.delays import Delays
    from airflow_provider_zendesk.emulator.account.resources import Resource
    from airflow_provider_zendesk.emulator.account.rows.state import State

SCRUB_DELAY = 30 * 86_400  # seconds: a deleted ticket is scrubbed about 30 days later

SUPPORT_TYPE_SCOPES: dict[str, frozenset[int]] = {
    "all": frozenset({SupportType.AGENT, SupportType.AI_AGENT}),
    "agent": frozenset({SupportType.AGENT}),
    "ai_agent": frozenset({SupportType.AI_AGENT}),
}
CHANGE_NAMES = {
    Kind.UPDATE: "updates",
    Kind.SYSTEM: "system updates",
    Kind.DELETE: "deletions",
    Kind.SCRUB: "scrubs",
}


class Selection(NamedTuple):
    """Filters and sideloads of a request; by default, all records without sideloads."""

    exclude_deleted: bool = False
    support_type_scope: str = "all"
    include: tuple[str, ...] = ()


class TruthRow(NamedTuple):
    """A record that a correct export contains, with exactly the bytes that are served."""

    id: int | str
    sort_key: int
    """epoch second the export is ordered by; ties are in order of the records' numbers"""
    raw: bytes


class Records:
    """
    The records of one resource, numbered from 1 in the order of the calls.

    Times are epoch seconds; the default is now by the emulator's clock. Changes may be added in any order of time. A
    change in the future takes effect when the clock reaches it.
    """

    def __init__(self, resource: Resource, clock: Clock, lock: threading.RLock, seed: int) -> None:
        self.resource = resource
        self.history = History()
        self._clock = clock
        self._lock = lock
        self._seed = seed
        self._populations = 0

    def create(self, at: int | None = None, support_type: str = "agent", deleted: bool = False) -> int:
        """
        Create a record.

        :param support_type: ``agent`` or ``ai_agent``, for tickets and ticket events
        :param deleted: the row says ``deleted`` from the beginning, for metric events
        :returns: its number
        :raises ValueError: for an option that the resource does not support
        """
        name, support = self.resource.name, SupportType[support_type.upper()]
        if support and not self.resource.has_support_type:
            raise ValueError(f"resource {name!r} has no support_type")
        if deleted and not self.resource.created_deleted:
            raise ValueError(f"resource {name!r} has no records that are created deleted")
        with self._lock:
            return self.history.create(self._second(at), support or int(deleted))

    def burst(self, at: int | None, count: int) -> list[int]:
        """Create several records in the same second; returns their numbers."""
        with self._lock:
            second = self._second(at)
            numbers = [self.history.add(second) for _ in range(count)]
            self.history.file(sort_key(second, number) for number in numbers)
            return numbers

    def update(self, number: int, at: int | None = None) -> None:
        """Update a record as a user does; a deleted record is restored."""
        self._change(number, at, Kind.UPDATE)

    def system_update(self, number: int, at: int | None = None) -> None:
        """Update a ticket as Zendesk itself does: ``generated_timestamp`` changes, ``updated_at`` does not."""
        self._change(number, at, Kind.SYSTEM)

    def delete(self, number: int, at: int | None = None) -> None:
        self._change(number, at, Kind.DELETE)

    def scrub(self, number: int, at: int | None = None) -> None:
        """Remove a ticket's content permanently, as Zendesk does about 30 days after its deletion."""
        self._change(number, at, Kind.SCRUB)

    def populate(self, start: int, end: int, records: int) -> None:
        """
        Add records with a history, spread over ``[start, end)`` and always the same for a seed.

        As far as the resource has such changes, about 55 % of the records change at least once (a quarter of the changes
        are system updates), 4 % are deleted in the end, half of these scrubbed, and 3 % are an AI agent's or created deleted.
        """
        if end <= start:
            raise ValueError(f"end ({end}) must be after start ({start})")
        resource, history = self.resource, self.history
        with self._lock:
            self._populations += 1
            draw = random.Random(f"{self._seed}/{self._populations}")
            keys: list[int] = []
            for place in range(records):
                created = start + int((end - start) * (place + draw.random()) / records)
                rare = draw.random() < 0.03 and (resource.has_support_type or resource.created_deleted)
                number = history.add(created, int(rare))
                keys.append(sort_key(created, number))
                for at, kind in _changes(draw, created, end, resource.changes):
                    history.link(number, at, kind)
                    keys.append(sort_key(at, number))
            history.file(keys)

    def keys(self, low: int, high: int, moment: int, selection: Selection) -> Iterator[int]:
        """The selected records' keys in ``[low, high)`` as of epoch second ``moment``, in order."""
        history, resource = self.history, self.resource
        admitted = SUPPORT_TYPE_SCOPES[selection.support_type_scope if resource.has_support_type else "all"]
        for key in history.live(low, high, moment):
            number = key & ID_MASK
            trait = history.traits[number]
            if trait not in admitted:
                continue
            if selection.exclude_deleted:
                gone = trait if resource.created_deleted else history.state(number, moment).deleted
                if gone:
                    continue
            yield key

    def stream(
        self, low: int, high: int, moment: int, selection: Selection, row_delays: Delays
    ) -> Iterator[int]:
        """
        The keys that pages are made from: those of :meth:`keys`, each moved to its row's place in the stream.

        :param low: first place, see :func:`~.history.sort_key`
        :param high: the first place not included
        :param row_delays: with both 0, a row's place is its sort key, and the start is found by bisection
        """
        if not any(row_delays):
            return self.keys(low, high, moment, selection)
        found = self.keys(low - (row_delays.old_rows << ID_BITS), high, moment, selection)
        shown = (key for key in found if self._is_visible(key, moment, row_delays.late_rows))
        places = (key + (self.old_by(key & ID_MASK, row_delays.old_rows) << ID_BITS) for key in shown)
        return iter(sorted(place for place in places if low <= place < high))

    def late_by(self, number: int, late_rows: int) -> int:
        """Seconds by which the switch ``late_rows`` delays a record's row; 0 if it is not late."""
        return delays.late_by(self._seed, number, late_rows)

    def old_by(self, number: int, old_rows: int) -> int:
        """Seconds by which the switch ``old_rows`` moves a record's row after its sort key; 0 if it is not old."""
        return delays.old_by(self._seed, number, old_rows)

    def shown_at(self, number: int, moment_of_key: int, late_rows: int) -> int:
        """
        The epoch second from which a row is visible, not counting the hidden minute.

        :param moment_of_key: the epoch second of its sort key
        :param late_rows: value of the switch
        """
        return moment_of_key + self.late_by(number, late_rows)

    def row(self, number: int, moment: int, include: Collection[str] = ()) -> bytes:
        """
        A record's JSON as of epoch second ``moment``.

        :param include: names of sideloads; those embedded in rows are added
        """
        resource, state = self.resource, self.history.state(number, moment)
        render = resource.render
        for name in include:
            render = resource.alternative_rows.get(name, render)
        row = render(self._seed, number, state, self.history.traits[number])
        if include:
            for name, sideload in resource.sideloads.items():
                if name in include and isinstance(sideload, EmbeddedSideload):
                    value = sideload.render(self._seed, number, state)
                    row = b'%s,"%s":%s}' % (row[:-1], sideload.key.encode(), value)
        return row

    def id_of(self, number: int) -> int | str:
        """The id in a record's row."""
        return self.resource.identify(self._seed, number)

    def states(self, moment: int) -> Iterator[tuple[int, State]]:
        """The number and state of every record that exists at epoch second ``moment``."""
        with self._lock:
            for key in self.history.live(0, sort_key(moment + 1, 0), moment):
                yield key & ID_MASK, self.history.state(key & ID_MASK, moment)

    def truth(self, start: int, end: int, moment: int, selection: Selection) -> list[TruthRow]:
        """The rows of a correct export of ``[start, end)`` at ``moment``."""
        with self._lock:
            return [
                TruthRow(
                    self.id_of(key & ID_MASK),
                    key >> ID_BITS,
                    self.row(key & ID_MASK, moment, selection.include),
                )
                for key in self.keys(sort_key(start, 0), sort_key(end, 0), moment, selection)
            ]

    def _is_visible(self, key: int, moment: int, late_rows: int) -> bool:
        return self.shown_at(key & ID_MASK, key >> ID_BITS, late_rows) <= moment

    def _change(self, number: int, at: int | None, kind: Kind) -> None:
        if kind not in self.resource.changes:
            has = (
                ", ".join(CHANGE_NAMES[known] for known in sorted(self.resource.changes)) or "only creations"
            )
            raise ValueError(f"resource {self.resource.name!r} has no {CHANGE_NAMES[kind]}; it has {has}")
        with self._lock:
            self.history.change(number, self._second(at), kind)

    def _second(self, at: int | None) -> int:
        return int(self._clock.now()) if at is None else at


def _changes(
    draw: random.Random, created: int, end: int, possible: Collection[Kind]
) -> list[tuple[int, Kind]]:
    """Changes to a record after its creation and before ``end``."""

    def later(than: int) -> int:
        """A random time after ``than``, mostly soon after."""
        return than + 1 + int((end - than) * draw.random() ** 3)

    changes: list[tuple[int, Kind]] = []
    at = created
    while Kind.UPDATE in possible and draw.random() < 0.55:
        at = later(at)
        changes.append((at, Kind.SYSTEM if draw.random() < 0.25 and Kind.SYSTEM in possible else Kind.UPDATE))
    if draw.random() < 0.04 and Kind.DELETE in possible:
        at = later(at)
        changes.append((at, Kind.DELETE))
        if draw.random() < 0.5 and Kind.SCRUB in possible:
            # Zendesk scrubs after 30 days; in a shorter history, an admin has deleted the ticket permanently.
            scrubbed = at + SCRUB_DELAY if at + SCRUB_DELAY < end else later(at)
            changes.append((scrubbed, Kind.SCRUB))
    return [(at, kind) for at, kind in changes if at < end]
