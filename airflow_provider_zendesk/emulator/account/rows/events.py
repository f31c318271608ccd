# SPDX-License-Identifier: Apache-2.0
"""Rows of ticket events (audits) and ticket metric events. They never change."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows.audits import VOICE_DATA, audit
from airflow_provider_zendesk.emulator.account.rows.seeds import mix, timestamp

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.audits import Change, Comment
    from airflow_provider_zendesk.emulator.account.rows.state import State

TICKETS = 5000  # the metric events belong to this many tickets

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

CHANGE = b'{"id":%d,"via":"%s","via_reference_id":%s,%s,"event_type":"Change","previous_value":%s}'
CREATION = b'{"id":%d,"via":"%s","via_reference_id":null,%s,"event_type":"Create"}'
# A custom field's change, as a client parses it; Zendesk documents none.
CUSTOM_FIELD = b'"custom_ticket_fields":{"%d":%s}'
TAG_CHANGE = b',"added_tags":%s,"removed_tags":%s'
OTHER = b'{"id":%d,"via":"%s","via_reference_id":null,%s}'
COMMENT_HINT = (
    b'{"id":%d,"via":"%s","via_reference_id":null,"comment_present":true,"comment_public":%s,'
    b'"event_type":"%s"}'
)
# With include=comment_events. Only here is via an object.
COMMENT = (
    b'{"id":%d,"type":"%s","author_id":%d,"body":"%s","html_body":"<div class=\\"zd-comment\\"><p>%s<\\/p></div>",'
    b'"plain_body":"%s","public":%s,"attachments":%s,%s"audit_id":%d,"via":%s,"created_at":"%s",'
    b'"via_reference_id":null,"event_type":"%s"}'
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
    happened, via = audit(seed, event_id), VIAS[(fixed >> 54) % len(VIAS)]
    created_at = timestamp(state.created)
    children = [_change(change, via, fixed) for change in happened.changes]
    if happened.comment is not None:
        render = _comment if in_full else _comment_hint
        children.append(render(happened.comment, via, event_id, created_at))
    if happened.other is not None:
        children.append(OTHER % (happened.other.child, via, happened.other.fields))
    return AUDIT % (
        b",".join(children),
        event_id,
        happened.ticket,
        state.created,
        created_at,
        happened.updater,
        via,
        SYSTEMS[fixed >> 50 & 3],
        METADATA[fixed >> 52 & 3],
    )


def _change(change: Change, via: bytes, fixed: int) -> bytes:
    if isinstance(change.field, int):
        field = CUSTOM_FIELD % (change.field, change.new)
    else:
        field = b'"%s":%s' % (change.field.encode(), change.new)
    if change.is_creation:
        return CREATION % (change.child, via, field)
    if change.field == "tags":
        field += TAG_CHANGE % _tags_changed(change)
    reference = b"%d" % (fixed >> 16 & 0xFFFF) if fixed & 0x100 else b"null"
    return CHANGE % (change.child, via, reference, field, change.old)


@cache
def _tags(text: bytes) -> tuple[bytes, ...]:
    """Return the JSON texts of the tags in one of the lists of :data:`.fragments.TAGS`, none of which has a comma."""
    return tuple(filter(None, text[1:-1].split(b","))) if text != b"null" else ()


def _tags_changed(change: Change) -> tuple[bytes, bytes]:
    """Return the tags that were added and those that were removed."""
    old, new = _tags(change.old), _tags(change.new)
    added = b",".join(tag for tag in new if tag not in old)
    return b"[%s]" % added, b"[%s]" % b",".join(tag for tag in old if tag not in new)


def _comment_hint(comment: Comment, via: bytes, _event_id: int, _created_at: bytes) -> bytes:
    return COMMENT_HINT % (comment.child, via, _public(comment), _kind(comment))


def _comment(comment: Comment, _via: bytes, event_id: int, created_at: bytes) -> bytes:
    body, kind = comment.body, _kind(comment)
    return COMMENT % (
        comment.child,
        kind,
        comment.author,
        body,
        body,
        body,
        _public(comment),
        comment.attachments,
        b'"data":%s,"transcription_visible":false,' % VOICE_DATA if comment.is_voice else b"",
        event_id,
        comment.channel,
        created_at,
        kind,
    )


def _public(comment: Comment) -> bytes:
    return b"true" if comment.public else b"false"


def _kind(comment: Comment) -> bytes:
    return b"VoiceComment" if comment.is_voice else b"Comment"


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
