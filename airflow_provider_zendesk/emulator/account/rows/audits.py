# SPDX-License-Identifier: Apache-2.0
"""
What happened in each ticket event, apart from how its row is written.

Everything follows from the seed and the number of the event. Events are numbered in the order in which they are created; if
that is the order of time too, the previous value of each change is the value that the ticket had.
"""

from __future__ import annotations

from typing import NamedTuple

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import mix

TICKETS = 8  # whose events alternate
EVENTS = 8  # of each of them

STANDARD = ("status", "priority", "type", "assignee_id", "group_id", "tags", "subject")
CUSTOM = 3  # custom fields of a ticket that change
_AGENTS = (b"null", *(b"%d" % number for number in range(361000100001, 361000100008)))
_GROUPS = (b"null", *(b"%d" % number for number in range(361000000200, 361000000207)))
# Values by field, as JSON text.
_VALUES = {
    "status": fragments.STATUSES,
    "priority": fragments.PRIORITIES,
    "type": fragments.TYPES,
    "assignee_id": _AGENTS,
    "group_id": _GROUPS,
    "tags": fragments.TAGS,
    "subject": fragments.SUBJECTS,
}
# How many of 16 events after the creation set the field.
_OFTEN = {"status": 7, "priority": 3, "type": 2, "assignee_id": 4, "group_id": 3, "tags": 5, "subject": 1}
_OFTEN_CUSTOM = 3
_AT_CREATION = ("status", "subject", "tags", "priority")

ATTACHMENTS = (
    b"[]",
    b"[]",
    '[{"url":"https://emulator.zendesk.com/api/v2/attachments/498483.json","id":498483,"file_name":"Größe \\"XL\\".png","content_url":"https:\\/\\/emulator.zendesk.com/attachments/token/abc/?name=x.png","content_type":"image/png","size":2532,"width":80,"height":60,"inline":false,"deleted":false,"thumbnails":[]}]'.encode(),
    b'[{"id":498484,"file_name":"log.txt","content_type":"text/plain","size":11},{"id":498485,"file_name":"redacted.txt","content_type":"text/plain","size":1}]',
)
VOICE_DATA = b'{"from":"+491700000000","to":"+4930123456","recording_url":"https://emulator.zendesk.com/recordings/1.mp3","call_duration":61,"answered_by_id":361000100001,"location":"Berlin"}'
# Child events that are neither a change of a field nor a comment.
OTHERS = (
    b'"body":"Your request was received","subject":"Re: request","recipients":[361000100001],"event_type":"Notification"',
    b'"comment_id":%d,"event_type":"CommentRedactionEvent"',
    b'"attachment_id":498485,"comment_id":%d,"event_type":"AttachmentRedactionEvent"',
    b'"comment_id":%d,"public":false,"event_type":"CommentPrivacyChange"',
)


class Change(NamedTuple):
    """
    A field that got another value.

    :param child: the number of the child event
    :param field: a standard field, or a custom field's id
    :param old: JSON text; null if it had no value
    :param new: JSON text
    :param is_creation: the ticket was created with it
    """

    child: int
    field: str | int
    old: bytes
    new: bytes
    is_creation: bool


class Comment(NamedTuple):
    """
    A comment.

    :param child: the number of the child event
    :param body: JSON text without quotes
    :param channel: JSON text
    :param attachments: JSON text
    """

    child: int
    author: int
    public: bool
    body: bytes
    channel: bytes
    attachments: bytes
    is_voice: bool


class Other(NamedTuple):
    """A child event of another kind: its number, and its fields as JSON text."""

    child: int
    fields: bytes


class Audit(NamedTuple):
    """One ticket event."""

    number: int
    ticket: int
    updater: int
    changes: tuple[Change, ...]
    comment: Comment | None
    other: Other | None


def audit(seed: int, number: int) -> Audit:
    """Return what happened in an event."""
    block, place = divmod(number - 1, TICKETS * EVENTS)
    turn, ticket = divmod(place, TICKETS)
    first = block * TICKETS * EVENTS + ticket + 1
    ticket += block * TICKETS + 1
    hashes = [mix(seed ^ 0x65, first + TICKETS * earlier) for earlier in range(turn + 1)]
    fixed, author = hashes[-1], 361000100000 + hashes[-1] % 50_000
    child = number * 100
    changes = tuple(
        Change(child + place, field, old, new, not turn)
        for place, (field, old, new) in enumerate(_changes(seed, ticket, hashes), start=1)
    )
    comment = None
    if fixed & 4 or not turn or not changes:
        body, channel = fragments.DESCRIPTIONS[fixed >> 24 & 7], fragments.CHANNELS[fixed >> 27 & 7]
        attachments = ATTACHMENTS[fixed >> 31 & 3]
        is_voice = fixed >> 33 & 7 == 0
        comment = Comment(child + 50, author, bool(fixed & 0x18), body, channel, attachments, is_voice)
    other = None
    if turn and fixed >> 36 & 7 < len(OTHERS):
        text = OTHERS[fixed >> 36 & 7]
        other = Other(child + 60, text % (first * 100 + 50) if b"%d" in text else text)
    return Audit(number, ticket, author, changes, comment, other)


def _changes(seed: int, ticket: int, hashes: list[int]) -> list[tuple[str | int, bytes, bytes]]:
    """Return field, old and new value of the changes in a ticket's last event, by the hashes of all its events."""
    found: list[tuple[str | int, bytes, bytes]] = []
    last = len(hashes) - 1
    ids = fragments.CUSTOM_FIELD_IDS
    custom = [ids[(mix(seed ^ 0x66, ticket) >> 8 * place) % len(ids)] for place in range(CUSTOM)]
    for place, field in enumerate((*STANDARD, *dict.fromkeys(custom))):
        new = _set(hashes[last], place, field, is_creation=not last)
        if new is None:
            continue
        values = (_set(hashes[turn], place, field, is_creation=not turn) for turn in range(last - 1, -1, -1))
        old = next((value for value in values if value is not None), b"null")
        if old != new:
            found.append((field, old, new))
    return found


def _set(fixed: int, place: int, field: str | int, *, is_creation: bool) -> bytes | None:
    """Return the value that an event sets a field to; None if it leaves it as it is."""
    bits = mix(fixed, place)
    if field == "status" and is_creation:
        return b'"new"'
    if is_creation and field in _AT_CREATION or bits & 15 < _OFTEN.get(str(field), _OFTEN_CUSTOM):
        values = _VALUES.get(str(field), fragments.FIELD_VALUES)
        value = values[bits >> 4 & len(values) - 1]
        return b'"%b"' % value if field in ("status", "subject") else value
    return None
