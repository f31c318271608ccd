# SPDX-License-Identifier: Apache-2.0
"""Rows of side conversation events: messages and changes of state. They never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import mix, timestamp, uuid_text

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

EVENT_SEED, CONVERSATION_SEED = 0x7365, 0x7363
EVENTS = 3  # per conversation: create, reply and update

# Keys as in Zendesk docs, Side Conversation Events.
EVENT = (
    b'{"actor":{"email":"agent.%d@example.com","name":"%s","user_id":%d},"created_at":"%s.%03d+00:00","id":"%s",'
    b'%s,"side_conversation_id":"%s","ticket_id":%d,"type":"%s","via":"support"}'
)
MESSAGE = (
    b'"message":{"subject":"%s","preview_text":"%s","body":"%s","html_body":"<p>%s<\\/p>",'
    b'"from":{"email":"agent.%d@example.com","name":"%s","user_id":%d},'
    b'"to":[{"email":"zo\\u00eb@example.com","name":null,"user_id":null}],"external_ids":{"targetTicketId":"%d"}}'
)
UPDATES = (b'"updates":{"state":"closed"}', '"updates":{"state":"open","subject":"Größe XL"}'.encode())
TYPES = (b"create", b"reply", b"update")
NAMES = (b"Johnny Agent", b"Zo\\u00eb M\\u00fcller", "陽子".encode(), "Łukasz 🚀".encode())


def event_id(seed: int, number: int) -> str:
    return uuid_text(seed ^ EVENT_SEED, number)


def millisecond(seed: int, number: int) -> int:
    """The milliseconds of an event's time."""
    return mix(seed ^ EVENT_SEED, number) % 1000


def render_side_conversation_event(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The event's row as compact JSON, UTF-8."""
    conversation, turn = divmod(number - 1, EVENTS)
    fixed, shared = mix(seed ^ EVENT_SEED, number), mix(seed ^ CONVERSATION_SEED, conversation)
    actor, name, ticket = 361000000100 + fixed % 40, NAMES[fixed >> 10 & 3], 1 + shared % 5000
    if TYPES[turn] == b"update":
        content = UPDATES[fixed >> 12 & 1]
    else:
        subject, body = fragments.SUBJECTS[shared >> 14 & 15], fragments.DESCRIPTIONS[fixed >> 18 & 7]
        content = MESSAGE % (subject, subject, body, body, actor, name, actor, ticket + 1)
    return EVENT % (
        actor,
        name,
        actor,
        timestamp(state.created)[:-1],
        millisecond(seed, number),
        event_id(seed, number).encode(),
        content,
        uuid_text(seed ^ CONVERSATION_SEED, conversation).encode(),
        ticket,
        TYPES[turn],
    )
