# SPDX-License-Identifier: Apache-2.0
"""The catalogue of datasets that are made from exported windows, without a call to Zendesk. It contains only data."""

from __future__ import annotations

import msgspec


class DerivedDataset(msgspec.Struct, frozen=True, kw_only=True):
    """
    A dataset made from the windows of a resource; each of its windows is made from one of theirs.

    :param name: its name.
    :param source: the resource.
    :param sort_key: the field that decides to which window a row belongs.
    :param id: the field that, together with the sort key, identifies a row.
    """

    name: str
    source: str
    sort_key: str = "at"
    id: str | None = "id"

    @property
    def sort_key_in_docs(self) -> None:
        """The rows have one form."""

    @property
    def deletion(self) -> None:
        """Nothing is deleted from it."""

    @property
    def zoneless(self) -> bool:
        return False


TICKET_FIELD_HISTORY = DerivedDataset(name="ticket_field_history", source="ticket_events")
TICKET_COMMENTS = DerivedDataset(name="ticket_comments", source="ticket_events")

DERIVED: dict[str, DerivedDataset] = {one.name: one for one in (TICKET_FIELD_HISTORY, TICKET_COMMENTS)}
