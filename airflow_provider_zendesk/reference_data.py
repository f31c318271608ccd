# SPDX-License-Identifier: Apache-2.0
"""
The catalogue of reference data: lists that Zendesk returns whole, since they have no stream of changes.

It contains only data. The lists are paged by cursor: ``page[size]`` (at most 100), ``meta.has_more`` and
``meta.after_cursor``; calls count against the account's rate limit, not that of the exports (Zendesk docs, Pagination and Rate
limits).
"""

from __future__ import annotations

import msgspec


class ReferenceList(msgspec.Struct, frozen=True, kw_only=True):
    """
    A list and how it is read.

    :param name: its name for users, and of its dataset.
    :param path: relative to the account's root.
    :param records: the key of the records in an answer.
    :param id: the field that identifies a record.
    """

    name: str
    path: str
    records: str
    id: str | None = "id"

    @property
    def sort_key(self) -> None:
        """A list is taken whole, so no field decides to which window a record belongs."""

    @property
    def sort_key_in_docs(self) -> None:
        """As :attr:`sort_key`."""

    @property
    def zoneless(self) -> bool:
        return False


REFERENCE_LISTS: dict[str, ReferenceList] = {
    one.name: one
    for one in (
        ReferenceList(name="ticket_fields", path="/api/v2/ticket_fields", records="ticket_fields"),
        ReferenceList(name="groups", path="/api/v2/groups", records="groups"),
    )
}


def get_list(name: str) -> ReferenceList:
    """
    Return the catalogue's entry.

    :raises ValueError: for an unknown name; the message lists the known ones.
    """
    try:
        return REFERENCE_LISTS[name]
    except KeyError:
        raise ValueError(
            f"unknown reference data {name!r}; choose one of: {', '.join(REFERENCE_LISTS)}"
        ) from None
