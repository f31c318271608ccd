# SPDX-License-Identifier: Apache-2.0
"""A window while its rows come in: what was written and counted so far, up to its manifest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.export.commit import Commit
from airflow_provider_zendesk.export.manifest import (
    Bounds,
    Counts,
    Exclusions,
    Manifest,
    Replaced,
    Request,
    SortKey,
    Stop,
    StopReason,
)
from airflow_provider_zendesk.export.writer import JsonLinesWriter
from airflow_provider_zendesk.window import Window, iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.export.layout import WindowNames
    from airflow_provider_zendesk.export.page import Row, Sideloaded
    from airflow_provider_zendesk.export.spool import Spool
    from airflow_provider_zendesk.export.storage import Storage
    from airflow_provider_zendesk.export.writer import Line, Part


class Dataset:
    """
    The parts of one dataset of a window.

    :param name: the folder of like rows.
    :param commit: stages the parts.
    """

    def __init__(self, name: str, commit: Commit) -> None:
        self._name = name
        self._commit = commit
        self._writer = JsonLinesWriter()
        self._keys_of_part: set[int | str | bytes] = set()

    def write(self, rows: Sequence[Line]) -> None:
        for part in self._writer.write(rows):
            self._stage(part)

    def write_once(self, records: Sequence[Sideloaded]) -> None:
        """Write those that the open part does not have yet."""
        for record in records:
            if record.key not in self._keys_of_part:
                self._keys_of_part.add(record.key)
                self.write([record.raw])

    def finish(self) -> None:
        for part in self._writer.finish():
            self._stage(part)

    def _stage(self, part: Part) -> None:
        self._commit.stage(self._name, part, self._writer.suffix)
        self._keys_of_part.clear()


class OpenWindow:
    """
    One window on its way to being committed.

    :param job: the export it is a piece of.
    :param storage: where it goes.
    :param names: its names.
    :param standing: the manifest to replace, if it was committed before.
    :param spool: keeps the rows until the window is committed, where they come in any order; None: they are written
        as they come.
    """

    def __init__(
        self, job: Job, storage: Storage, names: WindowNames, standing: Manifest | None, spool: Spool | None
    ) -> None:
        self.names = names
        self._job = job
        self._standing = standing
        self._commit = Commit(storage, names, 0 if standing is None else standing.revision + 1)
        self._rows = Dataset(job.resource.name, self._commit)
        self._sideloads: dict[str, Dataset] = {}
        self._spool = spool
        self._pages = 0
        self._requests = 0
        self._records = 0
        self._deleted = 0
        self._duplicates_dropped = 0
        self._compacted = 0
        self._min: int | None = None
        self._max: int | None = None
        self._first_cursor: str | None = None
        self._last_cursor: str | None = None

    @property
    def window(self) -> Window:
        return self.names.window

    def write(self, rows: Sequence[Row]) -> None:
        """Take rows of this window, by sort key."""
        raws = [row.raw for row in rows]
        if self._spool is None:
            self._rows.write(raws)
        else:
            self._spool.add(raws)
        self._records += len(rows)
        self._deleted += sum(row.deleted for row in rows)
        first, last = rows[0].sort_key, rows[-1].sort_key
        self._min = first if self._min is None else min(self._min, first)
        self._max = last if self._max is None else max(self._max, last)

    def write_sideloads(self, sideloads: Mapping[str, Sequence[Sideloaded]]) -> None:
        """Take what came along with a page that holds rows of this window."""
        for name, records in sideloads.items():
            if name not in self._sideloads:
                self._sideloads[name] = Dataset(f"{self._job.resource.name}__{name}", self._commit)
            self._sideloads[name].write_once(records)

    def count_page(self, requests: int, before: str | None, behind: str | None) -> None:
        """Count a page that was read for this window, the calls it took, and the positions around it."""
        if not self._pages:
            self._first_cursor = before
        self._pages += 1
        self._requests += requests
        self._last_cursor = behind

    def count_oddities(self, duplicates_dropped: int, compacted: int) -> None:
        """Count rows that came twice, and rows that lost raw newlines."""
        self._duplicates_dropped += duplicates_dropped
        self._compacted += compacted

    def commit(self, reason: StopReason, server_time: float) -> Manifest | None:
        """
        Commit the window.

        :param reason: what proved that it is whole.
        :param server_time: Zendesk's clock on that proof, UTC epoch seconds.
        :return: its manifest, or None if another run has committed the window meanwhile.
        """
        if self._spool is not None:
            for batch in self._spool.batches():
                self._rows.write(batch)
        for dataset in (self._rows, *self._sideloads.values()):
            dataset.finish()
        wanted = self._manifest(reason, server_time)
        stands = self._commit.publish(wanted)
        return stands if stands.same_result_as(wanted) else None

    def _manifest(self, reason: StopReason, server_time: float) -> Manifest:
        job = self._job
        return Manifest(
            revision=self._commit.revision,
            account=job.account,
            resource=job.resource.name,
            window=Bounds.of(self.window),
            request=Request(job.endpoint.path, dict(job.query)),
            format=JsonLinesWriter.suffix,
            stop=Stop(reason, iso(server_time), self._first_cursor, self._last_cursor),
            counts=Counts(
                self._pages,
                self._requests,
                self._records,
                self._deleted,
                self._duplicates_dropped,
                self._compacted,
            ),
            sort_key=SortKey(job.resource.sort_key, self._min, self._max),
            files=tuple(self._commit.files),
            exclusions=self._exclusions(),
            replaced=self._replaced(),
            run=job.run,
            provider_version=__version__,
            committed_at=iso(time.time()),
        )

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
            order_trusted=self._job.ordered,
        )

    def _replaced(self) -> Replaced | None:
        old = self._standing
        return None if old is None else Replaced(old.revision, old.counts.records, old.committed_at)
