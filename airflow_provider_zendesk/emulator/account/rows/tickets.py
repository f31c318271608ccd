# SPDX-License-Identifier: Apache-2.0
"""Rows of tickets."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import (
    SITE,
    encoded_id,
    mix,
    timestamp,
    varying_bits,
)

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State


class SupportType(IntEnum):
    """Who handles a ticket: ``support_type`` in its row."""

    AGENT = 0
    AI_AGENT = 1


SUPPORT_TYPES = (b"agent", b"ai_agent")

# Keys and their order as recorded; support_type and from_messaging_channel are newer.
ROW = (
    b'{"url":"' + SITE + b'/api/v2/tickets/%d.json","id":%d,"external_id":%s,"via":%s,'
    b'"created_at":"%s","updated_at":"%s","generated_timestamp":%d,"type":%s,"subject":"%s","raw_subject":"%s",'
    b'"description":"%s","priority":%s,"status":"%s","recipient":null,"requester_id":%d,"submitter_id":%d,'
    b'"assignee_id":%s,"organization_id":%s,"group_id":%s,"collaborator_ids":[],"follower_ids":[],"email_cc_ids":[],'
    b'"forum_topic_id":null,"problem_id":null,"has_incidents":false,"is_public":true,"due_at":null,"tags":%s,'
    b'"custom_fields":[%s],"satisfaction_rating":%s,"sharing_agreement_ids":[],"custom_status_id":%d,'
    b'"encoded_id":"%s","fields":[%s],"followup_ids":[],"ticket_form_id":361000008071,"brand_id":%d,'
    b'"allow_channelback":false,"allow_attachments":true,"from_messaging_channel":%s,"support_type":"%s"}'
)


def render_ticket(seed: int, ticket_id: int, state: State, support: int) -> bytes:
    """
    The ticket's row as compact JSON, UTF-8.

    :param support: a :class:`SupportType`
    """
    fixed = mix(seed, ticket_id)  # these bits choose what never changes
    varying = varying_bits(fixed, state.revision)  # and these what changes with each revision
    # updated_at is up to two seconds before generated_timestamp even without system updates (recorded 2023/24).
    created_at = timestamp(state.created - (fixed + state.created) % 3)
    updated_at = timestamp(state.updated - (fixed + state.updated) % 3)
    person = 361000100000 + fixed % 50_000
    common = (ticket_id, ticket_id)
    if state.scrubbed:
        return ROW % (
            *common, b"null", fragments.CHANNELS[0], created_at, updated_at, state.generated, b"null",
            b"SCRUBBED", b"SCRUBBED", b"X", b"null", b"deleted", person, person, b"null", b"null", b"null", b"[]",
            b"", b"null", 361000000006, encoded_id(fixed), b"", 361000000301, b"false", SUPPORT_TYPES[support],
        )  # fmt: skip
    via = fixed >> 20 & 7
    subject = b"%s #%d" % (fragments.SUBJECTS[fixed >> 24 & 15], ticket_id)
    description = fragments.DESCRIPTIONS[fixed >> 28 & 7]
    first, second = fragments.custom_field_halves()
    fields = b"%s,%s" % (first[varying >> 10 & 63], second[varying >> 16 & 63])
    status = varying & 7
    return ROW % (
        *common,
        b'"crm-%x"' % (fixed >> 40) if fixed & 0x300 == 0 else b"null",
        fragments.CHANNELS[via],
        created_at,
        updated_at,
        state.generated,
        fragments.TYPES[fixed >> 34 & 7],
        subject,
        subject,
        description,
        fragments.PRIORITIES[varying >> 3 & 7],
        b"deleted" if state.deleted else fragments.STATUSES[status],
        person,
        person,
        b"null" if status == 0 else b"%d" % (361000000100 + varying % 40),
        b"null" if fixed & 0xC00 == 0 else b"%d" % (361000200000 + fixed % 900),
        b"%d" % (361000000200 + varying % 12),
        fragments.TAGS[varying >> 6 & 7],
        fields,
        fragments.SATISFACTION[varying >> 22 & 3],
        361000000001 + status,
        encoded_id(fixed),
        fields,
        361000000301 + fixed % 3,
        b"true" if via == 3 else b"false",
        SUPPORT_TYPES[support],
    )  # fmt: skip
