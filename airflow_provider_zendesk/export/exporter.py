# SPDX-License-Identifier: Apache-2.0
"""The loop: read a page, write its rows, take a checkpoint, and commit each window that the stream has passed."""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    NotBefore,
    ZendeskStartTimeTooRecentError,
)
from airflow_provider_zendesk.export.checkpoint import Checkpoints, TryState
from airflow_provider_zendesk.export.committer import Committer
from airflow_provider_zendesk.export.distribution import distribute
from airflow_provider_zendesk.export.plan import look_up, tidy_up
from airflow_provider_zendesk.export.rate_limit_hint import follow_hint, leave_hint
from airflow_provider_zendesk.export.run_progress import RunProgress
from airflow_provider_zendesk.export.spool import Spool
from airflow_provider_zendesk.export.summary import summary_of
from airflow_provider_zendesk.export.sweep import StartPosition, Sweep
from airflow_provider_zendesk.export.window_writer import WindowWriter
from airflow_provider_zendesk.export.worker import SleepingWorker
from airflow_provider_zendesk.lake.layout import WindowNames, staging, stem
from airflow_provider_zendesk.lake.marker import RootAccount
from airflow_provider_zendesk.lake.staging import list_staged
from airflow_provider_zendesk.stream.progress import PageReport, ProgressMeter
from airflow_provider_zendesk.stream.stream import Stream, StreamState
from airflow_provider_zendesk.stream.wait_policy import WaitPolicy
from airflow_provider_zendesk.window import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.export.job import Job, Summary
    from airflow_provider_zendesk.export.worker import Worker
    from airflow_provider_zendesk.lake.formats.part import Drift
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
        names = partial(WindowNames, job.resource.name, partition_by=job.partition_by)
        self._progress = RunProgress(job.run, [names(window) for window in cut(job.window, job.partition_by)])
        self._account = RootAccount(storage, job.account)
        self._checkpoints = Checkpoints(job, storage, names(job.window))
        self._committer = Committer(storage.concurrency)
        self._meter = ProgressMeter(job.window, client.clock)
        self._wait_policy = WaitPolicy(client, job.settle_seconds)
        self._counted_requests = 0

    def run(self) -> Summary:
        """
        Export every window that this run has not committed yet.

        :raises ExportConflictError: if what is committed below the root conflicts with the job.
        :raises ZendeskError: if Zendesk or storage fails for good; committed windows stay committed.
        """
        with TemporaryDirectory(prefix="zendesk-export-") as folder, self._committer:
            for number in range(self._job.policy.rounds):
                for sweep in self._plan(Path(folder), is_first=number == 0):
                    self._export(sweep)
                    self._collect_commits(wait=True)
                if self._progress.is_complete:
                    self._finish()
                    _log_drift(self._job.resource.name, self._progress.totals.drift)
                    return summary_of(self._job, self._progress, self._wait_policy.usage.requests)
        raise ExportConflictError(
            f"other runs replaced {self._job.window} of {self._job.resource.name} {self._job.policy.rounds} times while "
            "this one exported it; let one run at a time export a window"
        )

    def _plan(self, folder: Path, *, is_first: bool) -> list[Sweep]:
        """
        Return the windows that are still to be exported, as sweeps in order of time.

        :param folder: for the temporary files of rows that come in any order.
        :param is_first: nothing is known yet of the run's progress; a checkpoint may tell.
        :raises ExportConflictError: if what is committed below the root conflicts with the job.
        """
        job, storage, progress = self._job, self._storage, self._progress
        staged = list_staged(storage, job.resource.name)
        self._checkpoints.look(staged.get(job.window, {}))
        is_restored = is_first and self._checkpoints.restore(progress)
        # After a deferral the run goes on as if it had only slept, so what it looked up before still holds.
        if not (is_restored and self._resumed):
            self._account.check()
            look_up(job, storage, progress, staged)
        sweeps = [
            Sweep(
                start,
                deque(
                    WindowWriter(job, storage, names, revision, Spool(folder, stem(names.window)))
                    for names, revision in windows
                ),
            )
            for start, windows in progress.sweeps(ordered=job.ordered)
        ]
        log.info(
            "%s: %d of %d windows are committed; to export: %s",
            job.resource.name,
            progress.totals.windows,
            len(progress.windows()),
            ", ".join(str(sweep.window) for sweep in sweeps) or "none",
        )
        if sweeps:
            follow_hint(storage, self._client, job.endpoint)
        return sweeps

    def _finish(self) -> None:
        """Remove what overtaken or crashed attempts left of this run's windows, and leave a hint for the next task."""
        job, storage = self._job, self._storage
        staged = list_staged(storage, job.resource.name)
        tidy_up(storage, self._progress, staged)
        self._checkpoints.forget(staged.get(job.window, {}))
        storage.remove_if_empty(staging(job.resource.name))
        leave_hint(storage, self._client, job.endpoint)

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
            if not self._commit_closed(page, asked_at, walk):
                self._take_checkpoint_if_due(walk)
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
            found = self._checkpoints.resume(windows[0], stream)
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
            self._take_checkpoint(walk)
            self._worker.defer(refusal)
        else:
            self._worker.sleep(refusal)

    def _take_checkpoint_if_due(self, walk: Walk) -> None:
        """Take a checkpoint if it is time, and look whether another attempt of this run has been faster."""
        windows = walk.windows
        if not (walk.stream.order_trusted and self._checkpoints.is_due()):
            return
        self._take_checkpoint(walk)
        manifest = windows[0].withdraw_if_committed()
        if manifest is not None:
            log.info("another attempt of this run has committed %s", windows[0].window)
            self._progress.mark_done(windows.popleft().names, manifest)

    def _take_checkpoint(self, walk: Walk) -> None:
        """Take a checkpoint, once all windows before the walk's first one are committed."""
        self._collect_commits(wait=True)
        of_try = TryState(self._wait_policy.usage, self._meter.progress)
        self._checkpoints.take(walk.windows[0], walk.stream, of_try, self._progress.state())

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
        # Commits overlap each other and the next request, but none is left over from the page before.
        self._collect_commits(wait=True)
        while windows and stream.order_trusted and page.passes(windows[0].window.end):
            self._commit(windows.popleft(), "passed_end", page, asked_at)
        reason: StopReason = "end_of_stream" if stream.said_its_end else "no_later_rows"
        while windows and stream.ended and page.server_time >= self._wait_policy.settled_at(walk.next_end):
            self._commit(windows.popleft(), reason, page, asked_at)
        if is_any := len(windows) < before:
            self._checkpoints.window_was_committed()
        return is_any

    def _commit(self, window: WindowWriter, reason: StopReason, page: Page, asked_at: str | None) -> None:
        self._account.claim(window.storage)
        self._committer.commit(window, reason, page.server_time, asked_at)
        self._collect_commits(wait=False)

    def _collect_commits(self, *, wait: bool) -> None:
        """Take note of the windows that are committed; wait for those that are being committed if asked to."""
        for window, manifest in self._committer.results(wait=wait):
            if manifest is None:
                log.warning("another run has committed %s in the meantime; exporting it again", window.window)
            else:
                self._progress.mark_done(window.names, manifest)
                _log_commit(manifest)

    def _report_page(self, page: Page) -> None:
        """Measure and log how far the walk is, and pass it on."""
        report = self._meter.after(
            len(page.rows), page.latest, self._wait_policy.usage.requests, self._client.retries
        )
        log.info(
            "%s: %d rows, %.1f MB, %s%s",
            self._job.resource.name,
            len(page.rows),
            page.size / 1e6,
            report,
            f", {page.calls_left} calls left" if page.calls_left else "",
        )
        self._report(report)


def _log_drift(resource: str, drift: Drift) -> None:
    """Log which values no column could hold, if there are any."""
    if drift:
        fields = (
            f"{key} ({', '.join(f'{reason}: {rows} rows' for reason, rows in reasons.items())})"
            for key, reasons in drift.items()
        )
        log.warning(
            "%s: fields that have no column of their own, or did not fit it, are in the column _extra: %s",
            resource,
            "; ".join(fields),
        )


def _log_commit(manifest: Manifest) -> None:
    window = manifest.window.window()
    if manifest.replaced and manifest.replaced.records > manifest.counts.records:
        log.warning(
            "%s %s now holds %d records, and %d before: Zendesk shows a record only in the window of its last change",
            manifest.resource,
            window,
            manifest.counts.records,
            manifest.replaced.records,
        )
    log.debug(
        "committed %s %s: %d records in %d files, revision %d",
        manifest.resource,
        window,
        manifest.counts.records,
        len(manifest.files),
        manifest.revision,
    )
