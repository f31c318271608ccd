# SPDX-License-Identifier: Apache-2.0
"""Compares what an event says that a field's value was with what the event before it said that it became."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

import msgspec

_EMPTY = 0
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode


class LastValues:
    """
    The last known value of each ticket's fields within a window.

    Values are kept as checksums, and only those that were set last, so that memory does not grow with the window.

    :param most: how many fields of tickets are remembered at least.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._recent: dict[object, int] = {}
        self._older: dict[object, int] = {}
        self._fields: dict[str, int] = {}
        self.has_forgotten = False

    def replace(self, ticket: int | str | None, field: str, new: bytes) -> int | None:
        """Remember a value, and return the checksum of the one before; None if that is not known."""
        number = self._fields.setdefault(field, len(self._fields))
        key = ticket << 24 | number if isinstance(ticket, int) else (ticket, number)
        last = self._recent.get(key)
        if last is None:
            last = self._older.get(key)
            if len(self._recent) >= self._most:
                self.has_forgotten = self.has_forgotten or bool(self._older)
                self._older, self._recent = self._recent, {}
        self._recent[key] = checksum(new)
        return last


@lru_cache(maxsize=4096)
def checksum(value: bytes) -> int:
    """
    Return a number that is equal for values that mean the same.

    Zendesk writes the same value now as a number, now as text, and no value as null, as an empty text or as an empty list. The
    order of a list does not matter.

    :param value: JSON text.
    """
    text = _plain(value)
    return crc32(text) << 32 | len(text) & 0xFFFFFFFF if text else _EMPTY


def _plain(value: bytes) -> bytes:
    if value == b"null":
        return b""
    try:
        if value[:1] == b'"':
            return _decode_text(value).encode()
        if value[:1] == b"[":
            return b"\n".join(sorted(_plain(bytes(one)) for one in _decode_list(value)))
    except msgspec.DecodeError:  # a lone surrogate
        return value
    return value
