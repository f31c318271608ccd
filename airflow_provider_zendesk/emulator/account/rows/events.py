# SPDX-License-Identifier: Apache-2.0
"""Rows of ticket events (audits) and ticket metric events. They never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import mix, timestamp

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

TICKETS = 5000  # the events belong to this many tickets

# An audit as recorded by a client in 2019. The docs' sample wrongly shows a metric event.
AUDIT = (
    b'{"child_events":[%s],"id":%d,"ticket_id":%d,"timestamp":%d,"created_at":"%s","updater_id":%d,"via":"%s",'
    b'"system":%s,"metadata":%s,"event_type":"Audit"}'
)
# As seen live in 2026, among others.
VIAS = (
    b"Web form", b"Mail", b"Web service", b"Rule", b"Chat", b"Ticket sharing", b"Closed Ticket", b"Mobile",
    b"Phone call inbound", b"Intelligent Triage", b"User Merge", b"SLA",
)  # fmt: skip
SYSTEMS = (
    '{"client":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","location":"Zürich, ZH, Switzerland","latitude":47.3667,"longitude":8.5500}'.encode(),
    b'{"client":"Zendesk\\/iOS \\"17.1\\"","location":"S\\u00e3o Paulo, Brazil","latitude":-23.5,"longitude":-46.60}',
    b'{"client":null,"location":null,"latitude":null,"longitude":null}',
    b"{}",
)
METADATA = (b"{}", b"{}", b'{"suspension_type_id":null}', '{"notifications_suppressed_for":[1],"note":"größe"}'.encode())  # fmt: skip

CREATED = (
    b'{"id":%d,"via":"%s","via_reference_id":null,"status":"new","event_type":"Create"},'
    b'{"id":%d,"via":"%s","via_reference_id":null,"subject":"%s","event_type":"Create"}'
)
CHANGED = (
    b'{"id":%d,"via":"%s","via_reference_id":%s,"status":"%s","event_type":"Change","previous_value":"%s"},'
    b'{"id":%d,"via":"%s","via_reference_id":null,"tags":%s,"added_tags":%s,"removed_tags":[],"event_type":"Change",'
    b'"previous_value":[]}'
)
COMMENT_HINT = (
    b'{"id":%d,"via":"%s","via_reference_id":null,"comment_present":true,"comment_public":%s,'
    b'"event_type":"Comment"}'
)
# With include=comment_events. Only here is via an object.
COMMENT = (
    b'{"id":%d,"type":"Comment","author_id":%d,"body":"%s","html_body":"<div class=\\"zd-comment\\"><p>%s<\\/p></div>",'
    b'"plain_body":"%s","public":%s,"attachments":[],"audit_id":%d,"via":%s,"created_at":"%s",'
    b'"via_reference_id":null,"event_type":"Comment"}'
)

METRIC_EVENT = (
    b'{"id":%d,"ticket_id":%d,"metric":"%s","instance_id":%d,"type":"%s","time":"%s"%s,"deleted":%s}'
)
METRICS = (
    b"agent_work_time", b"pausable_update_time", b"periodic_update_time", b"reply_time", b"requester_wait_time",
    b"resolution_time", b"group_ownership_time", b"reply_time",
)  # fmt: skip
# Types with their additional fields (Zendesk docs, Ticket Metric Events).
METRIC_TYPES = (
    (b"activate", b""),
    (b"pause", b""),
    (b"fulfill", b""),
    (b"update_status", b',"status":{"calendar":%d,"business":%d}'),
    (b"apply_sla", b',"sla":{"target":%d,"target_in_seconds":%d,"business_hours":false,"policy":{"id":25,"title":"Gr\\u00f6\\u00dfe \\"XL\\"","description":null}}'),
    (b"apply_group_sla", b',"group_sla":{"target":%d,"target_in_seconds":%d,"business_hours":true,"policy":{"id":"01HSH5EZ3FXK","title":"OLA"}}'),
    (b"breach", b""),
    (b"measure", b""),
)  # fmt: skip


def render_ticket_event(seed: int, event_id: int, state: State, _trait: int) -> bytes:
    """The audit's row as compact JSON, UTF-8, without the content of comments."""
    return _audit(seed, event_id, state, in_full=False)


def render_with_comments(seed: int, event_id: int, state: State, _trait: int) -> bytes:
    """As :func:`render_ticket_event`, with full comments, for ``include=comment_events``."""
    return _audit(seed, event_id, state, in_full=True)


def _audit(seed: int, event_id: int, state: State, in_full: bool) -> bytes:
    fixed = mix(seed ^ 0x65, event_id)
    via, author, created_at = (
        VIAS[(fixed >> 54) % len(VIAS)],
        361000100000 + fixed % 50_000,
        timestamp(state.created),
    )
    child, subject = event_id * 10, fragments.SUBJECTS[fixed >> 11 & 15]
    children = []
    if fixed & 3 == 0:
        children.append(CREATED % (child + 1, via, child + 2, via, subject))
    elif fixed & 3 != 3:
        children.append(
            CHANGED
            % (
                child + 1,
                via,
                b"%d" % (fixed >> 16 & 0xFFFF) if fixed & 0x100 else b"null",
                fragments.STATUSES[fixed >> 15 & 7],
                fragments.STATUSES[fixed >> 18 & 7],
                child + 2,
                via,
                fragments.TAGS[fixed >> 21 & 7],
                fragments.TAGS[fixed >> 21 & 7],
            )
        )
    if fixed & 4 or not children:
        public = b"true" if fixed & 0x18 else b"false"
        if in_full:
            body = fragments.DESCRIPTIONS[fixed >> 24 & 7]
            channel = fragments.CHANNELS[fixed >> 27 & 7]
            children.append(
                COMMENT
                % (child + 3, author, body, body, body, public, event_id, channel, created_at)
            )  # fmt: skip
        else:
            children.append(COMMENT_HINT % (child + 3, via, public))
    return AUDIT % (
        b",".join(children),
        event_id,
        1 + (fixed >> 30) % TICKETS,
        state.created,
        created_at,
        author,
        via,
        SYSTEMS[fixed >> 50 & 3],
        METADATA[fixed >> 52 & 3],
    )


def render_metric_event(seed: int, event_id: int, state: State, deleted: int) -> bytes:
    """
    The metric event's row as compact JSON, UTF-8.

    :param deleted: 1 for an event that clients should ignore (Zendesk docs, Ticket Metric Events), else 0 (seen live)
    """
    fixed = mix(seed ^ 0x6D, event_id)
    kind, extra = METRIC_TYPES[fixed & 7]
    if extra:
        extra %= (fixed >> 8 & 0xFFF, (fixed >> 8 & 0xFFF) * 60)
    return METRIC_EVENT % (
        event_id,
        1 + (fixed >> 30) % TICKETS,
        METRICS[fixed >> 3 & 7],
        1 + (fixed >> 6 & 3),
        kind,
        timestamp(state.created),
        extra,
        b"true" if deleted else b"false",
    )
