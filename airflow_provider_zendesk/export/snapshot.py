# SPDX-License-Identifier: Apache-2.0
"""Takes a list whole: reads it until it is certain that it stood so at one moment, and commits it as one window."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from airflow_provider_zendesk.client.waiting import patiently
from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ZendeskForbiddenError,
    ZendeskNotFoundError,
)
from airflow_provider_zendesk.export.plan import look_up, tidy_up
from airflow_provider_zendesk.export.run_progress import RunProgress
from airflow_provider_zendesk.export.spool import Spool
from airflow_provider_zendesk.export.summary import summary_of
from airflow_provider_zendesk.export.window_writer import WindowWriter
from airflow_provider_zendesk.export.worker import SleepingWorker
from airflow_provider_zendesk.lake.layout import WindowNames, staging
from airflow_provider_zendesk.lake.manifest import ListSnapshot
from airflow_provider_zendesk.lake.marker import RootAccount
from airflow_provider_zendesk.lake.staging import list_staged
from airflow_provider_zendesk.stream.stream import Stream
from airflow_provider_zendesk.window import cut, iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.export.job import Job, Summary
    from airflow_provider_zendesk.export.run_progress import OpenWindow
    from airflow_provider_zendesk.export.worker import Worker
    from airflow_provider_zendesk.lake.manifest import Manifest
    from airflow_provider_zendesk.lake.storage import Storage

log = logging.getLogger(__name__)

OnForbidden = Literal["fail", "record"]

_READS = 3


class Read(NamedTuple):
    """
    One read of a list from its first page to its last.

    :param writer: has its rows.
    :param pages: how many there were.
    :param digest: of its rows.
    :param began_at: Zendesk's clock on the first page, UTC epoch seconds.
    :param ended_at: Zendesk's clock on the last page, UTC epoch seconds.
    """

    writer: WindowWriter
    pages: int
    digest: bytes
    began_at: float
    ended_at: float


class SnapshotExporter:
    """
    Takes the list of one job.

    One answer is the list at one moment. If it takes several, the list may change between them, so it is read again until two
    reads in a row are equal: then it stood so between the two. A retry begins again, since half a list from before it and half
    from after it would be none that ever was.

    :param job: which list; its whole window is one window of the dataset.
    :param client: reads Zendesk.
    :param storage: the root to write to.
    :param worker: sleeps while Zendesk asks to wait.
    :param on_forbidden: what to do if the account's plan or the user's role does not allow the list: fail, or record it in
        the manifest.
    :raises ValueError: if the window spans several partitions, or ``on_forbidden`` is impossible.
    """

    def __init__(
        self,
        job: Job,
        client: ZendeskClient,
        storage: Storage,
        worker: Worker | None = None,
        *,
        on_forbidden: OnForbidden = "fail",
    ) -> None:
        if on_forbidden not in get_args(OnForbidden):
            raise ValueError(f"on_forbidden={on_forbidden!r} is not possible; choose one of: fail, record")
        if len(cut(job.window, job.partition_by)) > 1:
            raise ValueError(
                f"the window {job.window} spans several partitions, and a snapshot is one list; use partition_by=None, or a "
                f"window inside one {job.partition_by}"
            )
        self._job = job
        self._client = client
        self._storage = storage
        self._worker = worker or SleepingWorker()
        self._records_forbidden = on_forbidden == "record"
        names = WindowNames(job.resource.name, job.window, job.partition_by)
        self._progress = RunProgress(job.run, [names])
        self._account = RootAccount(storage, job.account)

    def run(self) -> Summary:
        """
        Take the list, unless this run has committed it already.

        :raises ExportConflictError: if what is committed below the root conflicts with the job.
        :raises ZendeskError: if Zendesk or storage fails for good.
        """
        job, storage, progress = self._job, self._storage, self._progress
        for _ in range(job.policy.rounds):
            staged = list_staged(storage, job.resource.name)
            self._account.check()
            look_up(job, storage, progress, staged)
            for _, windows in progress.sweeps(ordered=False):
                self._take(windows[0])
            if progress.is_complete:
                tidy_up(storage, progress, list_staged(storage, job.resource.name))
                storage.remove_if_empty(staging(job.resource.name))
                return summary_of(job, progress, self._client.requests)
        raise ExportConflictError(
            f"other runs replaced {job.window} of {job.resource.name} {job.policy.rounds} times while this one took it; let "
            "one run at a time take a list"
        )

    def _take(self, window: OpenWindow) -> None:
        with TemporaryDirectory(prefix="zendesk-snapshot-") as folder:
            before = self._client.requests
            try:
                manifest = self._commit(self._reads(window, Path(folder)))
            except (ZendeskForbiddenError, ZendeskNotFoundError) as error:
                if not (self._records_forbidden and _is_about_plan_or_role(error)):
                    raise
                manifest = self._commit_forbidden(window, error, self._client.requests - before)
        if manifest is None:
            log.warning("another run has committed %s in the meantime; taking it again", window.names.window)
        else:
            self._progress.mark_done(window.names, manifest)

    def _reads(self, window: OpenWindow, folder: Path) -> list[Read]:
        """Return all reads; the last one counts."""
        reads = [self._read(window, Spool(folder, "0"))]
        while reads[-1].pages > 1 and len(reads) < _READS and not _is_certain(reads):
            reads.append(self._read(window, Spool(folder, str(len(reads)))))
        return reads

    def _read(self, window: OpenWindow, spool: Spool) -> Read:
        job, client = self._job, self._client
        writer = WindowWriter(job, self._storage, window.names, window.revision, spool)
        stream = Stream(client, job.resource, job.endpoint, job.query, job.window.start, ordered=False)
        digest = hashlib.sha256()
        began_at = ended_at = 0.0
        pages = 0
        while not stream.ended:
            before, asked_at = client.requests, stream.position
            page = patiently(stream.fetch, self._worker.sleep)
            rows = stream.advance(page)
            if rows.rows:
                writer.write(rows.rows)
            for row in rows.rows:
                digest.update(bytes(row.raw) + b"\n")
            writer.count_oddities(rows.duplicates, page.compacted)
            writer.count_page(client.requests - before, asked_at, stream.position, page.server_time)
            began_at, ended_at = began_at or page.server_time, page.server_time
            pages += 1
            log.info("%s: %d rows on page %d", job.resource.name, len(page.rows), pages)
            self._worker.check_deadline()
        return Read(writer, pages, digest.digest(), began_at, ended_at)

    def _commit(self, reads: list[Read]) -> Manifest | None:
        """Commit the last read; return None if another run has committed the window in the meantime."""
        *earlier, last = reads
        is_certain = last.pages == 1 or _is_certain(reads)
        if not is_certain:
            log.warning(
                "%s changed each of the %d times that it was read; it is stored as it was read last, and the manifest says so",
                self._job.resource.name,
                len(reads),
            )
        for read in earlier:
            last.writer.count_requests(read.writer.requests)
        snapshot = ListSnapshot(iso(last.began_at), changed_while_read=not is_certain)
        self._account.claim(last.writer.storage)
        return last.writer.commit("end_of_list", last.ended_at, None, snapshot)

    def _commit_forbidden(
        self, window: OpenWindow, error: ZendeskForbiddenError | ZendeskNotFoundError, requests: int
    ) -> Manifest | None:
        log.warning("%s is recorded as forbidden: %s", self._job.resource.name, error)
        no_rows = Spool(Path(), "none")
        writer = WindowWriter(self._job, self._storage, window.names, window.revision, no_rows)
        writer.count_requests(requests)
        now = self._client.clock()
        snapshot = ListSnapshot(iso(now), forbidden=str(error))
        self._account.claim(writer.storage)
        return writer.commit("forbidden", now, None, snapshot)


def _is_certain(reads: list[Read]) -> bool:
    """Return True if the last two reads are equal."""
    return len(reads) > 1 and reads[-1].digest == reads[-2].digest


def _is_about_plan_or_role(error: ZendeskForbiddenError | ZendeskNotFoundError) -> bool:
    """Return False if something else is to be changed: the scope of the OAuth client, the host, or the name of an object."""
    if isinstance(error, ZendeskForbiddenError):
        return "scope" not in error.description.lower()
    return error.code == "InvalidEndpoint"
