# SPDX-License-Identifier: Apache-2.0
"""Rows of custom object records."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import SITE, mix, timestamp, ulid_text, varying_bits

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

RECORD = (
    b'{"url":"' + SITE + b'/api/v2/custom_objects/%s/records/%s.json","id":"%s","custom_object_key":"%s",'
    b'"custom_object_fields":{"colour":"%s","price":"%s","note":"%s"},"name":"%s","external_id":%s,'
    b'"created_by_user_id":"%d","updated_by_user_id":"%d","created_at":"%s","updated_at":"%s"}'
)
DELETED = b"[DELETED]"
COLOURS = tuple(colour.encode() for colour in ("blue", r"gr\u00fcn", "größe_xl", "🟢"))


def record_id(custom_object: str, seed: int, number: int) -> str:
    """The id of a custom object record: a string in another order than the numbers."""
    return ulid_text(seed ^ crc32(custom_object.encode()), number)


def render_record(custom_object: str, seed: int, number: int, state: State, _trait: int) -> bytes:
    """
    The record's row as compact JSON, UTF-8; all field values are strings (Zendesk's OpenAPI, sample).

    A deleted record has "[DELETED]" in every field, and as its name and external id (Zendesk's OpenAPI).
    """
    key = custom_object.encode()
    fixed = mix(seed ^ crc32(key), number)
    varying = varying_bits(fixed, state.revision)
    id_ = record_id(custom_object, seed, number).encode()
    gone = state.deleted
    return RECORD % (
        key,
        id_,
        id_,
        key,
        DELETED if gone else COLOURS[varying & 3],
        DELETED if gone else b"%d.%02d" % (varying >> 8 & 0xFFF, varying % 100),
        DELETED if gone else fragments.DESCRIPTIONS[varying >> 2 & 7],
        DELETED if gone else b"%s #%d" % (fragments.SUBJECTS[varying >> 20 & 15], number),
        b'"%s"' % DELETED if gone else b'"crm-%x"' % (fixed >> 40) if fixed & 0x300 else b"null",
        361000000001 + fixed % 2,
        361000000001 + varying % 2,
        timestamp(state.created),
        timestamp(state.generated),
    )
