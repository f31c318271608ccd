# SPDX-License-Identifier: Apache-2.0
"""The rows of engagements: an agent's turns with a ticket, as recorded in 2025-06. Times name no zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.seeds import mix, timestamp

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.history import State

ENGAGEMENT = (
    b'{"engagement_id":"%s","ticket_id":%d,"agent_id":%d,"group_id":%d,"requester_id":%d,"offer_time_seconds":%d,'
    b'"assignment_to_first_reply_time_seconds":%d,"agent_messages_count":%d,"agent_replies_count":%d,'
    b'"total_requester_wait_time_seconds":%d,"longest_requester_wait_time_seconds":%d,"channel":"MESSAGING",'
    b'"engagement_start_reason":"Assigned","engagement_start_time":"%s","engagement_end_time":"%s",'
    b'"ticket_status_start":"%s","ticket_status_end":"SOLVED","engagement_end_reason":"Agent closed conversation",'
    b'"average_requester_wait_time_seconds":%d,"end_user_messages_count":%d}'
)
NOISE = 0x0B542AC60EC01D01


def engagement_id(seed: int, number: int) -> str:
    """32 hexadecimal digits."""
    return f"{mix(seed ^ 0x6E, number) & 2**64 - 1:016X}{number ^ NOISE:016X}"


def number_of_engagement(id_: str) -> int | None:
    """The number of the record with an id; None for what is no id."""
    try:
        return int(id_[16:], 16) ^ NOISE if len(id_) == 32 else None
    except ValueError:
        return None


def render_engagement(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The engagement's row as compact JSON, UTF-8."""
    lasting = mix(seed ^ 0x65, number)
    waited, messages = lasting & 0x7F, lasting >> 7 & 7
    return ENGAGEMENT % (
        engagement_id(seed, number).encode(),
        1 + (lasting >> 30) % 5000,
        361000000100 + lasting % 40,
        361000800000 + lasting % 7,
        361000100000 + lasting % 50_000,
        lasting >> 10 & 0xF,
        lasting >> 14 & 0x3F,
        messages,
        messages,
        waited,
        waited,
        timestamp(state.created).removesuffix(b"Z"),
        timestamp(state.created + 1 + waited).removesuffix(b"Z"),
        b"NEW" if lasting & 0x100 else b"OPEN",
        waited,
        messages + 1,
    )
