# SPDX-License-Identifier: Apache-2.0
"""Rows of users and organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import SITE, mix, timestamp, varying_bits

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

FIRST_NAMES = tuple(
    name.encode() for name in ("Zoë", "Łukasz", "陽子", "Фёдор", "Amélie", "Sean", "نور", "Nguyễn")
)
# Escapes next to real UTF-8: a round trip through a JSON library would change these rows.
LAST_NAMES = (b"M\\u00fcller", b'O\\"Brien', "Søndergård".encode(), b"de la Cruz \\ud83d\\ude80")
ZONES = ((b"Berlin", b"Europe/Berlin"), (b"Tokyo", b"Asia/Tokyo"), (b"Eastern Time (US & Canada)", b"America/New_York"))  # fmt: skip
LOCALES = ((b"1", b"en-US"), (b"8", b"de"), (b"67", b"ja"))

PHOTO = (
    b'{"url":"' + SITE + b'/api/v2/attachments/%d.json","id":%d,"file_name":"me.png",'
    b'"content_url":"' + SITE + b'/system/photos/%d/me.png","content_type":"image/png","size":%d,'
    b'"width":80,"height":80,"inline":false,"deleted":false,"thumbnails":[]}'
)

# Keys and their order as recorded in 2023/24; the last two are newer (seen live in 2026).
USER = (
    b'{"id":%d,"url":"'
    + SITE
    + b'/api/v2/users/%d.json","name":"%s","email":%s,"created_at":"%s","updated_at":"%s",'
    b'"time_zone":"%s","iana_time_zone":"%s","phone":%s,"shared_phone_number":null,"photo":%s,"locale_id":%s,'
    b'"locale":"%s","organization_id":%s,"role":"%s","verified":%s,"external_id":%s,"tags":%s,"alias":%s,"active":%s,'
    b'"shared":false,"shared_agent":false,"last_login_at":%s,"two_factor_auth_enabled":%s,"signature":%s,"details":%s,'
    b'"notes":%s,"role_type":%s,"custom_role_id":%s,"moderator":%s,"ticket_restriction":%s,'
    b'"only_private_comments":false,"restricted_agent":%s,"suspended":%s,"default_group_id":%s,"report_csv":%s,'
    b'"user_fields":%s,"is_billing_admin":%s,"suspension_details":%s}'
)
USER_FIELDS = (
    b'{"birthday":null,"contract_no":9007199254740993,"plan":"gold","vip":true}',
    b'{"birthday":"1990-02-28T00:00:00+00:00","contract_no":null,"plan":null,"vip":false}',
    '{"birthday":null,"contract_no":1.10,"plan":"größe_xl","vip":null}'.encode(),
    b"{}",
)

# deleted_at is not documented, but live rows have it: null unless the organization is deleted.
ORGANIZATION = (
    b'{"url":"' + SITE + b'/api/v2/organizations/%d.json","id":%d,"name":"%s","shared_tickets":%s,'
    b'"shared_comments":false,"external_id":%s,"created_at":"%s","updated_at":"%s","domain_names":%s,"details":%s,'
    b'"notes":%s,"group_id":%s,"tags":%s,"organization_fields":%s,"deleted_at":%s}'
)
COMPANIES = tuple(
    name.encode()
    for name in ("Größe & Söhne GmbH", "株式会社 例", "Acme, Inc.", r"Caf\u00e9 “Zoë”", r"Bits \/ Pieces", "Ünlü A.Ş.")
)  # fmt: skip
# These dates have +00:00 instead of Z (Zendesk docs, Incremental Exports, sample).
ORGANIZATION_FIELDS = (
    b'{"datepudding":"2026-11-04T00:00:00+00:00","org_field_1":"happy happy","org_field_2":"teapot_kettle"}',
    b'{"datepudding":null,"org_field_1":null,"org_field_2":null}',
    '{"datepudding":"2024-02-29T00:00:00+00:00","org_field_1":"🚀 \\"quoted\\"","org_field_2":1.10}'.encode(),
    b'{"datepudding":"1999-12-31T00:00:00+00:00","org_field_1":"","org_field_2":12345678901234567890}',
)


def render_user(seed: int, user_id: int, state: State, _trait: int) -> bytes:
    """
    The user's row as compact JSON, UTF-8.

    A deleted or merged user stays in the export with ``active`` false.
    """
    fixed = mix(seed ^ 0x75, user_id)
    varying = varying_bits(fixed, state.revision)
    staff = fixed & 15 < 3
    role = b"admin" if fixed & 15 == 0 else b"agent" if staff else b"end-user"
    zone, iana_zone = ZONES[fixed % 3]
    locale_id, locale = LOCALES[(fixed >> 8) % 3]
    suspended = varying & 0xF000000 == 0
    photo = 361400000000 + (fixed >> 20) % 10**9
    return USER % (
        user_id,
        user_id,
        b"%s %s" % (FIRST_NAMES[fixed >> 4 & 7], LAST_NAMES[varying >> 4 & 3]),
        b"null" if fixed & 0x700 == 0 else b'"user.%d@example.com"' % user_id,
        timestamp(state.created),
        timestamp(state.generated),
        zone,
        iana_zone,
        b"null" if varying & 3 else b'"+49 170 %07d"' % (fixed % 10**7),
        b"null" if fixed & 0x3000 else PHOTO % (photo, photo, photo, fixed >> 30 & 0xFFFF),
        locale_id,
        locale,
        b"null" if fixed & 0xC000 == 0 else b"%d" % (361000200000 + fixed % 900),
        role,
        b"true" if varying & 0x100 else b"false",
        b'"crm-%x"' % (fixed >> 40) if fixed & 0x30000 == 0 else b"null",
        fragments.TAGS[varying >> 9 & 7],
        b'"%s"' % FIRST_NAMES[varying >> 12 & 7] if staff else b"null",
        b"false" if state.deleted else b"true",
        b'"%s"' % timestamp(state.updated - varying % 5000) if staff else b"null",
        b"true" if staff and fixed & 0x40000 else b"false" if staff else b"null",
        b'"Best,\\n%s"' % FIRST_NAMES[fixed >> 4 & 7] if staff else b"null",
        b'"Called on \\"%s\\""' % timestamp(state.updated) if varying & 0xC0000 == 0 else b"null",
        b'"%s"' % fragments.SUBJECTS[varying >> 20 & 15] if varying & 0x30000 == 0 else b"null",
        b"4" if role == b"admin" else b"0" if staff else b"null",
        b"%d" % (361000400000 + fixed % 5) if staff else b"null",
        b"true" if staff else b"false",
        b"null" if staff else b'"requested"',
        b"false" if staff else b"true",
        b"true" if suspended else b"false",
        b"%d" % (361000000200 + fixed % 12) if staff else b"null",
        b"true" if role == b"admin" else b"false",
        USER_FIELDS[varying >> 28 & 3],
        b"true" if role == b"admin" and fixed & 0x80000 else b"false",
        b'{"reason":"%s","suspended_at":"%s"}' % (fragments.SUBJECTS[varying & 15], timestamp(state.updated))
        if suspended
        else b"null",
    )


def render_organization(seed: int, organization_id: int, state: State, _trait: int) -> bytes:
    """The organization's row as compact JSON, UTF-8; ``deleted_at`` is set if it is deleted."""
    fixed = mix(seed ^ 0x6F, organization_id)
    varying = varying_bits(fixed, state.revision)
    return ORGANIZATION % (
        organization_id,
        organization_id,
        b"%s #%d" % (COMPANIES[fixed % 6], organization_id),
        b"true" if fixed & 0x80 else b"false",
        b'"crm-%x"' % (fixed >> 40) if fixed & 0x300 == 0 else b"null",
        timestamp(state.created),
        timestamp(state.generated),
        b'["example%d.com","xn--gre-7ka3b.example"]' % (fixed % 999) if varying & 1 else b"[]",
        b'"%s"' % fragments.DESCRIPTIONS[varying >> 1 & 7] if varying & 0x30 == 0 else b"null",
        b'"%s"' % fragments.SUBJECTS[varying >> 6 & 15],
        b"null" if fixed & 0xC00 else b"%d" % (361000000200 + fixed % 12),
        fragments.TAGS[varying >> 10 & 7],
        ORGANIZATION_FIELDS[varying >> 13 & 3],
        b'"%s"' % timestamp(state.updated) if state.deleted else b"null",
    )
