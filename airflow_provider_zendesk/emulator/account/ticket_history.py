# SPDX-License-Identifier: Apache-2.0
"""The account's own record of who changed which field of which ticket, and of who commented, told without any row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.account.records import Selection
from airflow_provider_zendesk.emulator.account.rows.audits import VOICE_DATA, audit

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.records import Records


class FieldChange(NamedTuple):
    """A field of a ticket got another value. Values are JSON text; a field of a new ticket had ``null``."""

    at: int
    event: int
    ticket: int
    by: int
    field: str
    old: str
    new: str
    is_creation: bool


class CommentMade(NamedTuple):
    """A comment on a ticket. Body and attachments are JSON text; ``data`` too, which only a voice comment has."""

    at: int
    event: int
    ticket: int
    id: int
    author: int
    public: bool
    body: str
    attachments: str
    data: str | None


class TicketHistory(NamedTuple):
    """All changes and comments of a period, in order."""

    changes: list[FieldChange]
    comments: list[CommentMade]


def ticket_history(events: Records, seed: int, start: int, end: int, moment: int) -> TicketHistory:
    """
    Return what happened to tickets in ``[start, end)``.

    :param events: the account's ticket events
    :param moment: as of this epoch second
    """
    history = TicketHistory([], [])
    for key in events.keys(sort_key(start, 0), sort_key(end, 0), moment, Selection()):
        at, happened = key >> ID_BITS, audit(seed, key & ID_MASK)
        history.changes.extend(
            FieldChange(
                at,
                happened.number,
                happened.ticket,
                happened.updater,
                str(change.field),
                change.old.decode(),
                change.new.decode(),
                change.is_creation,
            )
            for change in happened.changes
        )
        if (made := happened.comment) is not None:
            body, data = f'"{made.body.decode()}"', VOICE_DATA.decode() if made.is_voice else None
            attachments = made.attachments.decode()
            place = (at, happened.number, happened.ticket, made.child, made.author, made.public)
            history.comments.append(CommentMade(*place, body, attachments, data))
    return history
