# SPDX-License-Identifier: Apache-2.0
"""
Rows of skills-based routing: changes to attributes, to their values, and to their assignments.

Each row is an event and never changes. Its id is that of the changed object ("automatically assigned when an attribute is
created", Zendesk docs, Incremental Skill-based Routing), so an id occurs with several times and types, even within a
second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import mix, timestamp, uuid_text

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

ATTRIBUTE = b'{"id":"%s","name":"%s","time":"%s","type":"%s"}'
ATTRIBUTE_VALUE = b'{"id":"%s","attribute_id":"%s","name":"%s","time":"%s","type":"%s"}'
INSTANCE_VALUE = b'{"id":"%s","attribute_value_id":"%s","instance_id":"%d","time":"%s","type":"%s"}'

VALUES = 7  # number of different attribute values that instances have
ATTRIBUTE_SEED, VALUE_SEED, INSTANCE_SEED = 0x72, 0x76, 0x69


def _event(number: int) -> tuple[int, bytes]:
    """An event's object and type: two of four events create objects, the third updates one and the fourth deletes one."""
    turn = (number - 1) & 3
    if turn < 2:
        return number, b"create"
    return number - 2, b"update" if turn == 2 else b"delete"


def attribute_id(seed: int, number: int) -> str:
    return uuid_text(seed ^ ATTRIBUTE_SEED, _event(number)[0])


def attribute_value_id(seed: int, number: int) -> str:
    return uuid_text(seed ^ VALUE_SEED, _event(number)[0])


def instance_value_id(seed: int, number: int) -> str:
    return uuid_text(seed ^ INSTANCE_SEED, _instance(number)[0])


def value_of_instance(seed: int, number: int) -> int:
    """Number of the attribute value in an ``instance_values`` row; the export groups its rows by it."""
    return 1 + mix(seed, _instance(number)[0]) % VALUES


def render_attribute(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The event's row as compact JSON, UTF-8."""
    about, kind = _event(number)
    name = fragments.SUBJECTS[about & 15]
    return ATTRIBUTE % (attribute_id(seed, number).encode(), name, timestamp(state.created), kind)


def render_attribute_value(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The event's row as compact JSON, UTF-8."""
    about, kind = _event(number)
    attribute = uuid_text(seed ^ ATTRIBUTE_SEED, 1 + about % 5)
    name = fragments.SUBJECTS[about & 15]
    id_ = attribute_value_id(seed, number).encode()
    return ATTRIBUTE_VALUE % (id_, attribute.encode(), name, timestamp(state.created), kind)


def render_instance_value(seed: int, number: int, state: State, _trait: int) -> bytes:
    """The event's row as compact JSON, UTF-8."""
    about, kind = _instance(number)
    value = uuid_text(seed ^ VALUE_SEED, value_of_instance(seed, number))
    who = b"agent" if about & 1 else b"ticket"
    return INSTANCE_VALUE % (
        instance_value_id(seed, number).encode(),
        value.encode(),
        10001 + mix(seed, about) % 500,
        timestamp(state.created),
        b"%s_%s" % (kind, who),
    )


def _instance(number: int) -> tuple[int, bytes]:
    """An event's instance and the first part of its type; two instances in three lose their value again."""
    turn = (number - 1) % 5
    return (number, b"associate") if turn < 3 else (number - 2, b"unassociate")
