# SPDX-License-Identifier: Apache-2.0
"""Checks that the parts of a window contain what their manifest says, with one part in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.formats.part import Part
from airflow_provider_zendesk.lake.formats.registry import format_of
from airflow_provider_zendesk.stream.page import epoch_of, moment_type
from airflow_provider_zendesk.surrogates import decode_hiding
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_zendesk.catalogue import Rows
    from airflow_provider_zendesk.lake.manifest import File, Manifest
    from airflow_provider_zendesk.lake.storage import Storage


class _Row(NamedTuple):
    """What identifies a row: its id and its sort key, UTC epoch seconds."""

    id: Any
    sort_key: int


class WindowContent:
    """
    Checks the parts of one window.

    :param storage: where the parts are stored.
    :param resource: says which fields are the id and the sort key.
    :param manifest: what the parts should contain.
    """

    def __init__(self, storage: Storage, resource: Rows, manifest: Manifest) -> None:
        self._storage = storage
        self._resource = resource
        self._manifest = manifest
        self._rows = _row_decoder(resource)
        self._anything = msgspec.json.Decoder(msgspec.Raw)
        # If rows are in order, only rows of the same second can be duplicates.
        self._ordered = manifest.exclusions.order_trusted
        self._last = 0
        self._seen: set[_Row] = set()

    def faults(self, file: File) -> Iterator[str]:
        """
        Yield what is wrong with a part. Call this for each of the window's parts, in the manifest's order.

        :param file: the part as the manifest lists it.
        :raises FileNotFoundError: if the part no longer exists.
        """
        data = self._storage.get(file.path)
        sha256 = Part(data, 0, 0).sha256()
        if (len(data), sha256) != (file.bytes, file.sha256):
            yield f"{len(data)} bytes with sha256 {sha256} instead of {file.bytes} with {file.sha256}"
            return
        try:
            part_format = format_of(self._manifest.format)
            text = part_format.read(data, file.uncompressed_bytes)
        except (ValueError, ExportStorageError) as error:
            yield str(error)
            return
        if part_format.is_exact and len(text) != file.uncompressed_bytes:
            yield f"{len(text)} bytes of rows instead of {file.uncompressed_bytes}"
        yield from self._faults_of_lines(file, text)

    def _faults_of_lines(self, file: File, text: bytes) -> Iterator[str]:
        is_rows = file.dataset == self._manifest.resource
        decoder = self._rows if is_rows else self._anything
        try:
            text.decode("utf-8")  # msgspec does not check the fields it skips
            records, _, _ = decode_hiding(decoder.decode_lines, text)
        except (ValueError, RecursionError) as error:
            yield f"not valid JSON Lines of {file.dataset}: {error}"
            return
        lines = text.count(b"\n")
        if b"\r" in text:
            yield "raw carriage returns, at which many readers end a line"
        if not len(records) == lines == file.records:
            yield f"{len(records)} records in {lines} lines instead of {file.records}"
        if is_rows:
            yield from self._faults_of_rows(records)

    def _faults_of_rows(self, records: list[Any]) -> Iterator[str]:
        name, said = self._resource.sort_key, self._manifest.sort_key
        if name is None or said is None:  # the rows are a list that was taken whole
            yield from self._faults_between(_Row(record.id, 0) for record in records)
            return
        rows = [row for record in records if (row := _row(record)) is not None]
        if len(rows) < len(records):
            yield f"{len(records) - len(rows)} rows without {name}"
        window = self._manifest.window.window()
        outside = [row for row in rows if not window.start <= row.sort_key < window.end]
        if outside:
            yield _some(outside, f"with a {name} outside the window {window}")
        elif said.min is not None and said.max is not None:
            beyond = [row for row in rows if not said.min <= row.sort_key <= said.max]
            if beyond:
                yield _some(
                    beyond, f"with a {name} outside the manifest's range {iso(said.min)} to {iso(said.max)}"
                )
        if self._resource.id is not None:
            yield from self._faults_between(rows)

    def _faults_between(self, rows: Iterable[_Row]) -> Iterator[str]:
        """Yield duplicates and rows out of order, across all parts of the window."""
        twice, backwards = [], []
        for row in rows:
            if self._ordered and row.sort_key > self._last:
                self._seen.clear()
                self._last = row.sort_key
            elif self._ordered and row.sort_key < self._last:
                backwards.append(row)
            if row in self._seen:
                twice.append(row)
            self._seen.add(row)
        if twice:
            yield _some(twice, "that are there twice")
        if backwards:
            yield _some(backwards, "that come after rows with a later sort key")


def _some(rows: list[_Row], what: str) -> str:
    first = rows[0]
    return f"{len(rows)} rows {what}, the first with id {first.id!r} at {iso(first.sort_key)}"


def _row(record: Any) -> _Row | None:
    """Return a row's identity; None if it has no sort key."""
    moment = record.sort_key if record.sort_key is not None else getattr(record, "in_docs", None)
    if moment is None:
        return None
    return _Row(record.id, epoch_of(moment))


def _row_decoder(resource: Rows) -> msgspec.json.Decoder[Any]:
    """Return a decoder for the fields of a row that are checked."""
    keys = {"sort_key": resource.sort_key, "in_docs": resource.sort_key_in_docs}
    fields: list[Any] = [
        (name, moment_type(zoneless=resource.zoneless) | None, msgspec.field(name=key, default=None))
        for name, key in keys.items()
        if key
    ]
    if resource.id is None:
        fields.append(("id", Any, None))  # only for messages
    else:
        fields.append(("id", int | str, msgspec.field(name=resource.id)))
    return msgspec.json.Decoder(msgspec.defstruct("Fields", fields, gc=False, kw_only=True))
