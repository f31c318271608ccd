# SPDX-License-Identifier: Apache-2.0
"""The loop: read a page, write its rows, take a checkpoint, and commit each window that the stream has passed."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    NotBefore,
    ZendeskStartTimeTooRecentError,
)
from airflow_provider_zendesk.export.checkpoint import Checkpoints, TryState
from airflow_provider_zendesk.export.distribution import distribute
from airflow_provider_zendesk.export.job import Job, Summary
from airflow_provider_zendesk.export.plan import is_done, latest_manifests, tidy_kept
from airflow_provider_zendesk.export.rate_limit_hint import follow_hint, leave_hint
from airflow_provider_zendesk.export.spool import Spool
from airflow_provider_zendesk.export.sweep import StartPosition, Sweep, start_after
from airflow_provider_zendesk.export.window_writer import WindowWriter
from airflow_provider_zendesk.export.worker import SleepingWorker
from airflow_provider_zendesk.lake.layout import WindowNames, stem
from airflow_provider_zendesk.stream.progress import PageReport, ProgressMeter
from airflow_provider_zendesk.stream.stream import Stream, StreamState
from airflow_provider_zendesk.stream.wait_policy import WaitPolicy
from airflow_provider_zendesk.window import cut, iso

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.export.worker import Worker
    from airflow_provider_zendesk.lake.manifest import Manifest, StopReason
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.stream.page import Page

log = logging.getLogger(__name__)

T = TypeVar("T")


class Walk(NamedTuple):
    """
    A stream, and the windows that it is being read for.

    :param windows: those that are not committed yet, in order of time; there is at least one while the walk goes on.
    """

    windows: deque[WindowWriter]
    stream: Stream

    @property
    def next_end(self) -> int:
        """The end of the next window to commit. Without order, rows of any window may still come, so it is the last one's."""
        return self.windows[0 if self.stream.order_trusted else -1].window.end


