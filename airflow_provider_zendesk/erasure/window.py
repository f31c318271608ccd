# SPDX-License-Identifier: Apache-2.0
"""Rewrites one committed window without the rows of some records, as its next revision."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.catalogue import get_rows
from airflow_provider_zendesk.erasure.carriers import field_of
from airflow_provider_zendesk.erasure.rows import Matcher, marked
from airflow_provider_zendesk.lake.commit import Commit
from airflow_provider_zendesk.lake.formats.part import Part, lines
from airflow_provider_zendesk.lake.formats.registry import format_of
from airflow_provider_zendesk.lake.layout import WindowNames, late_dataset, partition_of
from airflow_provider_zendesk.lake.manifest import Erasure, Replaced, SortKey
from airflow_provider_zendesk.lake.rows import read_part
from airflow_provider_zendesk.resources import get_resource, is_resource
from airflow_provider_zendesk.stream.page import RowDecoder
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.erasure.rows import Targets
    from airflow_provider_zendesk.lake.manifest import Counts, File, Manifest, Run
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.policy import Policy

PURPOSE = "erasure-"
"""How the ids of attempts begin that erase rows."""


class Found(NamedTuple):
    """
    What a window holds of the records.

    :param parts: the paths of the files that hold rows of them.
    :param records: their ids.
    :param rows: how many rows.
    """

    parts: frozenset[str]
    records: frozenset[str]
    rows: int


class WindowEraser:
    """
    Erases rows from one window.

    :param storage: the root.
    :param manifest: the window's highest revision.
    :param kind: the kind of the records.
    :param targets: the records.
    :param mark: leave a row that says that it was erased in the place of each.
    """

    def __init__(
        self, storage: Storage, manifest: Manifest, kind: str, targets: Targets, *, mark: bool
    ) -> None:
        self._storage = storage
        self._manifest = manifest
        self._kind = kind
        self._targets = targets
        self._mark = mark
        self._format = format_of(manifest.format)
        rows = get_rows(manifest.resource)
        self._key = tuple(filter(None, (rows.sort_key, rows.sort_key_in_docs)))
        self._decode = RowDecoder(get_resource(manifest.resource)) if is_resource(manifest.resource) else None

    def find(self) -> Found:
        """
        Return what the window holds of the records; it reads each file that may hold some.

        :raises ExportFileIsGoneError: if the window was replaced in the meantime.
        """
        parts, records, rows = set(), set(), 0
        for file in self._manifest.files:
            hits = [name for _, name in self._rows(file) if name is not None]
            if hits:
                parts.add(file.path)
                records.update(hits)
                rows += len(hits)
        return Found(frozenset(parts), frozenset(records), rows)

    def erase(self, found: Found, run: Run, policy: Policy) -> bool:
        """
        Commit the next revision; return False if another run was first to commit one.

        Files without such rows keep their bytes, and all other rows keep theirs.

        :raises ExportFileIsGoneError: or FileNotFoundError, if the window was replaced in the meantime.
        """
        old = self._manifest
        window = old.window.window()
        first = old.files[0]
        names = WindowNames(old.resource, window, partition_of(window, first.dataset, first.path))
        commit = Commit(self._storage, names, old.revision + 1, PURPOSE)
        for file in old.files:
            for part in self._parts(file, found, policy):
                commit.stage(file.dataset, part, self._format.suffix)
        erasure = Erasure(self._kind, len(found.records), found.rows, iso(time.time()), run)
        wanted = msgspec.structs.replace(
            old,
            revision=old.revision + 1,
            files=tuple(sorted(commit.files, key=lambda file: file.path)),
            counts=self._counts(found, commit.files),
            sort_key=self._sort_key(found),
            replaced=Replaced(old.revision, old.counts.records, old.committed_at),
            run=run,
            provider_version=__version__,
            committed_at=iso(time.time()),
            erasures=(*(() if old.erasures is UNSET else old.erasures), erasure),
        )
        return commit.publish(wanted) == wanted

    def _parts(self, file: File, found: Found, policy: Policy) -> Iterator[Part]:
        """Yield what becomes of a part: itself, one without the rows, or none if no row is left."""
        if file.path not in found.parts:
            yield Part(self._storage.get(file.path), file.records, file.uncompressed_bytes, file.drift)
            return
        writer = self._format.writer(policy, file.dataset)
        yield from writer.write(self._left(file))
        yield from writer.finish()

    def _left(self, file: File) -> Iterator[bytes]:
        """Yield the rows of a part that stay, and the marks."""
        field = field_of(self._kind, self._manifest.resource, file.dataset)
        kept = tuple(dict.fromkeys(("id", *((field,) if field else ()), *self._key)))
        for line, name in self._rows(file):
            if name is None:
                yield line
            elif self._mark:
                yield marked(line, kept)

    def _rows(self, file: File) -> Iterator[tuple[bytes, str | None]]:
        """Yield the rows of a part, each with the id of the target to which it belongs, if it is to go."""
        field = field_of(self._kind, self._manifest.resource, file.dataset)
        if field is None:
            return
        text = read_part(self._storage, self._manifest, file)
        names = Matcher(field, self._targets).matches(text)
        for line, name in zip(lines(text), names, strict=True):
            yield line, name if name is not None and self._goes(file, line, self._targets[name]) else None

    def _goes(self, file: File, line: bytes, before: int | None) -> bool:
        """Return True if a row of a target goes: all do, or those that are older than the one that says that it is gone."""
        if line.endswith(b'"erased":true}'):
            return False
        has_key = file.dataset in (self._manifest.resource, late_dataset(self._manifest.resource))
        return before is None or self._decode is None or not has_key or self._decode(line).sort_key < before

    def _counts(self, found: Found, files: list[File]) -> Counts:
        """Return the counts; a mark counts as a row, but not as a deleted record."""
        old, resource = self._manifest, self._manifest.resource
        deleted = sum(
            self._decode(line).deleted
            for file in old.files
            if file.dataset == resource and file.path in found.parts and self._decode is not None
            for line, name in self._rows(file)
            if name is not None
        )
        records, late = (
            sum(file.records for file in files if file.dataset == dataset)
            for dataset in (resource, late_dataset(resource))
        )
        return msgspec.structs.replace(
            old.counts,
            records=records,
            late=late,
            deleted=old.counts.deleted - deleted,
        )

    def _sort_key(self, found: Found) -> SortKey | None:
        """Return the range of the sort keys of the rows that stay."""
        old, resource = self._manifest, self._manifest.resource
        own = [file for file in old.files if file.dataset == resource]
        if (
            old.sort_key is None
            or self._decode is None
            or self._mark
            or not found.parts & {f.path for f in own}
        ):
            return old.sort_key
        keys = [
            self._decode(line).sort_key for file in own for line, name in self._rows(file) if name is None
        ]
        return SortKey(old.sort_key.name, min(keys, default=None), max(keys, default=None))
