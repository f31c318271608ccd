# SPDX-License-Identifier: Apache-2.0
"""The titles of custom fields, from a snapshot of the ticket fields in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.committed import committed
from airflow_provider_zendesk.lake.documents import read_manifest
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.manifest import Input
from airflow_provider_zendesk.lake.rows import read_parts
from airflow_provider_zendesk.surrogates import decode_hiding

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.window import Window

TICKET_FIELDS = "ticket_fields"


class _TicketField(msgspec.Struct, gc=False):
    id: int | str
    title: str | None = None


_decode = msgspec.json.Decoder(_TicketField).decode


class FieldNames(msgspec.Struct, frozen=True):
    """
    Titles by the id of their field.

    :param source: the snapshot; None if there is none in the lake.
    """

    titles: dict[str, str] = {}
    source: Input | None = None


class FieldNamesOfWindows:
    """
    Finds the snapshot for a window: the last one that begins before the window's end, else the first one after it.

    So a window that is made again later has the same names again, whatever snapshots have come since.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._found: dict[str, ObjectName] | None = None
        self._read: tuple[str, FieldNames] = ("", FieldNames())

    def of(self, window: Window) -> FieldNames:
        """
        Return the names for a window.

        :raises ExportStorageError: if the snapshot is damaged.
        """
        for name in self._candidates(window):
            names = self._names(name)
            if names is not None:
                return names
        return FieldNames()

    def source_of(self, window: Window) -> Input | None:
        """Return the snapshot that :meth:`of` takes the names from."""
        return self.of(window).source

    def _candidates(self, window: Window) -> list[str]:
        if self._found is None:
            self._found = committed(self._storage, TICKET_FIELDS)
        ordered = sorted(self._found.items(), key=lambda item: item[1])
        highest = {one.window: name for name, one in ordered}
        before = [name for one, name in highest.items() if one.start < window.end]
        after = [name for one, name in highest.items() if one.start >= window.end]
        return [*reversed(before), *after]

    def _names(self, name: str) -> FieldNames | None:
        """Return the names in a snapshot; None if it holds no list."""
        if self._read[0] == name:
            return self._read[1]
        try:
            manifest = read_manifest(self._storage, name)
        except FileNotFoundError:
            raise ExportStorageError(
                f"{name} was replaced while the ticket fields were being read; retry"
            ) from None
        if manifest.forbidden:
            return None
        titles = {}
        for part in read_parts(self._storage, manifest, TICKET_FIELDS):
            for line in lines(part):
                field, _, _ = decode_hiding(_decode, line)
                if field.title is not None:
                    titles[str(field.id)] = field.title
        self._read = name, FieldNames(titles, Input(name, manifest.committed_at))
        return self._read[1]
