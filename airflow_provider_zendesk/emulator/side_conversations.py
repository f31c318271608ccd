# SPDX-License-Identifier: Apache-2.0
"""The rows of side conversation events (Zendesk docs, Side Conversation Events)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator import fragments
from airflow_provider_zendesk.emulator.seeds import mix, timestamp, uuid_text

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.history import State

PERSON = b'{"email":"user.%d@example.com","name":"%s","user_id":%d}'
MESSAGE = (
    b'"message":{"subject":"%s","preview_text":"%s","from":%s,"to":[%s],"body":"%s",'
    b'"html_body":"<div class=\\"zd-comment\\">%s<\\/div>","external_ids":{}},"updates":{}'
)
UPDATE = b'"message":null,"updates":{"state":"%s"}'
EVENT = (
    b'{"id":"%s","side_conversation_id":"%s","actor":%s,"type":"%s","via":"support","created_at":"%s.%03d+00:00",'
    b'%s,"ticket_id":%d}'
)
TYPES = (b"create", b"reply", b"reply", b"update")


def side_conversation_event_id(seed: int, number: int) -> str:
    return uuid_text(seed ^ 0x73, number)


def render_side_conversation_event(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The event's row as compact JSON, UTF-8."""
    lasting = mix(seed ^ 0x7363, number)
    kind, subject = TYPES[lasting & 3], fragments.SUBJECTS[lasting >> 2 & 15]
    actor, other = _person(lasting >> 6), _person(lasting >> 12)
    body = fragments.DESCRIPTIONS[lasting >> 18 & 7]
    if kind == b"update":
        content = UPDATE % (b"closed" if lasting & 0x40 else b"open")
    else:
        content = MESSAGE % (subject, subject, actor, other, body, body)
    return EVENT % (
        side_conversation_event_id(seed, number).encode(),
        uuid_text(seed ^ 0x63, number // 4).encode(),
        actor,
        kind,
        timestamp(state.created).removesuffix(b"Z"),
        (lasting >> 24) % 1000,
        content,
        1 + (lasting >> 34) % 5000,
    )


def _person(drawn: int) -> bytes:
    number = 1 + drawn % 5000
    return PERSON % (number, fragments.SUBJECTS[drawn & 15], number)
