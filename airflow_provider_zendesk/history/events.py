# SPDX-License-Identifier: Apache-2.0
"""
Reads ticket events: what was done to a ticket at one moment, as a list of child events.

Zendesk's reference shows rows of another kind; what is known of the real ones is from recorded answers and from clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.rows import read_parts
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.stream.page import epoch_of, moment_type
from airflow_provider_zendesk.surrogates import decode_hiding
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.lake.manifest import Manifest
    from airflow_provider_zendesk.lake.storage import Storage

NULL = msgspec.Raw(b"null")

Child = dict[str, msgspec.Raw]
"""A child event; which fields it has depends on what it says has changed."""


class Event(msgspec.Struct, gc=False):
    """
    A row of ticket events.

    :param timestamp: when, UTC.
    :param time: likewise, in the form that Zendesk's reference shows.
    :param child_events: what was done.
    :param erased: this package has erased the row, and left only which one it was.
    """

    id: int | str
    timestamp: moment_type(zoneless=False) | None = None  # type: ignore[valid-type]
    time: moment_type(zoneless=False) | None = None  # type: ignore[valid-type]
    ticket_id: int | str | None = None
    updater_id: msgspec.Raw = NULL
    via: msgspec.Raw = NULL
    child_events: list[Child] | None = None
    erased: bool = False

    @property
    def at(self) -> int:
        """When, UTC epoch seconds."""
        moment: Any = self.timestamp if self.timestamp is not None else self.time
        return epoch_of(moment)


ReadEvent = tuple[Event, Mapping[bytes, bytes]]
"""An event, and the placeholders for lone surrogates in its texts."""

_decode = msgspec.json.Decoder(Event).decode


def read_events(storage: Storage, manifest: Manifest, dataset: str) -> Iterator[ReadEvent]:
    """
    Yield the events of a window.

    :param dataset: of the window: the events themselves, or the late ones.
    :raises ExportFileIsGoneError: if a file no longer exists.
    :raises ExportStorageError: if a file is damaged, or a row is no ticket event.
    """
    for part in read_parts(storage, manifest, dataset):
        for line in BytesIO(part):
            try:
                event, _, originals = decode_hiding(_decode, line)
            except (ValueError, RecursionError) as error:
                raise ExportStorageError(
                    f"a row of {dataset} in {manifest.window.window()} is no ticket event: {quoted(error)}"
                ) from None
            if event.timestamp is None and event.time is None:
                raise ExportStorageError(
                    f"a row of {dataset} in {manifest.window.window()} has no time: {quoted(line.decode('utf-8', 'replace'))}"
                )
            yield event, originals


class EventTexts(NamedTuple):
    """What all rows of an event say, as JSON text."""

    id: bytes
    ticket: bytes
    at: bytes
    updater: bytes
    via: bytes

    @classmethod
    def of(cls, event: Event, at: int) -> EventTexts:
        """
        Return the texts.

        :param at: when it was, UTC epoch seconds.
        """
        return cls(
            _text(event.id), _text(event.ticket_id), _moment(at), bytes(event.updater_id), bytes(event.via)
        )

    def part_of_id(self, number: int) -> bytes:
        """Return an id for something in the event that has none: JSON text without quotes."""
        return b"%b-%d" % (self.id.strip(b'"'), number)


@lru_cache(maxsize=64)
def _moment(at: int) -> bytes:
    return b'"%b"' % iso(at).encode()


def _text(value: int | str | None) -> bytes:
    return b"%d" % value if isinstance(value, int) else msgspec.json.encode(value)
