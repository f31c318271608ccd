# SPDX-License-Identifier: Apache-2.0
"""The loop: page in, rows out, windows committed as the stream passes them."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from airflow_provider_zendesk.client.waiting import LONG_WAIT, sleep_until
from airflow_provider_zendesk.exceptions import ExportConflictError, ZendeskStartTimeTooRecentError
from airflow_provider_zendesk.export.checkpoint import Checkpoints, TryState
from airflow_provider_zendesk.export.job import Job, Summary
from airflow_provider_zendesk.export.plan import is_done, latest_manifests, tidy_kept
from airflow_provider_zendesk.export.rate_limit_hint import follow_hint, leave_hint
from airflow_provider_zendesk.export.spool import Spool
from airflow_provider_zendesk.export.sweep import StartPosition, Sweep, start_after
from airflow_provider_zendesk.export.window_writer import WindowWriter
from airflow_provider_zendesk.lake.layout import WindowNames, late_dataset, stem
from airflow_provider_zendesk.stream.page import rows_between
from airflow_provider_zendesk.stream.progress import PageReport, ProgressMeter
from airflow_provider_zendesk.stream.stream import Stream, StreamState
from airflow_provider_zendesk.stream.wait_policy import WaitPolicy
from airflow_provider_zendesk.window import Window, cut, iso

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.exceptions import NotBefore
    from airflow_provider_zendesk.lake.manifest import Manifest, StopReason
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.stream.page import Page, Row
    from airflow_provider_zendesk.stream.stream import Taken

log = logging.getLogger(__name__)

_ROUNDS = 5


class Exporter:
    """
    Exports one job.

    :param job: what.
    :param client: where from.
    :param storage: where to.
    :param wait: waits until a moment; it may raise to give the worker back for a long wait, unless that
        ``holds_rows``: a checkpoint is there by then.
    :param report: is told after each page where the walk is.
    :param back: the same try of the task was here before, and gave its worker back.
    """

    def __init__(
        self,
        job: Job,
        client: ZendeskClient,
        storage: Storage,
        wait: Callable[[NotBefore], None] = sleep_until,
        report: Callable[[PageReport], None] = lambda report: None,
        *,
        back: bool = False,
    ) -> None:
        self._job = job
        self._client = client
        self._storage = storage
        self._wait = wait
        self._report = report
        self._back = back
        self._windows = [
            WindowNames(job.resource.name, window, job.partition_by)
            for window in cut(job.window, job.partition_by)
        ]
        self._done: dict[WindowNames, Manifest] = {}
        run_window = WindowNames(job.resource.name, job.window, job.partition_by)
        self._checkpoints = Checkpoints(job, storage, run_window)
        self._meter = ProgressMeter(job.window, client.clock)
        self._wait_policy = WaitPolicy(client, job.settle_seconds, self._pause)
        self._walk: tuple[deque[WindowWriter], Stream] | None = None

    def run(self) -> Summary:
        """
        Export every window that this run has not committed yet.

        :raises ExportConflictError: if the root does not go together with the job.
        :raises ZendeskError: if Zendesk or storage fails for good; what is committed stays.
        """
        for _ in range(_ROUNDS):
            with TemporaryDirectory(prefix="zendesk-export-") as folder:
                stretches = self._plan(Path(folder))
                if not stretches:
                    leave_hint(self._storage, self._client, self._job.endpoint)
                    self._checkpoints.forget({found.window: found.revision for found in self._done.values()})
                    return self._summary()
                follow_hint(self._storage, self._client, self._job.endpoint)
                for stretch in stretches:
                    self._sweep(stretch)
        raise ExportConflictError(
            f"other runs replaced {self._job.window} of {self._job.resource.name} {_ROUNDS} times while this one "
            "exported it; let one run at a time export a window"
        )

    def _plan(self, folder: Path) -> list[Sweep]:
        """
        Return the windows to export: stretches without a gap, in order of time.

        :param folder: where rows are spooled that come in any order.
        :raises ExportConflictError: if the root does not go together with the job.
        """
        job = self._job
        found = latest_manifests(self._storage, job.resource.name, self._windows, job.account)
        kept: dict[WindowNames, Manifest] = {}
        stretches: list[Sweep] = []
        start: StartPosition | None = None
        for names in self._windows:
            # What this attempt has committed is done, also if another run has replaced it: or two would do so in turns.
            done, standing_one = self._done.get(names), found.get(names)
            if done is None and standing_one is not None and is_done(standing_one, job):
                done = kept[names] = self._done[names] = standing_one
            if done is not None:
                start = start_after(done, start) if done.run == job.run else None
                # Rows in any order are walked whole, so one walk serves all.
                if job.ordered:
                    stretches.append(Sweep(start))
                continue
            if not stretches:
                stretches.append(Sweep(None))
            spool = Spool(folder / stem(names.window))
            stretches[-1].windows.append(WindowWriter(job, self._storage, names, standing_one, spool))
        tidy_kept(self._storage, job.resource.name, kept)
        stretches = [stretch for stretch in stretches if stretch.windows]
        self._log_plan(stretches)
        return stretches

    def _log_plan(self, stretches: list[Sweep]) -> None:
        log.info(
            "%s: %d of %d windows are committed; to export: %s",
            self._job.resource.name,
            len(self._done),
            len(self._windows),
            ", ".join(str(stretch.window) for stretch in stretches) or "none",
        )

    def _sweep(self, stretch: Sweep) -> None:
        """Walk from the first pending window's start until all are closed."""
        job, pending = self._job, stretch.windows
        start = stretch.start or StartPosition(pending[0].window.start)
        stream = Stream(
            self._client, job.resource, job.endpoint, job.query, start.start_time, ordered=job.ordered
        )
        if start.position is not None:
            stream.resume(StreamState(start.position, 0, ()))
        if job.ordered:
            found = self._checkpoints.resume(pending[0], stream, self._try_state())
            if found is not None and self._back:
                self._wait_policy.resume(found.usage)
                self._meter.progress = found.progress
        self._walk = pending, stream
        calls = self._client.requests
        while pending:
            page = self._fetch(stream, pending[0].window.end)
            if self._comes_too_early(page, pending, stream):
                continue
            position = stream.position
            taken = stream.advance(page)
            self._log_page(page)
            touched = self._take(taken, pending, stream)
            for window in touched:
                window.write_sideloads(page.sideloads)
            counting = touched or [pending[0]]
            counting[0].count_oddities(taken.duplicates, page.compacted)
            for window in counting:
                requests = self._client.requests - calls
                window.count_page(requests, position, stream.position, page.server_time)
            calls = self._client.requests
            self._look_after(page, pending, stream)
            for window in counting:
                window.count_requests(self._client.requests - calls)
            calls = self._client.requests
            open_windows = len(pending)
            self._close(pending, page, position, stream)
            if len(pending) < open_windows:
                self._checkpoints.window_was_committed()
            elif stream.order_trusted and self._checkpoints.page_was_read(
                pending[0], stream, self._try_state()
            ):
                self._leave_committed(pending)
            if pending and (stream.ended or stream.stands):
                self._wait_policy.wait_to_settle(self._next_end(pending, stream), page.server_time)

    def _pause(self, refusal: NotBefore) -> None:
        """Wait, with a checkpoint before a wait so long that the worker may be given back for it."""
        if self._walk is not None:
            pending, stream = self._walk
            refusal.holds_rows = not stream.order_trusted
            if stream.order_trusted and refusal.moment - self._client.clock() > LONG_WAIT:
                self._checkpoints.take(pending[0], stream, self._try_state())
        self._wait(refusal)

    def _try_state(self) -> TryState:
        return TryState(self._wait_policy.usage, self._meter.progress)

    def _fetch(self, stream: Stream, end: int) -> Page:
        """Return the page at the stream's position, as soon as Zendesk gives it."""
        while True:
            try:
                return self._wait_policy.ask(stream.fetch)
            except ZendeskStartTimeTooRecentError as refusal:
                self._wait_policy.wait_to_show(end, refusal)

    def _comes_too_early(self, page: Page, pending: deque[WindowWriter], stream: Stream) -> bool:
        """Wait, and return True, if the page reaches the end of a window that may still get rows."""
        end = self._reached(page, [window.window for window in pending], stream)
        if end is None or page.server_time >= self._wait_policy.settled(end):
            return False
        self._wait_policy.wait_to_settle(end, page.server_time)
        return True

    def _reached(self, page: Page, pending: list[Window], stream: Stream) -> int | None:
        """Return the last end that must have settled before the page can be trusted; None: no matter when."""
        if page.latest is None:
            return None
        if self._job.resource.late and page.latest >= page.server_time - self._job.settle_seconds:
            # Rows may still come before the page's last: that one's window must have settled too.
            return max((window.end for window in pending if window.start <= page.latest), default=None)
        if not stream.order_trusted:
            return None
        return max((window.end for window in pending if page.passes(window.end)), default=None)

    def _take(self, taken: Taken, pending: deque[WindowWriter], stream: Stream) -> list[WindowWriter]:
        """Write each row to its window; return the windows that got any."""
        if not stream.order_trusted:
            for window in pending:
                window.distrust_order()
        touched = _distribute(taken.rows, pending, WindowWriter.write)
        if not stream.order_trusted:
            touched += _distribute(taken.backward, pending, WindowWriter.write_backward)
            touched += self._take_strays(taken, pending)
        return list(dict.fromkeys(touched))

    def _take_strays(self, taken: Taken, pending: deque[WindowWriter]) -> list[WindowWriter]:
        """Keep rows that are older than all that was asked for, and count those that belong to no window of the run."""
        oldest, windows = pending[0], [window.window for window in pending]
        # Where the walk has no start, older rows are what it begins with.
        asked_for = (
            taken.backward if self._job.ordered else taken.rows if self._job.endpoint.takes_start_time else []
        )
        late = [row for row in asked_for if row.sort_key < oldest.window.start]
        inside = sum(
            len(rows_between(rows, window)) for rows in (taken.rows, taken.backward) for window in windows
        )
        oldest.count_outside(len(taken.rows) + len(taken.backward) - inside - len(late))
        if not late:
            return []
        oldest.write_late(late)
        log.warning(
            "%s: %d rows of %s to %s are older than the window; they are in the dataset %s",
            self._job.resource.name,
            len(late),
            iso(late[0].sort_key),
            iso(late[-1].sort_key),
            late_dataset(self._job.resource.name),
        )
        return [oldest]

    def _look_after(self, page: Page, pending: deque[WindowWriter], stream: Stream) -> None:
        """Where the server does not say whether the stream has ended, look, as soon as that may close a window."""
        if stream.stands and page.server_time >= self._wait_policy.settled(self._next_end(pending, stream)):
            self._wait_policy.ask(stream.look_after)

    def _close(self, pending: deque[WindowWriter], page: Page, position: str | None, stream: Stream) -> None:
        """Commit the windows that the stream has passed or, at its end, that have settled."""
        while pending and stream.order_trusted and page.passes(pending[0].window.end):
            self._commit(pending.popleft(), "passed_end", page, position)
        reason: StopReason = "end_of_stream" if stream.said_its_end else "no_later_rows"
        # In any order, rows of every window may come up to the end.
        while (
            pending
            and stream.ended
            and page.server_time >= self._wait_policy.settled(self._next_end(pending, stream))
        ):
            self._commit(pending.popleft(), reason, page, position)

    def _next_end(self, pending: deque[WindowWriter], stream: Stream) -> int:
        """Return the end that the end of the stream must have settled behind, to close the next window."""
        return pending[0 if stream.order_trusted else -1].window.end

    def _leave_committed(self, pending: deque[WindowWriter]) -> None:
        """Leave a window that another attempt of this run has committed meanwhile."""
        manifest = pending[0].withdraw_if_committed()
        if manifest is not None:
            log.info("another attempt of this run has committed %s", pending[0].window)
            self._done[pending.popleft().names] = manifest

    def _commit(self, window: WindowWriter, reason: StopReason, page: Page, position: str | None) -> None:
        manifest = window.commit(reason, page.server_time, position)
        if manifest is None:
            log.warning("%s was committed by another run meanwhile; it will be exported anew", window.window)
            return
        self._done[window.names] = manifest
        if manifest.replaced and manifest.replaced.records > manifest.counts.records:
            log.warning(
                "%s %s holds %d records now and %d before: Zendesk gives a record only in the window of its last change",
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

    def _log_page(self, page: Page) -> None:
        report = self._meter.after(
            len(page.rows), page.latest, self._wait_policy.usage.requests, self._client.retries
        )
        self._report(report)
        log.info(
            "%s: page of %d rows, %d bytes; %s; calls left: %s",
            self._job.resource.name,
            len(page.rows),
            page.size,
            report,
            page.calls_left or "not told",
        )

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


def _distribute(
    rows: list[Row], pending: deque[WindowWriter], write: Callable[[WindowWriter, Sequence[Row]], None]
) -> list[WindowWriter]:
    """Write each of the rows, which are in order of sort key, to its window; return the windows that got any."""
    taking = []
    for window in pending:
        if inside := rows_between(rows, window.window):
            write(window, inside)
            taking.append(window)
        if not rows or rows[-1].sort_key < window.window.end:
            break
    return taking
