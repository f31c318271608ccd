# SPDX-License-Identifier: Apache-2.0
"""
Sideloads: additional fields in each row, or top-level arrays of the records that the rows of a page refer to.

The referred records are not a change stream: they are repeated on each page that refers to them and never change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.people import render_organization, render_user
from airflow_provider_zendesk.emulator.account.rows.seeds import SITE, mix, timestamp, varying_bits
from airflow_provider_zendesk.emulator.account.rows.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSTANT_STATE = State(1_600_000_000, 1_700_000_000, 1_700_000_000, 1, deleted=False, scrubbed=False)

RenderRecord = Callable[[int, int], bytes]
"""Renders the JSON of a record from (seed, id)."""


@dataclass(frozen=True)
class EmbeddedSideload:
    """
    A sideload within each row.

    :param key: its key in the row
    :param render: renders its JSON from (seed, id, state)
    """

    key: str
    render: Callable[[int, int, State], bytes]


@dataclass(frozen=True)
class TopLevelSideload:
    """
    A sideload under its own top-level key: the records that the rows refer to, each once per page, in order of id.

    :param keys: keys of the row that contain ids
    :param render: renders one record's JSON from (seed, id)
    :param by_id: an object keyed by id instead of an array
    :param through: maps the id in the row to the record's id, if it is another one
    """

    keys: tuple[str, ...]
    render: RenderRecord
    by_id: bool = False
    through: Callable[[int], int] | None = None

    def collect(self, seed: int, rows: Sequence[bytes]) -> bytes:
        """The JSON array or object for the rows of a page."""
        referred = _referred(self.keys, rows)
        ids = sorted({self.through(id_) for id_ in referred} if self.through else referred)
        if self.by_id:
            return b"{%s}" % b",".join(b'"%d":%s' % (id_, self.render(seed, id_)) for id_ in ids)
        return b"[%s]" % b",".join(self.render(seed, id_) for id_ in ids)


def _referred(keys: tuple[str, ...], rows: Sequence[bytes]) -> set[int]:
    if not keys:
        return set()
    references = msgspec.json.decode(b"[%s]" % b",".join(rows), type=_list_of(keys))
    return {getattr(row, key) for row in references for key in keys} - {None}


@cache
def _list_of(keys: tuple[str, ...]) -> Any:
    return list[msgspec.defstruct("Row", [(key, int | None, None) for key in keys])]  # type: ignore[misc]


def _named(text: bytes) -> RenderRecord:
    """Renders records that differ only in id and name."""
    name = fragments.SUBJECTS

    def render(seed: int, id_: int) -> bytes:
        return text % (id_, name[mix(seed, id_) & 15])

    return render


GROUP = _named(b'{"id":%d,"name":"%s","default":false,"deleted":false,"is_public":true}')
FORM = _named(b'{"id":%d,"name":"%s","active":true,"position":1,"end_user_visible":true,"default":true}')
BRAND = _named(b'{"id":%d,"name":"%s","active":true,"default":false,"has_help_center":true}')
STATUS = _named(b'{"id":%d,"agent_label":"%s","status_category":"open","active":true,"default":true}')
SECTION = _named(b'{"id":%d,"name":"%s","locale":"en-us","position":0}')
ROLE = _named(b'{"id":%d,"name":"%s","role_type":0,"description":"","configuration":{"chat_access":true}}')
AGREEMENT = _named(b'{"id":%d,"name":"%s","status":"accepted","type":"outbound"}')
CATEGORY = _named(b'{"id":%d,"name":"%s","locale":"en-us","position":0}')


def category_of_section(section_id: int) -> int:
    return 361000610000 + section_id % 3


def user(seed: int, id_: int) -> bytes:
    return render_user(seed, id_, CONSTANT_STATE, 0)


def organization(seed: int, id_: int) -> bytes:
    return render_organization(seed, id_, CONSTANT_STATE, 0)


def identity(seed: int, id_: int) -> bytes:
    return (
        b'{"id":%d,"user_id":%d,"url":"' + SITE + b'/api/v2/users/%d/identities/%d.json","type":"email",'
        b'"value":"user.%d@example.com","verified":%s,"primary":true,"created_at":"%s","updated_at":"%s",'
        b'"undeliverable_count":0,"deliverable_state":"deliverable"}'
    ) % (
        id_ * 10, id_, id_, id_ * 10, id_, b"true" if mix(seed, id_) & 1 else b"false",
        timestamp(CONSTANT_STATE.created), timestamp(CONSTANT_STATE.generated),
    )  # fmt: skip


def user_ability(_seed: int, id_: int) -> bytes:
    return (
        b'{"url":"' + SITE + b'/api/v2/users/%d.json","user_id":%d,"can_edit":true,"can_edit_password":false,'
        b'"can_manage_identities_of":true,"can_verify_identities":true}'
    ) % (id_, id_)


def organization_ability(_seed: int, id_: int) -> bytes:
    return (
        b'{"url":"' + SITE + b'/api/v2/organizations/%d.json","organization_id":%d,"can_edit":true,'
        b'"can_delete":true}'
    ) % (id_, id_)


def open_tickets(seed: int, id_: int) -> bytes:
    return b"%d" % (mix(seed, id_) % 30)


def metric_set(seed: int, ticket_id: int, state: State) -> bytes:
    fixed = mix(seed ^ 0x73, ticket_id)
    varying = varying_bits(fixed, state.revision)
    minutes = b'{"calendar":%d,"business":%d}' % (varying & 0xFFFF, varying & 0x3FFF)
    return (
        b'{"url":"' + SITE + b'/api/v2/ticket_metrics/%d.json","id":%d,"ticket_id":%d,"created_at":"%s",'
        b'"updated_at":"%s","group_stations":%d,"assignee_stations":%d,"reopens":%d,"replies":%d,'
        b'"assignee_updated_at":null,"requester_updated_at":"%s","status_updated_at":"%s",'
        b'"initially_assigned_at":null,"assigned_at":null,"solved_at":null,"latest_comment_added_at":"%s",'
        b'"reply_time_in_minutes":%s,"first_resolution_time_in_minutes":{"calendar":null,"business":null},'
        b'"full_resolution_time_in_minutes":%s,"agent_wait_time_in_minutes":%s,'
        b'"requester_wait_time_in_minutes":%s,"on_hold_time_in_minutes":{"calendar":0,"business":0}}'
    ) % (
        ticket_id * 3, ticket_id * 3, ticket_id, timestamp(state.created), timestamp(state.updated),
        varying & 7, varying >> 3 & 7, varying >> 6 & 3, varying >> 8 & 31, timestamp(state.created),
        timestamp(state.updated), timestamp(state.updated), minutes, minutes, minutes, minutes,
    )  # fmt: skip


def dates(_seed: int, _ticket_id: int, state: State) -> bytes:
    created, updated = timestamp(state.created), timestamp(state.updated)
    return (
        b'{"assignee_updated_at":null,"requester_updated_at":"%s","status_updated_at":"%s",'
        b'"initially_assigned_at":null,"assigned_at":null,"solved_at":null,"latest_comment_added_at":"%s"}'
    ) % (created, updated, updated)


def comment_count(seed: int, ticket_id: int, state: State) -> bytes:
    return b"%d" % (state.revision + mix(seed, ticket_id) % 5)


def incident_count(seed: int, ticket_id: int, _state: State) -> bytes:
    return b"%d" % (mix(seed, ticket_id) >> 8 & 1)


TICKET_SIDELOADS: Mapping[str, EmbeddedSideload | TopLevelSideload] = {
    "users": TopLevelSideload(("requester_id", "submitter_id", "assignee_id"), user),
    "groups": TopLevelSideload(("group_id",), GROUP),
    "organizations": TopLevelSideload(("organization_id",), organization),
    "sharing_agreements": TopLevelSideload((), AGREEMENT),  # the emulator has no shared tickets
    "ticket_forms": TopLevelSideload(("ticket_form_id",), FORM),
    "brands": TopLevelSideload(("brand_id",), BRAND),
    "custom_statuses": TopLevelSideload(("custom_status_id",), STATUS),
    "metric_sets": EmbeddedSideload("metric_set", metric_set),
    "comment_count": EmbeddedSideload("comment_count", comment_count),
    "incident_counts": EmbeddedSideload("incident_count", incident_count),
    "dates": EmbeddedSideload("dates", dates),
}
USER_SIDELOADS: Mapping[str, EmbeddedSideload | TopLevelSideload] = {
    "identities": TopLevelSideload(("id",), identity),
    "groups": TopLevelSideload(("default_group_id",), GROUP),
    "organizations": TopLevelSideload(("organization_id",), organization),
    "roles": TopLevelSideload(("custom_role_id",), ROLE),
    "abilities": TopLevelSideload(("id",), user_ability),
    "open_ticket_count": TopLevelSideload(("id",), open_tickets, by_id=True),
}
ORGANIZATION_SIDELOADS: Mapping[str, EmbeddedSideload | TopLevelSideload] = {
    "abilities": TopLevelSideload(("id",), organization_ability)
}
