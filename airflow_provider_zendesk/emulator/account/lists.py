# SPDX-License-Identifier: Apache-2.0
"""The records of the lists that have no stream of changes, as they are at any moment."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_zendesk.emulator.account.rows.lists import LISTS, fields_of_object
from airflow_provider_zendesk.emulator.account.rows.seeds import SITE, timestamp

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.account.records import Records
    from airflow_provider_zendesk.emulator.account.rows.lists import Fields, ListKind

BEGINNING = 1_600_000_000
"""When the records were created that every account has."""


class Listed(NamedTuple):
    """A record as it is served. Its number is its place in the list."""

    number: int
    raw: bytes


class Items:
    """
    The records of one list, numbered from 0 in the order of their creation.

    Times are epoch seconds; the default is now by the emulator's clock. A record's changes must be made in order of time.
    """

    def __init__(self, kind: ListKind, clock: Clock) -> None:
        self.kind = kind
        self._clock = clock
        self._versions: list[list[tuple[int, Fields | None]]] = []
        for _ in range(kind.count):
            self.create(BEGINNING)

    def create(self, at: int | None = None, **fields: Any) -> int:
        """Create a record with these fields besides its usual ones; returns its number."""
        number = len(self._versions)
        self._versions.append([(self._at(at), {**self.kind.make(number), **fields})])
        return number

    def update(self, number: int, at: int | None = None, **fields: Any) -> None:
        """Change these fields of a record."""
        latest = self._versions[number][-1][1]
        if latest is None:
            raise ValueError(f"record {number} of {self.kind.name} is deleted")
        self._change(number, at, {**latest, **fields})

    def delete(self, number: int, at: int | None = None) -> None:
        self._change(number, at, None)

    def rows(self, moment: int) -> list[Listed]:
        """The rows at epoch second ``moment``, in order of their numbers."""
        found = []
        for number, versions in enumerate(self._versions):
            place = bisect_right(versions, moment, key=lambda version: version[0])
            if place and (fields := versions[place - 1][1]) is not None:
                found.append(Listed(number, self._row(fields, versions[0][0], versions[place - 1][0])))
        return found

    def _change(self, number: int, at: int | None, fields: Fields | None) -> None:
        versions, moment = self._versions[number], self._at(at)
        if moment < versions[-1][0]:
            raise ValueError(f"record {number} of {self.kind.name} has changed after {moment} already")
        versions.append((moment, fields))

    def _row(self, fields: Fields, created: int, updated: int) -> bytes:
        key = fields.get("id", fields.get("key"))
        row = {
            "url": f"{SITE.decode()}{self.kind.path}/{key}.json",
            **fields,
            "created_at": timestamp(created).decode(),
            "updated_at": timestamp(updated).decode(),
        }
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()

    def _at(self, at: int | None) -> int:
        return math.floor(self._clock.now()) if at is None else at


def deleted_tickets(tickets: Records, moment: int) -> list[Listed]:
    """The deleted tickets that are not scrubbed yet: they can be restored."""
    return [
        Listed(
            number,
            b'{"id":%d,"subject":"Ticket #%d","actor":{"id":361000000100,"name":"Agnes Agent"},"deleted_at":"%s",'
            b'"previous_state":"open"}' % (number, number, timestamp(state.updated)),
        )
        for number, state in sorted(tickets.states(moment))
        if state.deleted and not state.scrubbed
    ]


def deleted_users(users: Records, moment: int) -> list[Listed]:
    """The users that are deleted but not yet permanently."""
    return [
        Listed(
            number,
            b'{"id":%d,"url":"' % number
            + SITE
            + b'/api/v2/deleted_users/%d.json","name":"Deleted %d","email":"user.%d@example.com","active":false,'
            b'"role":"end-user","created_at":"%s","updated_at":"%s"}'
            % (number, number, number, timestamp(state.created), timestamp(state.generated)),
        )
        for number, state in sorted(users.states(moment))
        if state.deleted
    ]


def list_kind(name: str) -> ListKind:
    """
    A list by its name; the fields of a custom object are ``custom_object_fields/<key>``.

    :raises ValueError: for an unknown name
    """
    if name in LISTS:
        return LISTS[name]
    if name.startswith("custom_object_fields/"):
        return fields_of_object(name.partition("/")[2])
    raise ValueError(
        f"there is no list {name!r}; choose one of: {', '.join(LISTS)}, custom_object_fields/<key>"
    )
