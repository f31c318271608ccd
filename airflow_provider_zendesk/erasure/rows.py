# SPDX-License-Identifier: Apache-2.0
"""Which rows of a part belong to records that are to be erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.surrogates import decode_hiding

if TYPE_CHECKING:
    from airflow_provider_zendesk.erasure.carriers import Marks

_NULL = msgspec.Raw(b"null")

Targets = Mapping[str, int | None]
"""By id as text: None if all rows of the record go; otherwise the sort key (UTC epoch seconds) before which they go."""


class Matcher:
    """
    Finds rows.

    :param field: the field that names a row's record.
    :param targets: the records.
    """

    def __init__(self, field: str, targets: Targets) -> None:
        fields = [("name", int | str | None, msgspec.field(name=field, default=None))]
        self._decode: Any = msgspec.json.Decoder(msgspec.defstruct("Named", fields, gc=False)).decode_lines
        self._targets = targets

    def matches(self, text: bytes) -> list[str | None]:
        """Return for each row the id of the record to which it belongs, if that is a target."""
        rows, _, _ = decode_hiding(self._decode, text)
        names = (None if row.name is None else str(row.name) for row in rows)
        return [name if name in self._targets else None for name in names]


def marked(line: bytes, kept: tuple[str, ...]) -> bytes:
    """
    Return what stays of a row: the fields that say which row it was, and that it is erased.

    :param kept: these fields, as far as the row has them.
    """
    fields: dict[str, msgspec.Raw] = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    left: dict[str, Any] = {name: fields[name] for name in kept if name in fields}
    return msgspec.json.encode({**left, "erased": True})


def are_gone(text: bytes, marks: Marks) -> list[bool]:
    """Return which rows say that their record's content is gone for good."""
    fields = [
        (f"mark_{number}", msgspec.Raw, msgspec.field(name=name, default=_NULL))
        for number, name in enumerate(marks)
    ]
    decode: Any = msgspec.json.Decoder(msgspec.defstruct("Gone", fields, gc=False)).decode_lines
    rows, _, _ = decode_hiding(decode, text)
    values = tuple(map(msgspec.Raw, marks.values()))
    return [msgspec.structs.astuple(row) == values for row in rows]
