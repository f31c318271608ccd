# SPDX-License-Identifier: Apache-2.0
"""Rows of satisfaction ratings (the older CSAT feature)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import SITE, mix, timestamp, varying_bits

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

RATING = (
    b'{"url":"' + SITE + b'/api/v2/satisfaction_ratings/%d.json","id":%d,"assignee_id":%d,"group_id":%d,'
    b'"requester_id":%d,"ticket_id":%d,"score":"%s","created_at":"%s","updated_at":"%s","comment":%s,"reason":%s,'
    b'"reason_id":%s,"reason_code":%s}'
)
SCORES = (b"offered", b"good", b"bad", b"good")


def render_rating(seed: int, rating_id: int, state: State, _trait: int) -> bytes:
    """The rating's row as compact JSON, UTF-8; a rating that is offered gets its score later."""
    fixed = mix(seed ^ 0x72, rating_id)
    varying = varying_bits(fixed, state.revision)
    score = SCORES[varying & 3]
    is_bad = score == b"bad"
    return RATING % (
        rating_id,
        rating_id,
        361000000100 + fixed % 40,
        361000000200 + fixed % 12,
        361000100000 + fixed % 50_000,
        1 + fixed % 5000,
        score,
        timestamp(state.created),
        timestamp(state.generated),
        b"null" if score == b"offered" else b'"%s"' % fragments.DESCRIPTIONS[varying >> 2 & 7],
        b'"The issue took too long to resolve"' if is_bad else b"null",
        b"361000800001" if is_bad else b"null",
        b"5" if is_bad else b"null",
    )
