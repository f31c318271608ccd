# SPDX-License-Identifier: Apache-2.0
"""Rows of Talk: calls and their legs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import mix, timestamp, varying_bits

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

# call_charge is a string (recorded from live responses by a connector), not a float. The keys from post_call_summary
# on were seen live in 2026; of the last two, only the prefix copilot_suggestions_ is known.
CALL = (
    b'{"id":%d,"created_at":"%s","updated_at":"%s","agent_id":%s,"call_charge":"%s","consultation_time":0,'
    b'"completion_status":"%s","customer_id":%d,"customer_requested_voicemail":false,"direction":"%s","duration":%d,'
    b'"exceeded_queue_wait_time":false,"hold_time":%d,"minutes_billed":%d,"outside_business_hours":%s,'
    b'"phone_number_id":%d,"phone_number":"+4930%07d","ticket_id":%s,"time_to_answer":%s,"voicemail":%s,'
    b'"wait_time":%d,"wrap_up_time":%s,"ivr_time_spent":null,"ivr_hops":null,"ivr_destination_group_name":null,'
    b'"talk_time":%d,"ivr_routed_to":null,"callback":false,"callback_source":null,"default_group":true,'
    b'"ivr_action":null,"overflowed":false,"overflowed_to":null,"recording_control_interactions":0,'
    b'"recording_time":%d,"not_recording_time":0,"call_recording_consent":"opt_in",'
    b'"call_recording_consent_action":null,"call_recording_consent_keypress":null,"call_group_id":null,'
    b'"call_channel":null,"quality_issues":%s,"line":"Caf\\u00e9 \\"Z\\u00fcrich\\"","line_id":%d,"line_type":"phone",'
    b'"post_call_summary":%s,"post_call_summary_created":%s,"post_call_transcription":%s,'
    b'"post_call_transcription_created":%s,"real_time_transcription":%s,"transcription_language":%s,'
    b'"copilot_suggestions_offered":%d,"copilot_suggestions_used":%d}'
)
LEG = (
    b'{"id":%d,"created_at":"%s","updated_at":"%s","agent_id":%s,"user_id":%s,"duration":%d,"hold_time":%d,'
    b'"wrap_up_time":%s,"available_via":%s,"forwarded_to":null,"transferred_from":null,"transferred_to":null,'
    b'"type":"%s","talk_time":%d,"minutes_billed":%s,"call_charge":"%s","call_id":%d,"completion_status":"%s",'
    b'"quality_issues":%s,"conference_from":null,"conference_to":null,"conference_time":null,'
    b'"consultation_from":null,"consultation_to":null,"consultation_time":null}'
)
STATUSES = (b"completed", b"completed", b"completed", b"abandoned_in_queue")
DIRECTIONS = (b"inbound", b"inbound", b"outbound", b"inbound")
QUALITY = (b'["none"]', b'["none"]', b"[]", b'["packet_loss","high_latency"]')
LEGS = 3  # per call


def render_call(seed: int, call_id: int, state: State, _trait: int) -> bytes:
    """The call's row as compact JSON, UTF-8."""
    fixed = mix(seed ^ 0x63, call_id)
    varying = varying_bits(fixed, state.revision)
    duration, answered = fixed >> 8 & 0x3FF, fixed & 3 != 3
    transcribed = answered and fixed >> 41 & 7 < 3
    return CALL % (
        call_id,
        timestamp(state.created),
        timestamp(state.generated),
        b"%d" % (361000000100 + fixed % 40) if answered else b"null",
        b"%d.%03d" % (fixed >> 20 & 3, fixed % 1000),
        STATUSES[fixed & 3],
        361000100000 + fixed % 50_000,
        DIRECTIONS[fixed >> 2 & 3],
        duration,
        fixed >> 18 & 0x3F,
        1 + duration // 60,
        b"true" if fixed & 0x10 else b"false",
        361000800000 + fixed % 7,
        fixed % 10**7,
        b"%d" % (1 + fixed % 5000) if fixed & 0x60 else b"null",
        b"%d" % (fixed >> 28 & 0x3F) if answered else b"null",
        b"false" if answered else b"true",
        fixed >> 34 & 0x7F,
        b"%d" % (varying & 0xFF) if answered else b"null",
        duration if answered else 0,
        duration if answered else 0,
        QUALITY[varying >> 8 & 3],
        361000800000 + fixed % 7,
        b'"%s"' % fragments.DESCRIPTIONS[fixed >> 44 & 7] if transcribed else b"null",
        b"true" if transcribed else b"false",
        b'"%s"' % fragments.DESCRIPTIONS[fixed >> 47 & 7] if transcribed else b"null",
        b"true" if transcribed else b"false",
        b"true" if transcribed and fixed & 0x80 else b"false",
        b'"de"' if transcribed else b"null",
        fixed >> 50 & 3 if transcribed else 0,
        fixed >> 50 & 1 if transcribed else 0,
    )


def render_leg(seed: int, leg_id: int, state: State, _trait: int) -> bytes:
    """
    The leg's row as compact JSON, UTF-8; the first of a call's three legs is the customer's.

    A customer's leg has agent 0, no ``available_via``, and sometimes no ``minutes_billed`` (seen live in 2026).
    """
    fixed = mix(seed ^ 0x6C, leg_id)
    varying = varying_bits(fixed, state.revision)
    customer, duration = (leg_id - 1) % LEGS == 0, fixed >> 8 & 0x3FF
    return LEG % (
        leg_id,
        timestamp(state.created),
        timestamp(state.generated),
        b"0" if customer else b"%d" % (361000000100 + fixed % 40),
        b"%d" % (361000100000 + fixed % 50_000) if customer else b"null",
        duration,
        fixed >> 18 & 0x3F,
        b"null" if customer else b"%d" % (varying & 0xFF),
        b"null" if customer else b'"browser"' if fixed & 0x10 else b'"phone"',
        b"customer" if customer else b"agent",
        duration,
        b"null" if customer and fixed & 0x20 else b"%d" % (1 + duration // 60),
        b"%d.%03d" % (fixed >> 20 & 3, fixed % 1000),
        1 + (leg_id - 1) // LEGS,
        STATUSES[fixed & 3],
        QUALITY[varying >> 8 & 3],
    )