class Exporter:
    """
    Exports one job.

    :param job: what to export.
    :param client: reads Zendesk.
    :param storage: the root to write to.
    :param worker: waits for Zendesk: it sleeps, or defers after a checkpoint.
    :param report: called after each page with the progress of the walk.
    :param resumed: this try of the task has run before, and deferred.
    """

    def __init__(
        self,
        job: Job,
        client: ZendeskClient,
        storage: Storage,
        worker: Worker | None = None,
        report: Callable[[PageReport], None] = lambda report: None,
        *,
        resumed: bool = False,
    ) -> None:
        self._job = job
        self._client = client
        self._storage = storage
        self._worker = worker or SleepingWorker()
        self._report = report
        self._resumed = resumed
        self._windows = [
            WindowNames(job.resource.name, window, job.partition_by)
            for window in cut(job.window, job.partition_by)
        ]
        self._done: dict[WindowNames, Manifest] = {}
        run_window = WindowNames(job.resource.name, job.window, job.partition_by)
        self._checkpoints = Checkpoints(job, storage, run_window)
        self._meter = ProgressMeter(job.window, client.clock)
        self._wait_policy = WaitPolicy(client, job.settle_seconds)
        self._counted_requests = 0

    def run(self) -> Summary:
        """
        Export every window that this run has not committed yet.

        :raises ExportConflictError: if what is committed below the root conflicts with the job.
        :raises ZendeskError: if Zendesk or storage fails for good; committed windows stay committed.
        """
        for _ in range(self._job.policy.rounds):
            with TemporaryDirectory(prefix="zendesk-export-") as folder:
                sweeps = self._plan(Path(folder))
                if not sweeps:
                    leave_hint(self._storage, self._client, self._job.endpoint)
                    self._checkpoints.forget({found.window: found.revision for found in self._done.values()})
                    return self._summary()
                follow_hint(self._storage, self._client, self._job.endpoint)
                for sweep in sweeps:
                    self._export(sweep)
        raise ExportConflictError(
            f"other runs replaced {self._job.window} of {self._job.resource.name} {self._job.policy.rounds} times while "
            "this one exported it; let one run at a time export a window"
        )

    def _plan(self, folder: Path) -> list[Sweep]:
        """
        Return the windows that are still to be exported, as sweeps in order of time.

        :param folder: for the temporary files of rows that come in any order.
        :raises ExportConflictError: if what is committed below the root conflicts with the job.
        """
        job = self._job
        committed = latest_manifests(self._storage, job.resource.name, self._windows, job.account)
        kept: dict[WindowNames, Manifest] = {}
        sweeps: list[Sweep] = []
        start: StartPosition | None = None
        for names in self._windows:
            # A window that this attempt has committed is done even if another run has replaced it since; otherwise
            # the two runs would replace each other's revisions without end.
            done, latest = self._done.get(names), committed.get(names)
            if done is None and latest is not None and is_done(latest, job):
                done = kept[names] = self._done[names] = latest
            if done is not None:
                start = start_after(done, start) if done.run == job.run else None
                # Without order the whole stream is read, so one sweep serves all windows.
                if job.ordered:
                    sweeps.append(Sweep(start))
                continue
            if not sweeps:
                sweeps.append(Sweep(None))
            spool = Spool(folder / stem(names.window))
            sweeps[-1].windows.append(WindowWriter(job, self._storage, names, latest, spool))
        tidy_kept(self._storage, job.resource.name, kept)
        sweeps = [sweep for sweep in sweeps if sweep.windows]
        log.info(
            "%s: %d of %d windows are committed; to export: %s",
            job.resource.name,
            len(self._done),
            len(self._windows),
            ", ".join(str(sweep.window) for sweep in sweeps) or "none",
        )
        return sweeps

    def _export(self, sweep: Sweep) -> None:
        """Walk the stream from the first window's start until every window of the sweep is committed."""
        walk = self._begin(sweep)
        windows, stream = walk
        while windows:
            page = self._next_page(walk)
            asked_at = stream.position
            touched = distribute(self._job, stream.advance(page), page, windows, stream)
            self._count_page(page, asked_at, touched, stream)
            self._report_page(page)
            self._worker.check_deadline()
            self._look_for_later_rows(page, touched, walk)
            if self._commit_closed(page, asked_at, walk):
                self._checkpoints.window_was_committed()
            elif stream.order_trusted and self._checkpoints.page_was_read(
                windows[0], stream, self._try_state()
            ):
                self._drop_committed(windows)
            if windows and (stream.ended or stream.stands):
                self._wait(self._wait_policy.until_settled(walk.next_end, page.server_time), walk)

    def _begin(self, sweep: Sweep) -> Walk:
        """Return the walk, at the position where an earlier attempt left a checkpoint if there is one."""
        job, windows = self._job, sweep.windows
        start = sweep.start or StartPosition(windows[0].window.start)
        stream = Stream(
            self._client, job.resource, job.endpoint, job.query, start.start_time, ordered=job.ordered
        )
        if start.position is not None:
            stream.resume(StreamState(start.position, 0, ()))
        if job.ordered:
            found = self._checkpoints.resume(windows[0], stream, self._try_state())
            if found is not None and self._resumed:
                self._wait_policy.resume(found.usage)
                self._meter.progress = found.progress
        self._counted_requests = self._client.requests
        return Walk(windows, stream)

    def _next_page(self, walk: Walk) -> Page:
        """Return the page at the stream's position, once Zendesk shows every row of the windows that it reaches."""
        while True:
            try:
                page = self._ask(walk.stream.fetch, walk)
            except ZendeskStartTimeTooRecentError as refusal:
                self._wait(self._wait_policy.until_shown(walk.windows[0].window.end, refusal), walk)
                continue
            end = self._reached_end(page, walk)
            if end is None or page.server_time >= self._wait_policy.settled_at(end):
                return page
            self._wait(self._wait_policy.until_settled(end, page.server_time), walk)

    def _reached_end(self, page: Page, walk: Walk) -> int | None:
        """Return the last end of a window that must have settled before the page can be used; None if there is none."""
        if page.latest is None:
            return None
        windows = [window.window for window in walk.windows]
        if self._job.resource.late and page.latest >= page.server_time - self._job.settle_seconds:
            # Rows may still appear before the page's last one, so the window of that one must have settled too.
            return max((window.end for window in windows if window.start <= page.latest), default=None)
        if not walk.stream.order_trusted:
            return None
        return max((window.end for window in windows if page.passes(window.end)), default=None)

    def _ask(self, call: Callable[[], T], walk: Walk) -> T:
        """Return the result of a call to Zendesk; wait whenever Zendesk asks to."""
        while True:
            try:
                result = call()
            except NotBefore as refusal:
                self._wait_policy.check_patience(refusal)
                self._wait(refusal, walk)
            else:
                self._wait_policy.was_answered()
                return result

    def _wait(self, refusal: NotBefore, walk: Walk) -> None:
        """Wait: defer if the worker wants to and a checkpoint can hold every row, otherwise sleep."""
        if walk.stream.order_trusted and self._worker.defers(refusal):
            self._checkpoints.take(walk.windows[0], walk.stream, self._try_state())
            self._worker.defer(refusal)
        else:
            self._worker.sleep(refusal)

    def _try_state(self) -> TryState:
        return TryState(self._wait_policy.usage, self._meter.progress)

    def _count_page(
        self, page: Page, asked_at: str | None, touched: list[WindowWriter], stream: Stream
    ) -> None:
        """Count the page, and the calls that it took, in the windows that got its rows."""
        requests = self._uncounted_requests()
        for window in touched:
            window.count_page(requests, asked_at, stream.position, page.server_time)

    def _look_for_later_rows(self, page: Page, touched: list[WindowWriter], walk: Walk) -> None:
        """If Zendesk does not say whether the stream has ended, ask for later rows, once the answer can close a window."""
        if walk.stream.stands and page.server_time >= self._wait_policy.settled_at(walk.next_end):
            self._ask(walk.stream.look_after, walk)
            requests = self._uncounted_requests()
            for window in touched:
                window.count_requests(requests)

    def _uncounted_requests(self) -> int:
        """Return the calls to Zendesk since this was last asked."""
        before, self._counted_requests = self._counted_requests, self._client.requests
        return self._counted_requests - before

    def _commit_closed(self, page: Page, asked_at: str | None, walk: Walk) -> bool:
        """Commit the windows that the stream has passed and, at its end, those that have settled; return whether there were any."""
        windows, stream = walk
        before = len(windows)
        while windows and stream.order_trusted and page.passes(windows[0].window.end):
            self._commit(windows.popleft(), "passed_end", page, asked_at)
        reason: StopReason = "end_of_stream" if stream.said_its_end else "no_later_rows"
        while windows and stream.ended and page.server_time >= self._wait_policy.settled_at(walk.next_end):
            self._commit(windows.popleft(), reason, page, asked_at)
        return len(windows) < before

    def _commit(self, window: WindowWriter, reason: StopReason, page: Page, asked_at: str | None) -> None:
        manifest = window.commit(reason, page.server_time, asked_at)
        if manifest is None:
            log.warning("another run has committed %s in the meantime; exporting it again", window.window)
            return
        self._done[window.names] = manifest
        if manifest.replaced and manifest.replaced.records > manifest.counts.records:
            log.warning(
                "%s %s now holds %d records, and %d before: Zendesk shows a record only in the window of its last change",
                self._job.resource.name,
                window.window,
                manifest.counts.records,
                manifest.replaced.records,
            )
        log.info(
            "committed %s %s: %d records in %d files, revision %d",
            self._job.resource.name,
            window.window,
            manifest.counts.records,
            len(manifest.files),
            manifest.revision,
        )

    def _drop_committed(self, windows: deque[WindowWriter]) -> None:
        """Drop the first window if another attempt of this run has committed it in the meantime."""
        manifest = windows[0].withdraw_if_committed()
        if manifest is not None:
            log.info("another attempt of this run has committed %s", windows[0].window)
            self._done[windows.popleft().names] = manifest

    def _report_page(self, page: Page) -> None:
        """Measure and log how far the walk is, and pass it on."""
        report = self._meter.after(
            len(page.rows), page.latest, self._wait_policy.usage.requests, self._client.retries
        )
        log.info(
            "%s: page of %d rows, %d bytes; %s; calls left: %s",
            self._job.resource.name,
            len(page.rows),
            page.size,
            report,
            page.calls_left or "unknown",
        )
        self._report(report)

    def _summary(self) -> Summary:
        manifests = self._done.values()
        return Summary(
            account=self._job.account,
            resource=self._job.resource.name,
            start_time=iso(self._job.window.start),
            end_time=iso(self._job.window.end),
            records=sum(manifest.counts.records for manifest in manifests),
            files=sum(len(manifest.files) for manifest in manifests),
            bytes=sum(file.bytes for manifest in manifests for file in manifest.files),
            requests=self._wait_policy.usage.requests,
            windows=len(manifests),
        )
