# SPDX-License-Identifier: Apache-2.0
"""Rows of the field history: each says that a field of a ticket got another value."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from airflow_provider_zendesk.history.events import NULL
from airflow_provider_zendesk.history.last_values import LastValues, checksum

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_zendesk.history.events import Child, Event, EventTexts

CREATED, CHANGED = b'"Create"', b'"Change"'
KINDS = {CREATED: b"create", CHANGED: b"change"}

NO_PREVIOUS_VALUE = "no_previous_value"
SEVERAL_FIELDS = "several_fields"
VALUE_BEFORE_CREATION = "value_before_creation"
CONTRADICTS_LAST_VALUE = "contradicts_last_value"

# All that a child event says besides the fields that changed.
_ABOUT = frozenset(
    {
        "id",
        "via",
        "via_reference_id",
        "event_type",
        "previous_value",
        "added_tags",
        "removed_tags",
    }
)
_CUSTOM = "custom_ticket_fields"
_ROW = (
    b'{"id":"%b","ticket_id":%b,%b,"change":"%b","old_value":%b,"new_value":%b,%b"doubt":%b,"at":%b,"updater_id":%b,'
    b'"via":%b,"event_id":%b,"child_event_id":%b}'
)
_decode_values = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Change(NamedTuple):
    """
    A change of one field.

    :param field: a standard field, or a custom field's id.
    :param is_custom: it is a custom field.
    :param old: as Zendesk says; null if it does not.
    :param doubt: why what was before is uncertain; None if it is not.
    """

    field: str
    is_custom: bool
    old: bytes
    new: bytes
    doubt: str | None


class FieldHistory:
    """
    Makes the rows of one window.

    :param field_names: the titles of the custom fields by their ids.
    """

    def __init__(self, field_names: Mapping[str, str]) -> None:
        self._names = field_names
        self._labels: dict[tuple[str, bool], bytes] = {}
        self._last = LastValues()
        self.doubts: Counter[str] = Counter()

    @property
    def has_forgotten(self) -> bool:
        """Whether the window has more fields of tickets than are compared with their last value."""
        return self._last.has_forgotten

    def rows(
        self, event: Event, texts: EventTexts, child: Child, kind: bytes, first: int, *, is_ordered: bool
    ) -> list[bytes]:
        """
        Return the rows of a child event that creates or changes fields.

        :param texts: of the event.
        :param kind: the child's ``event_type``, JSON text.
        :param first: how many rows this event has already.
        :param is_ordered: all events before it were read before, so values can be compared with the last ones.
        """
        is_creation, of_child = kind == CREATED, bytes(child.get("id", NULL))
        via = bytes(child.get("via", NULL))
        rows = []
        for number, change in enumerate(_changes(child, is_creation=is_creation), start=first):
            doubt = change.doubt
            if is_ordered:
                doubt = self._compared(event.ticket_id, change, is_creation=is_creation) or doubt
            if doubt:
                self.doubts[doubt] += 1
            rows.append(
                _ROW
                % (
                    texts.part_of_id(number),
                    texts.ticket,
                    self._label(change),
                    KINDS[kind],
                    change.old,
                    change.new,
                    _tags(child, change, is_creation=is_creation) if change.field == "tags" else b"",
                    b'"%b"' % doubt.encode() if doubt else b"null",
                    texts.at,
                    texts.updater,
                    via if via != b"null" else texts.via,
                    texts.id,
                    of_child,
                )
            )
        return rows

    def _compared(self, ticket: int | str | None, change: Change, *, is_creation: bool) -> str | None:
        """Remember the new value, and return how the old one contradicts the last that is known."""
        last = self._last.replace(ticket, change.field, change.new)
        if change.doubt or last is None or last == checksum(change.old):
            return None
        return VALUE_BEFORE_CREATION if is_creation else CONTRADICTS_LAST_VALUE

    def _label(self, change: Change) -> bytes:
        key = (change.field, change.is_custom)
        label = self._labels.get(key)
        if label is None:
            name = self._names.get(change.field) if change.is_custom else None
            encode = msgspec.json.encode
            label = b'"field":%b,"field_name":%b' % (encode(change.field), encode(name))
            self._labels[key] = label
        return label


def _changes(child: Child, *, is_creation: bool) -> list[Change]:
    """Return the changes of a child event."""
    found = list(_new_values(child))
    doubt, olds, previous = None, dict[str, msgspec.Raw](), b"null"
    if not is_creation:
        if "previous_value" not in child:
            doubt = NO_PREVIOUS_VALUE
        elif len(found) > 1:
            doubt = SEVERAL_FIELDS
        previous = bytes(child.get("previous_value", NULL))
    if any(is_custom for _, is_custom, _ in found) and previous[:1] == b"{":
        # What was before may be told for each custom field, as what is new is.
        olds = _decode_values(previous)
    changes = []
    for field, is_custom, new in found:
        is_told = is_custom and field in olds
        old = bytes(olds[field]) if is_told else previous
        changes.append(Change(field, is_custom, old, bytes(new), None if is_told else doubt))
    return changes


def _new_values(child: Child) -> Iterator[tuple[str, bool, msgspec.Raw]]:
    """Yield the fields that changed, whether each is a custom one, and their new values."""
    for field, value in child.items():
        if field in _ABOUT:
            continue
        if field == _CUSTOM and bytes(value)[:1] == b"{":
            for custom, of_custom in _decode_values(value).items():
                yield custom, True, of_custom
        else:
            yield field, field.isdecimal(), value
    if "tags" not in child and ("added_tags" in child or "removed_tags" in child):
        yield "tags", False, NULL


def _tags(child: Child, change: Change, *, is_creation: bool) -> bytes:
    """Return which tags were added and removed: as the event says or, if it does not, as its two lists do."""
    added, removed = child.get("added_tags"), child.get("removed_tags")
    if added is None and removed is None:
        try:
            old = [] if is_creation else [bytes(tag) for tag in _decode_list(change.old)]
            new = [bytes(tag) for tag in _decode_list(change.new)]
        except msgspec.DecodeError:  # they are no lists
            return b'"added":null,"removed":null,'
        return b'"added":[%b],"removed":[%b],' % (
            b",".join(tag for tag in new if tag not in old),
            b",".join(tag for tag in old if tag not in new),
        )
    return b'"added":%b,"removed":%b,' % (
        bytes(added if added is not None else NULL),
        bytes(removed if removed is not None else NULL),
    )
