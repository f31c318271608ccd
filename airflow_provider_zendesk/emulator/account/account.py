# SPDX-License-Identifier: Apache-2.0
"""The account: the records of all its resources."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.lists import (
    Items,
    deleted_tickets,
    deleted_users,
    list_kind,
)
from airflow_provider_zendesk.emulator.account.records import Records
from airflow_provider_zendesk.emulator.account.resources import CUSTOM_OBJECT, find_resource

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.account.lists import Listed


class Account:
    """
    The records of an account. :meth:`records` has those of one resource; the other methods are for tickets.

    :param lock: guards all state that the server and the test share
    """

    def __init__(self, clock: Clock, lock: threading.RLock | None = None, seed: int = 1) -> None:
        self._clock = clock
        self._lock = lock or threading.RLock()
        self.clear(seed)

    def clear(self, seed: int) -> None:
        """Delete all records. With another seed, records have other content."""
        with self._lock:
            self.seed = seed
            self._records: dict[str, Records] = {}
            self._lists: dict[str, Items] = {}

    def records(self, resource: str) -> Records:
        """
        The records of a resource. For ``custom_objects/<key>``, the custom object is created if it does not exist.

        :raises ValueError: for an unknown resource
        """
        with self._lock:
            if resource not in self._records:
                found = find_resource(resource)
                self._records[resource] = Records(found, self._clock, self._lock, self.seed)
            return self._records[resource]

    def items(self, name: str) -> Items:
        """
        The records of a list such as ``groups``.

        :raises ValueError: for an unknown list
        """
        with self._lock:
            if name not in self._lists:
                self._lists[name] = Items(list_kind(name), self._clock)
            return self._lists[name]

    def list_rows(self, name: str, moment: int) -> list[Listed]:
        """The rows of a list at epoch second ``moment``, in the order in which they are served."""
        with self._lock:
            if name == "deleted_tickets":
                return deleted_tickets(self.records("tickets"), moment)
            if name == "deleted_users":
                return deleted_users(self.records("users"), moment)
            return self.items(name).rows(moment)

    @property
    def custom_objects(self) -> list[str]:
        """Keys of the custom objects that exist."""
        with self._lock:
            return [match["key"] for name in self._records if (match := CUSTOM_OBJECT.fullmatch(name))]

    def create(self, at: int | None = None, support_type: str = "agent") -> int:
        """
        Create a ticket.

        :param support_type: ``agent`` or ``ai_agent``
        :returns: its id
        """
        return self.records("tickets").create(at, support_type)

    def burst(self, at: int | None, count: int) -> list[int]:
        """Create several tickets in the same second; returns their ids."""
        return self.records("tickets").burst(at, count)

    def update(self, ticket_id: int, at: int | None = None) -> None:
        """Update a ticket as an agent or requester does; a deleted ticket is restored."""
        self.records("tickets").update(ticket_id, at)

    def system_update(self, ticket_id: int, at: int | None = None) -> None:
        """Update a ticket as Zendesk itself does: ``generated_timestamp`` changes, ``updated_at`` does not."""
        self.records("tickets").system_update(ticket_id, at)

    def delete(self, ticket_id: int, at: int | None = None) -> None:
        self.records("tickets").delete(ticket_id, at)

    def scrub(self, ticket_id: int, at: int | None = None) -> None:
        """Remove a ticket's content permanently, as Zendesk does about 30 days after its deletion."""
        self.records("tickets").scrub(ticket_id, at)

    def populate(self, start: int, end: int, tickets: int) -> None:
        """Add tickets with a history, see :meth:`Records.populate`."""
        self.records("tickets").populate(start, end, tickets)
