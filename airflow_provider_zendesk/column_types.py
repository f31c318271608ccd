# SPDX-License-Identifier: Apache-2.0
"""The types of columns in typed files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

ColumnType = Literal[
    "int64",
    "double",
    "bool",
    "string",
    "timestamp",
    "list<int64>",
    "list<string>",
    "fields",
    "map",
    "json",
    "repeated",
]
"""
``fields`` and ``map``: custom fields, a list of objects with ``id`` and ``value``, or an object. Both become a map from the
field's id or key to the value as JSON text. ``json``: any value, as JSON text. ``repeated``: no column, since Zendesk
repeats another field there.
"""

Form = Literal["Z", "+00:00", ""]
"""How times end, as text: ``2026-11-20T00:00:00Z``, with milliseconds and an offset, or without a time zone (UTC)."""


class Column(msgspec.Struct, frozen=True):
    """
    A field that becomes a column.

    :param name: of the field and of the column.
    :param type: of the column.
    :param form: of a timestamp's text.
    :param of: the field that is repeated.
    """

    name: str
    type: ColumnType
    form: Form = "Z"
    of: str = ""


def columns(names: Mapping[ColumnType, str], form: Form = "Z") -> tuple[Column, ...]:
    """
    Return columns.

    :param names: by type, the names of the fields.
    """
    return tuple(Column(name, kind, form) for kind, listed in names.items() for name in listed.split())
