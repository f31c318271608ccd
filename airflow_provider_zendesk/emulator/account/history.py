# SPDX-License-Identifier: Apache-2.0
"""The changes to the records of one resource, and the state they produce at a given time."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from enum import IntEnum
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ID_BITS = 30
ID_MASK = (1 << ID_BITS) - 1
LAST_SECOND = (
    1 << 33
) - 1  # a key has 33 bits of seconds and 30 bits of id, so it fits a signed 64-bit integer

FEW = 16  # up to this many keys, inserting them one by one is cheaper than sorting the whole log


def sort_key(at: int, record_id: int) -> int:
    """(at, id) as one integer with the same order."""
    return at << ID_BITS | record_id


class Kind(IntEnum):
    """Kinds of changes."""

    CREATE = 1
    UPDATE = 2
    SYSTEM = 3
    """By Zendesk itself: ``generated_timestamp`` changes, ``updated_at`` does not."""
    DELETE = 4
    SCRUB = 5


_SYSTEM, _DELETE, _SCRUB = (
    int(Kind.SYSTEM),
    int(Kind.DELETE),
    int(Kind.SCRUB),
)  # plain integers, because enum lookups are slow in the loop below


class History:
    """
    Every change of every record of one resource.

    It is stored in flat arrays (about 25 bytes a change, so a million records fit easily): a log of (second, id) keys
    in order, from which pages are read, and for each record a linked list of its changes, newest first. A log entry
    is *live* at a given time if the record has not changed again by then. Only live entries are exported, because an
    export contains only the latest version of a record. Ids count up from 1.
    """

    def __init__(self) -> None:
        self.traits = bytearray(1)  # by id: a property fixed at creation, see Resource
        self._log = array("q")
        self._newest = array("i", [-1])  # by id: index of its latest change
        self._at = array("q")
        self._kind = bytearray()
        self._previous = array("i")

    def __len__(self) -> int:
        return len(self._newest) - 1

    def create(self, at: int, trait: int = 0) -> int:
        """Add a record created at epoch second ``at``; returns its id."""
        record_id = self.add(at, trait)
        self.file([sort_key(at, record_id)])
        return record_id

    def change(self, record_id: int, at: int, kind: Kind) -> None:
        """Change a record at epoch second ``at``."""
        self.link(record_id, at, kind)
        self.file([sort_key(at, record_id)])

    def add(self, at: int, trait: int = 0) -> int:
        """As :meth:`create` without the log entry; for bulk use, followed by :meth:`file`."""
        _check_second(at)
        record_id = len(self._newest)
        self._newest.append(len(self._at))
        self.traits.append(trait)
        self._store(at, Kind.CREATE, -1)
        return record_id

    def link(self, record_id: int, at: int, kind: Kind) -> None:
        """As :meth:`change` without the log entry; for bulk use, followed by :meth:`file`."""
        _check_second(at)
        if not 0 < record_id < len(self._newest):
            raise ValueError(f"there is no record with id {record_id}; ids run from 1 to {len(self)}")
        index, newer = self._newest[record_id], -1
        while index >= 0 and self._at[index] > at:
            index, newer = self._previous[index], index
        if index < 0:
            raise ValueError(f"record {record_id} cannot change at {at}, before it was created")
        if newer < 0:
            self._newest[record_id] = len(self._at)
        else:
            self._previous[newer] = len(self._at)
        self._store(at, kind, index)

    def file(self, keys: Iterable[int]) -> None:
        """Add keys of changes to the log."""
        keys = sorted(keys)
        if not keys:
            return
        if not self._log or keys[0] >= self._log[-1]:
            self._log.extend(keys)
        elif len(keys) <= FEW:
            for key in keys:
                insort(self._log, key)
        else:
            self._log.extend(keys)
            self._log = array("q", sorted(self._log))

    def live(self, low: int, high: int, moment: int) -> Iterator[int]:
        """
        The live keys in ``[low, high)`` as of epoch second ``moment``, in order.

        :param low: first key, see :func:`sort_key`
        :param high: the first key not included
        """
        log, newest, at, previous = self._log, self._newest, self._at, self._previous
        last = -1
        for position in range(bisect_left(log, low), bisect_left(log, high)):
            key = log[position]
            if key == last:  # changed twice in one second: export it once
                continue
            last = key
            index = newest[key & ID_MASK]
            while index >= 0 and at[index] > moment:
                index = previous[index]
            if index >= 0 and at[index] == key >> ID_BITS:
                yield key

    def state(self, record_id: int, moment: int) -> State:
        """The record's state at epoch second ``moment``, which must not be before its creation."""
        index = self._newest[record_id]
        while self._at[index] > moment:
            index = self._previous[index]
        generated = created = self._at[index]
        updated, revision, deleted, scrubbed = -1, 0, False, False
        while index >= 0:
            kind, created = self._kind[index], self._at[index]
            if kind == _SCRUB:
                scrubbed = deleted = True
                revision += 1
            elif kind != _SYSTEM:
                revision += 1
                if updated < 0:
                    updated = created
                    deleted = scrubbed or kind == _DELETE
            index = self._previous[index]
        return State(created, updated, generated, revision, deleted, scrubbed)

    def _store(self, at: int, kind: Kind, previous: int) -> None:
        self._at.append(at)
        self._kind.append(kind)
        self._previous.append(previous)


def _check_second(at: int) -> None:
    if not 0 <= at <= LAST_SECOND:
        raise ValueError(f"{at} is not an epoch second")
