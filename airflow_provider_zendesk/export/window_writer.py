# SPDX-License-Identifier: Apache-2.0
"""Writes one window: its rows and counts as they come in, and its manifest at the end."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.export.dataset_writer import DatasetWriter, SavedRows, read_open_part
from airflow_provider_zendesk.lake.commit import Commit
from airflow_provider_zendesk.lake.documents import read_manifest
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.layout import late_dataset
from airflow_provider_zendesk.lake.manifest import (
    Bounds,
    Counts,
    Exclusions,
    File,
    ListSnapshot,
    Manifest,
    Replaced,
    SortKey,
    StagedPart,
    Stop,
    StopReason,
)
from airflow_provider_zendesk.stream.page import RowDecoder
from airflow_provider_zendesk.window import Window, iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.export.spool import Spool
    from airflow_provider_zendesk.lake.layout import WindowNames
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.stream.page import Identity, Row, Sideloaded


class WindowProgress(msgspec.Struct):
    """What was counted in a window so far; the names are those of the manifest."""

    pages: int = 0
    requests: int = 0
    records: int = 0
    deleted: int = 0
    duplicates_dropped: int = 0
    compacted: int = 0
    out_of_order: int = 0
    late: int = 0
    outside: int = 0
    min: int | None = None
    max: int | None = None
    first_cursor: str | None = None
    last_cursor: str | None = None
    first_server_time: str | None = None


class WindowState(msgspec.Struct, frozen=True):
    """
    What another attempt needs to resume a window.

    :param files: as the manifest will list them.
    :param staged: where they are.
    :param open_parts: of each dataset, the objects that hold the rows of its open part, as :func:`read_open_part`
        takes them.
    """

    progress: WindowProgress
    files: tuple[File, ...]
    staged: tuple[StagedPart, ...]
    open_parts: dict[str, tuple[SavedRows | str, ...]]


class WindowWriter:
    """
    A window that is being exported.

    :param job: the export that it is part of.
    :param storage: where it is written.
    :param names: its names.
    :param revision: the one to commit it as: the highest committed one plus one.
    :param spool: once rows come in any order, keeps them until the window is committed; before that they are written as
        they come.
    """

    def __init__(self, job: Job, storage: Storage, names: WindowNames, revision: int, spool: Spool) -> None:
        self.names = names
        self.revision = revision
        """The revision that it will be committed as."""
        self._job = job
        self._storage = storage
        self._spool = spool
        self._order_trusted = job.ordered
        self._datasets: dict[str, DatasetWriter] = {}
        self._progress = WindowProgress()

    @property
    def window(self) -> Window:
        return self.names.window

    @cached_property
    def _commit(self) -> Commit:
        # A run may have tens of thousands of windows, and writes to one at a time.
        return Commit(self._storage, self.names, self.revision)

    @property
    def attempt(self) -> str:
        """The unguessable id of this attempt at it."""
        return self._commit.attempt

    @property
    def storage(self) -> Storage:
        """The storage, with the scratch space of this attempt."""
        return self._commit.storage

    def distrust_order(self) -> None:
        """Spool all further rows: they may be some that were written already."""
        self._order_trusted = False

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows of this window, which are in order of sort key."""
        raws = [row.raw for row in rows]
        if self._order_trusted:
            self._dataset(self._job.resource.name).write(raws)
        else:
            self._spool.add(raws)
        progress = self._progress
        progress.records += len(rows)
        progress.deleted += sum(row.deleted for row in rows)
        first, last = rows[0].sort_key, rows[-1].sort_key
        progress.min = first if progress.min is None else min(progress.min, first)
        progress.max = last if progress.max is None else max(progress.max, last)

    def write_backward(self, rows: Sequence[Row]) -> None:
        """Write rows of this window, in order of sort key, that came after later ones."""
        self.write(rows)
        self._progress.out_of_order += len(rows)

    def write_late(self, rows: Sequence[Row]) -> None:
        """Write rows that are older than this window to a dataset of their own."""
        self._dataset(late_dataset(self._job.resource.name)).write([row.raw for row in rows])
        self._progress.late += len(rows)

    def count_outside(self, rows: int) -> None:
        """Count rows that belong to no window of the run."""
        self._progress.outside += rows

    def write_sideloads(self, sideloads: Mapping[str, Sequence[Sideloaded]]) -> None:
        """Write the sideloads of a page that has rows of this window."""
        for name, records in sideloads.items():
            self._dataset(f"{self._job.resource.name}__{name}").write_once(records)

    def count_page(self, requests: int, before: str | None, after: str | None, server_time: float) -> None:
        """Count a page that was read for this window, the calls it took, the positions around it, and Zendesk's clock."""
        progress = self._progress
        if not progress.pages:
            progress.first_cursor = before
            progress.first_server_time = iso(server_time)
        progress.pages += 1
        progress.requests += requests
        progress.last_cursor = after

    @property
    def requests(self) -> int:
        """The calls that were counted so far."""
        return self._progress.requests

    def count_requests(self, requests: int) -> None:
        """Count calls that were made for this window besides those for its pages."""
        self._progress.requests += requests

    def count_oddities(self, duplicates_dropped: int, compacted: int) -> None:
        """Count rows that came twice, and rows that lost raw newlines."""
        self._progress.duplicates_dropped += duplicates_dropped
        self._progress.compacted += compacted

    def state(self) -> WindowState:
        """Stage copies of the open parts' rows, and return what another attempt needs to resume."""
        return WindowState(
            msgspec.structs.replace(self._progress),
            tuple(self._commit.files),
            tuple(self._commit.staged),
            {name: dataset.save() for name, dataset in self._datasets.items()},
        )

    def restore(self, state: WindowState) -> None:
        """
        Resume from another attempt's state, before anything is written to this window.

        :raises FileNotFoundError: if a staged object is gone; the window is then unchanged.
        :raises ValueError: if one is damaged; the window is then unchanged.
        """
        staged = set(self.storage.find(self.names.staging))
        needed = [part.staged for part in state.staged] + [
            one if isinstance(one, str) else one.name for saved in state.open_parts.values() for one in saved
        ]
        if not staged.issuperset(needed):
            raise FileNotFoundError(self.names.staging)
        opened = {name: read_open_part(saved, self.storage.get) for name, saved in state.open_parts.items()}
        self._progress = state.progress
        self._commit.adopt(state.files, state.staged, needed)
        for name, part in opened.items():
            self._dataset(name).restore(part)

    def withdraw_if_committed(self) -> Manifest | None:
        """Return the manifest that another attempt of this run has committed in the meantime, if any, and withdraw."""
        manifest = self._commit.superseding_manifest()
        if manifest is None or manifest.run != self._job.run:
            return None
        self._commit.withdraw()
        return manifest

    def commit(
        self,
        reason: StopReason,
        server_time: float,
        position: str | None,
        snapshot: ListSnapshot | UnsetType = UNSET,
    ) -> Manifest | None:
        """
        Commit the window.

        :param reason: what proved that it is complete.
        :param server_time: Zendesk's clock at that proof, UTC epoch seconds.
        :param position: the position of the request that gave it.
        :param snapshot: of a list that was taken whole.
        :return: its manifest, or None if another run has committed the window in the meantime.
        """
        self._write_spooled()
        if self._job.empty_files and not self._progress.records and reason != "forbidden":
            self._dataset(self._job.resource.name).finish(even_empty=True)
        for dataset in self._datasets.values():
            dataset.finish()
        progress = self._progress
        stop = Stop(
            reason,
            iso(server_time),
            progress.first_cursor,
            progress.last_cursor,
            position,
            progress.first_server_time,
        )
        wanted = self._manifest(stop, snapshot)
        committed = self._commit.publish(wanted)
        return committed if committed.same_result_as(wanted) else None

    def _write_spooled(self) -> None:
        """Write the spooled rows, except those that were written before spooling began."""
        name = self._job.resource.name
        written = set()
        if name in self._datasets and not self._order_trusted:
            self._datasets[name].finish()
            written = self._written(name)
        for batch in self._spool.batches():
            self._dataset(name).write(self._not_in(written, batch) if written else batch)
        self._spool.clear()

    def _written(self, name: str) -> set[Identity]:
        """Return which of the spooled rows are in a staged part."""
        decode = RowDecoder(self._job.resource)
        spooled = {decode(line).identity for batch in self._spool.batches() for line in batch}
        return {
            identity
            for part, file in zip(self._commit.staged, self._commit.files, strict=True)
            if file.dataset == name
            for line in lines(self._job.format.read(self.storage.get(part.staged), file.uncompressed_bytes))
            if (identity := decode(line).identity) in spooled
        }

    def _not_in(self, written: set[Identity], lines: Sequence[bytes]) -> list[bytes]:
        decode, fresh = RowDecoder(self._job.resource), []
        for line in lines:
            row = decode(line)
            if row.identity in written:
                self._progress.records -= 1
                self._progress.deleted -= row.deleted
                self._progress.duplicates_dropped += 1
            else:
                fresh.append(line)
        return fresh

    def _dataset(self, name: str) -> DatasetWriter:
        if name not in self._datasets:
            self._datasets[name] = DatasetWriter(name, self._commit, self._job.format, self._job.policy)
        return self._datasets[name]

    def _manifest(self, stop: Stop, snapshot: ListSnapshot | UnsetType) -> Manifest:
        job, progress = self._job, self._progress
        return Manifest(
            revision=self.revision,
            account=job.account,
            resource=job.resource.name,
            window=Bounds.of(self.window),
            request=job.request,
            format=job.format.suffix,
            stop=stop,
            counts=Counts(
                progress.pages,
                progress.requests,
                progress.records,
                progress.deleted,
                progress.duplicates_dropped,
                progress.compacted,
                progress.out_of_order,
                progress.late,
                progress.outside,
            ),
            sort_key=self._sort_key(),
            files=tuple(sorted(self._commit.files, key=lambda file: file.path)),
            exclusions=self._exclusions(),
            replaced=self._replaced(),
            run=job.run,
            provider_version=__version__,
            committed_at=iso(time.time()),
            snapshot=snapshot,
        )

    def _sort_key(self) -> SortKey | None:
        name = self._job.resource.sort_key
        return None if name is None else SortKey(name, self._progress.min, self._progress.max)

    def _exclusions(self) -> Exclusions:
        query = self._job.query
        scope = query.get("support_type_scope")
        included = str(query.get("include", "")).split(",")
        return Exclusions(
            support_type_scope=None if scope is None else str(scope),
            exclude_deleted=any("exclude_deleted" in key for key in query),
            sideloads_not_requested=tuple(
                name for name in self._job.resource.sideloads if name not in included
            ),
            order_trusted=self._order_trusted,
        )

    def _replaced(self) -> Replaced | None:
        if not self.revision:
            return None
        try:
            old = read_manifest(self._storage, self.names.manifest(self.revision - 1))
        except FileNotFoundError:
            return None  # another run has replaced it, so this revision will not be committed
        return Replaced(old.revision, old.counts.records, old.committed_at)
