# SPDX-License-Identifier: Apache-2.0
"""The emulated account: its records, what happens to them, and what its exports hold at a moment."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, History, Kind, State, sort_key
from airflow_provider_zendesk.emulator.tickets import Support, render_ticket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.emulator.clock import Clock

SCRUB_DELAY = 30 * 86_400  # seconds: a deleted ticket is scrubbed about 30 days later

SCOPES: dict[str, frozenset[int]] = {
    "all": frozenset({Support.AGENT, Support.AI_AGENT}),
    "agent": frozenset({Support.AGENT}),
    "ai_agent": frozenset({Support.AI_AGENT}),
}


class Selection(NamedTuple):
    """Which records of a resource a request wants; the defaults leave none out."""

    exclude_deleted: bool = False
    support_type_scope: str = "all"


class TruthRow(NamedTuple):
    """A record that a correct export holds, with the very bytes that are served."""

    id: int
    sort_key: int
    """epoch second the export is ordered by; ties are in order of id"""
    raw: bytes


Render = Callable[[int, int, State, int], bytes]
"""(seed, id, state, trait) to the row"""


@dataclass(frozen=True)
class Collection:
    """The records of one resource: what happened to them, and how one reads."""

    history: History
    render: Render

    def keys(self, low: int, high: int, moment: int, selection: Selection) -> Iterator[int]:
        """The selected records' keys in ``[low, high)`` as of epoch second ``moment``, in order."""
        traits, admitted = self.history.traits, SCOPES[selection.support_type_scope]
        for key in self.history.live(low, high, moment):
            record_id = key & ID_MASK
            if traits[record_id] not in admitted:
                continue
            if selection.exclude_deleted and self.history.state(record_id, moment).deleted:
                continue
            yield key

    def row(self, seed: int, record_id: int, moment: int) -> bytes:
        """A record's JSON as of epoch second ``moment``."""
        history = self.history
        return self.render(seed, record_id, history.state(record_id, moment), history.traits[record_id])


class Account:
    """
    Records, and what happens to them.

    Moments are epoch seconds; where none is given, it is now by the emulator's clock. A history may be built in any
    order: a change goes where its moment belongs, and one that lies ahead of the clock shows when the clock gets there.
    Ids count up from 1 in the order of the calls.

    :param lock: guards all state the server and the test share
    """

    def __init__(self, clock: Clock, lock: threading.RLock | None = None, seed: int = 1) -> None:
        self._clock = clock
        self._lock = lock or threading.RLock()
        self.clear(seed)

    def clear(self, seed: int) -> None:
        """Empty the account; another seed makes other records of the same histories."""
        with self._lock:
            self.seed = seed
            self._populations = 0
            self._collections = {"tickets": Collection(History(), render_ticket)}

    def collection(self, resource: str) -> Collection:
        return self._collections[resource]

    def create(self, at: int | None = None, support_type: str = "agent") -> int:
        """
        Create a ticket.

        :param support_type: ``agent`` or ``ai_agent``
        :returns: its id
        """
        with self._lock:
            return self._tickets.create(self._second(at), Support[support_type.upper()])

    def burst(self, at: int | None, count: int) -> list[int]:
        """Create tickets that all have the same second; returns their ids."""
        with self._lock:
            second = self._second(at)
            ids = [self._tickets.add(second) for _ in range(count)]
            self._tickets.file(sort_key(second, id_) for id_ in ids)
            return ids

    def update(self, ticket_id: int, at: int | None = None) -> None:
        """An agent's or requester's update; of a deleted ticket, its restoration."""
        self._change(ticket_id, at, Kind.UPDATE)

    def system_update(self, ticket_id: int, at: int | None = None) -> None:
        """An update of Zendesk's own: moves ``generated_timestamp`` but not ``updated_at``."""
        self._change(ticket_id, at, Kind.SYSTEM)

    def delete(self, ticket_id: int, at: int | None = None) -> None:
        self._change(ticket_id, at, Kind.DELETE)

    def scrub(self, ticket_id: int, at: int | None = None) -> None:
        """Wipe a ticket's content for good, as Zendesk does about 30 days after its deletion."""
        self._change(ticket_id, at, Kind.SCRUB)

    def populate(self, start: int, end: int, tickets: int) -> None:
        """
        Add tickets with a life each, spread over ``[start, end)``: always the same for a seed.

        Of every hundred about 55 change at least once (one change in four is the system's), 4 end deleted, half of those
        scrubbed, and 3 are an AI agent's.
        """
        if end <= start:
            raise ValueError(f"nothing fits between {start} and {end}")
        with self._lock:
            self._populations += 1
            draw = random.Random(f"{self.seed}/{self._populations}")
            keys: list[int] = []
            for number in range(tickets):
                created = start + int((end - start) * (number + draw.random()) / tickets)
                trait = Support.AI_AGENT if draw.random() < 0.03 else Support.AGENT
                ticket_id = self._tickets.add(created, trait)
                keys.append(sort_key(created, ticket_id))
                for at, kind in _life(draw, created, end):
                    self._tickets.link(ticket_id, at, kind)
                    keys.append(sort_key(at, ticket_id))
            self._tickets.file(keys)

    def truth(self, resource: str, start: int, end: int, moment: int, selection: Selection) -> list[TruthRow]:
        """What a correct export of ``[start, end)`` holds at ``moment``."""
        with self._lock:
            collection = self._collections[resource]
            return [
                TruthRow(key & ID_MASK, key >> ID_BITS, collection.row(self.seed, key & ID_MASK, moment))
                for key in collection.keys(sort_key(start, 0), sort_key(end, 0), moment, selection)
            ]

    @property
    def _tickets(self) -> History:
        return self._collections["tickets"].history

    def _change(self, ticket_id: int, at: int | None, kind: Kind) -> None:
        with self._lock:
            self._tickets.change(ticket_id, self._second(at), kind)

    def _second(self, at: int | None) -> int:
        return int(self._clock.now()) if at is None else at


def _life(draw: random.Random, created: int, end: int) -> list[tuple[int, Kind]]:
    """What happens to a ticket after its creation, each before ``end``."""

    def later(than: int) -> int:
        """Some time after, mostly soon."""
        return than + 1 + int((end - than) * draw.random() ** 3)

    life: list[tuple[int, Kind]] = []
    at = created
    while draw.random() < 0.55:
        at = later(at)
        life.append((at, Kind.SYSTEM if draw.random() < 0.25 else Kind.UPDATE))
    if draw.random() < 0.04:
        at = later(at)
        life.append((at, Kind.DELETE))
        if draw.random() < 0.5:
            # In a short history by hand (an admin deletes it permanently), else by Zendesk after its 30 days.
            scrubbed = at + SCRUB_DELAY if at + SCRUB_DELAY < end else later(at)
            life.append((scrubbed, Kind.SCRUB))
    return [(at, kind) for at, kind in life if at < end]
