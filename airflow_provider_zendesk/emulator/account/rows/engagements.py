# SPDX-License-Identifier: Apache-2.0
"""Rows of engagements: periods in which an agent worked on a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows.seeds import mix, timestamp

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

MAX_LENGTH = 120  # seconds

# Keys, their order and the times without Z as recorded in 2025-06 (zenpy).
ENGAGEMENT = (
    b'{"engagement_id":"%s","ticket_id":%d,"agent_id":%d,"group_id":%d,"requester_id":%d,"offer_time_seconds":%d,'
    b'"assignment_to_first_reply_time_seconds":%d,"agent_messages_count":%d,"agent_replies_count":%d,'
    b'"total_requester_wait_time_seconds":%d,"longest_requester_wait_time_seconds":%d,"channel":"%s",'
    b'"engagement_start_reason":"%s","engagement_start_time":"%s","engagement_end_time":"%s",'
    b'"ticket_status_start":"%s","ticket_status_end":"%s","engagement_end_reason":"%s",'
    b'"average_requester_wait_time_seconds":%d,"end_user_messages_count":%d}'
)
CHANNELS = (b"MESSAGING", b"MESSAGING", b"EMAIL", b"VOICE")
STARTS = (b"Assigned", b"Assigned", b"Transferred", b"Reassigned")
ENDS = (b"Unknown Remove", b"Solved", b"Transferred", b"Reassigned")
STATUSES = (b"NEW", b"OPEN", b"PENDING", b"SOLVED")


def engagement_id(seed: int, number: int) -> str:
    """32 upper-case hex digits, unrelated to the order of the numbers."""
    salted = seed ^ 0x656E
    return f"{mix(salted, number):016X}{mix(salted, ~number):016X}"


def render_engagement(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The engagement's row as compact JSON, UTF-8."""
    fixed = mix(seed ^ 0x65, number)
    length, messages = (fixed >> 8 & 0xFF) % (MAX_LENGTH + 1), fixed >> 16 & 7
    waited = length * (fixed >> 19 & 3) // 3
    return ENGAGEMENT % (
        engagement_id(seed, number).encode(),
        1 + (fixed >> 30) % 5000,
        361000000100 + fixed % 40,
        361000000200 + fixed % 12,
        361000100000 + fixed % 50_000,
        fixed >> 21 & 15,
        waited if messages else 0,
        messages,
        messages,
        waited,
        waited,
        CHANNELS[fixed >> 44 & 3],
        STARTS[fixed >> 46 & 3],
        timestamp(state.created)[:-1],
        timestamp(state.created + length)[:-1],
        STATUSES[fixed >> 48 & 3],
        STATUSES[fixed >> 50 & 3],
        ENDS[fixed >> 52 & 3],
        waited,
        fixed >> 54 & 7,
    )
