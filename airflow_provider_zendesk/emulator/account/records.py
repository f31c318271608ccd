# SPDX-License-Identifier: Apache-2.0
"""The records of one resource: what happens to them, and what they look like at a moment."""

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

SCRUB_DELAY = 30 * 86_400  # seconds: a deleted ticket is scrubbed about 30 days later

SUPPORT_TYPE_SCOPES: dict[str, frozenset[int]] = {
    "all": frozenset({SupportType.AGENT, SupportType.AI_AGENT}),
    "agent": frozenset({SupportType.AGENT}),
    "ai_agent": frozenset({SupportType.AI_AGENT}),
}
VERBS = {
    Kind.UPDATE: "updates",
    Kind.SYSTEM: "system updates",
    Kind.DELETE: "deletions",
    Kind.SCRUB: "scrubs",
}


class Selection(NamedTuple):
    """Which records of a resource a request wants, and what is to come with each; the defaults leave none out."""

    exclude_deleted: bool = False
    support_type_scope: str = "all"
    include: tuple[str, ...] = ()


class TruthRow(NamedTuple):
    """A record that a correct export holds, with the very bytes that are served."""

    id: int | str
    sort_key: int
    """epoch second the export is ordered by; ties are in order of the records' numbers"""
    raw: bytes


class Records:
    """
    The records of one resource, numbered from 1 in the order of the calls.

    Moments are epoch seconds; where none is given, it is now by the emulator's clock. A history may be built in any
    order: a change goes where its moment belongs, and one that lies ahead of the clock shows when the clock gets there.
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
        :param deleted: the row says so from the beginning, for metric events
        :returns: its number
        :raises ValueError: for what the resource lacks
        """
        name, support = self.resource.name, SupportType[support_type.upper()]
        if support and not self.resource.has_support_type:
            raise ValueError(f"resource {name!r} has no support_type")
        if deleted and not self.resource.created_deleted:
            raise ValueError(f"resource {name!r} has no records that are born deleted")
        with self._lock:
            return self.history.create(self._second(at), support or int(deleted))

    def burst(self, at: int | None, count: int) -> list[int]:
        """Create records that all have the same second; returns their numbers."""
        with self._lock:
            second = self._second(at)
            numbers = [self.history.add(second) for _ in range(count)]
            self.history.file(sort_key(second, number) for number in numbers)
            return numbers

    def update(self, number: int, at: int | None = None) -> None:
        """A user's update; of a deleted record, its restoration."""
        self._change(number, at, Kind.UPDATE)

    def system_update(self, number: int, at: int | None = None) -> None:
        """An update of Zendesk's own: moves a ticket's ``generated_timestamp`` but not its ``updated_at``."""
        self._change(number, at, Kind.SYSTEM)

    def delete(self, number: int, at: int | None = None) -> None:
        self._change(number, at, Kind.DELETE)

    def scrub(self, number: int, at: int | None = None) -> None:
        """Wipe a ticket's content for good, as Zendesk does about 30 days after its deletion."""
        self._change(number, at, Kind.SCRUB)

    def populate(self, start: int, end: int, records: int) -> None:
        """
        Add records with a life each, spread over ``[start, end)``: always the same for a seed.

        Of every hundred, as far as the resource knows such things, about 55 change at least once (one change in four
        is the system's), 4 end deleted, half of those scrubbed, and 3 are an AI agent's or born deleted.
        """
        if end <= start:
            raise ValueError(f"nothing fits between {start} and {end}")
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
                for at, kind in _life(draw, created, end, resource.changes):
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

    def stream(self, low: int, high: int, moment: int, selection: Selection, habits: Delays) -> Iterator[int]:
        """
        The keys that an export cuts its pages from: those of :meth:`keys`, each at its row's place in the stream.

        :param low: first place, see :func:`~.history.sort_key`
        :param high: the place to stop before
        :param habits: without any, a row's place is its sort key, and a page is cut by bisection
        """
        if not any(habits):
            return self.keys(low, high, moment, selection)
        found = self.keys(low - (habits.old_rows << ID_BITS), high, moment, selection)
        shown = (key for key in found if self._shows(key, moment, habits.late_rows))
        places = (key + (self.old_by(key & ID_MASK, habits.old_rows) << ID_BITS) for key in shown)
        return iter(sorted(place for place in places if low <= place < high))

    def late_by(self, number: int, late_rows: int) -> int:
        """Seconds that the switch ``late_rows`` delays a record's row by; 0 if it is not late."""
        return delays.late_by(self._seed, number, late_rows)

    def old_by(self, number: int, old_rows: int) -> int:
        """Seconds that the switch ``old_rows`` puts a record's row behind its sort key; 0 if it is not old."""
        return delays.old_by(self._seed, number, old_rows)

    def shown_at(self, number: int, moment_of_key: int, late_rows: int) -> int:
        """
        The epoch second from which a row is there, the hidden minute apart.

        :param moment_of_key: the epoch second of its sort key
        :param late_rows: what the switch says
        """
        return moment_of_key + self.late_by(number, late_rows)

    def row(self, number: int, moment: int, include: Collection[str] = ()) -> bytes:
        """
        A record's JSON as of epoch second ``moment``.

        :param include: sideloads; those that come within the row are there
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
        """The id that a record's row says."""
        return self.resource.identify(self._seed, number)

    def truth(self, start: int, end: int, moment: int, selection: Selection) -> list[TruthRow]:
        """What a correct export of ``[start, end)`` holds at ``moment``."""
        with self._lock:
            return [
                TruthRow(
                    self.id_of(key & ID_MASK),
                    key >> ID_BITS,
                    self.row(key & ID_MASK, moment, selection.include),
                )
                for key in self.keys(sort_key(start, 0), sort_key(end, 0), moment, selection)
            ]

    def _shows(self, key: int, moment: int, late_rows: int) -> bool:
        return self.shown_at(key & ID_MASK, key >> ID_BITS, late_rows) <= moment

    def _change(self, number: int, at: int | None, kind: Kind) -> None:
        if kind not in self.resource.changes:
            has = ", ".join(VERBS[known] for known in sorted(self.resource.changes)) or "only creations"
            raise ValueError(f"resource {self.resource.name!r} has no {VERBS[kind]}; it has {has}")
        with self._lock:
            self.history.change(number, self._second(at), kind)

    def _second(self, at: int | None) -> int:
        return int(self._clock.now()) if at is None else at


def _life(draw: random.Random, created: int, end: int, possible: Collection[Kind]) -> list[tuple[int, Kind]]:
    """What happens to a record after its creation, each before ``end``."""

    def later(than: int) -> int:
        """Some time after, mostly soon."""
        return than + 1 + int((end - than) * draw.random() ** 3)

    life: list[tuple[int, Kind]] = []
    at = created
    while Kind.UPDATE in possible and draw.random() < 0.55:
        at = later(at)
        life.append((at, Kind.SYSTEM if draw.random() < 0.25 and Kind.SYSTEM in possible else Kind.UPDATE))
    if draw.random() < 0.04 and Kind.DELETE in possible:
        at = later(at)
        life.append((at, Kind.DELETE))
        if draw.random() < 0.5 and Kind.SCRUB in possible:
            # In a short history by hand (an admin deletes it permanently), else by Zendesk after its 30 days.
            scrubbed = at + SCRUB_DELAY if at + SCRUB_DELAY < end else later(at)
            life.append((scrubbed, Kind.SCRUB))
    return [(at, kind) for at, kind in life if at < end]
