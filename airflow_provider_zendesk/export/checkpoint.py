# SPDX-License-Identifier: Apache-2.0
"""
The position of a walk, kept in storage, so that the next attempt resumes there as if nothing had stopped.

A checkpoint is taken every ten pages or every minute (see policy.py). It names the position, what is staged, and the
copies of the open parts' rows. It is stored beside the staged parts and deleted with them.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.export.window_writer import NOTHING_WRITTEN, WindowState
from airflow_provider_zendesk.lake.manifest import Bounds, dump, load
from airflow_provider_zendesk.stream.progress import WalkProgress
from airflow_provider_zendesk.stream.stream import StreamState
from airflow_provider_zendesk.stream.wait_policy import Usage
from airflow_provider_zendesk.window import iso, parse_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.export.window_writer import WindowWriter
    from airflow_provider_zendesk.lake.layout import WindowNames
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.stream.stream import Stream

log = logging.getLogger(__name__)


class TryState(msgspec.Struct, frozen=True):
    """What one try of a task knows besides its rows; it survives deferrals."""

    usage: Usage = msgspec.field(name="spent")
    progress: WalkProgress = msgspec.field(name="travelled")


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far the walk through a run's window has come.

    :param fingerprint: what decides which rows are written and how.
    :param run_window: the run's window.
    :param partition_by: how it is cut.
    :param window: the partition that was being read.
    :param revision: the one it will be committed as.
    :param made_at: this machine's clock.
    :param of_try: what the try that took it knew.
    """

    fingerprint: dict[str, Any]
    run_window: Bounds
    partition_by: str | None
    window: Bounds
    revision: int
    made_at: str
    stream: StreamState
    state: WindowState
    of_try: TryState

    def continues(self, other: Checkpoint) -> bool:
        """Return True if both are of the same walk, and of the same revision of the window."""
        return self._walk() == other._walk()

    def _walk(self) -> tuple[object, ...]:
        return self.fingerprint, self.run_window, self.partition_by, self.window, self.revision


class Checkpoints:
    """
    Takes checkpoints of one walk, and finds those of an earlier attempt.

    :param job: the export.
    :param storage: where they are kept.
    :param names: of the run's whole window.
    """

    def __init__(self, job: Job, storage: Storage, names: WindowNames) -> None:
        self._job = job
        self._policy = job.policy
        self._storage = storage
        self._names = names
        self._taken = 0
        self._last: str | None = None
        self._restart()

    def resume(self, window: WindowWriter, stream: Stream, of_try: TryState) -> TryState | None:
        """
        Restore the window and the stream from the checkpoint of an earlier attempt, if there is one that fits.

        :return: what the try that took it knew; None if there is none.
        """
        here = self._checkpoint(window, stream.state(), NOTHING_WRITTEN, of_try)
        found = list(self._found())
        fitting = [(name, one) for name, one in found if one.continues(here) and self._is_young(one)]
        if found and not fitting:
            log.info(
                "ignoring %d checkpoints: other parameters, other revision, or older than %d days",
                len(found),
                self._policy.checkpoint_age // 86400,
            )
        for name, one in sorted(fitting, key=_best_first):
            try:
                window.restore(one.state)
            except FileNotFoundError:
                continue  # its parts were deleted in the meantime
            stream.resume(one.stream)
            # The next checkpoint replaces it; otherwise a walk that defers every minute would leave hundreds.
            self._last = name
            log.info(
                "resuming %s from the checkpoint that an earlier attempt took at %s: %d records, %d files",
                window.window,
                one.made_at,
                one.state.progress.records,
                len(one.state.files),
            )
            return one.of_try
        return None

    def page_was_read(self, window: WindowWriter, stream: Stream, of_try: TryState) -> bool:
        """Count a page; take a checkpoint and return True if it is time."""
        self._pages += 1
        due = (
            self._pages >= self._policy.checkpoint_pages
            or time.monotonic() - self._since >= self._policy.checkpoint_seconds
        )
        if not due:
            return False
        self.take(window, stream, of_try)
        return True

    def take(self, window: WindowWriter, stream: Stream, of_try: TryState) -> None:
        """Take a checkpoint."""
        checkpoint = self._checkpoint(window, stream.state(), window.state(), of_try)
        self._taken += 1
        folder = self._names.attempt(window.revision, window.attempt)
        name = f"{folder}/checkpoint-{self._taken:05d}.json"
        # Through the window's own storage: what a killed put leaves is deleted with the window that is being exported.
        window.storage.put(name, dump(checkpoint))
        if self._last is not None:
            self._storage.delete([self._last])
        self._last = name
        self._restart()

    def window_was_committed(self) -> None:
        """Start counting again: resuming after a committed window needs no checkpoint."""
        self._restart()
        # The page that passed it holds the first rows of the next window.
        self._pages = 1

    def forget(self, done: Mapping[Bounds, int]) -> None:
        """Remove the checkpoints of committed windows, given their revisions; others may belong to runs that still go on."""
        over = [name for name, found in self._found() if found.revision <= done.get(found.window, -1)]
        self._storage.delete(over)

    def _restart(self) -> None:
        self._pages = 0
        self._since = time.monotonic()

    def _checkpoint(
        self, window: WindowWriter, stream: StreamState, state: WindowState, of_try: TryState
    ) -> Checkpoint:
        return Checkpoint(
            fingerprint=self._job.fingerprint(),
            run_window=Bounds.of(self._job.window),
            partition_by=self._job.partition_by,
            window=Bounds.of(window.window),
            revision=window.revision,
            made_at=iso(time.time()),
            stream=stream,
            state=state,
            of_try=of_try,
        )

    def _found(self) -> Iterator[tuple[str, Checkpoint]]:
        for name in self._storage.find(self._names.staging):
            found = self._names.parse(name)
            if found is None or found.kind != "checkpoint":
                continue
            try:
                yield name, load(self._storage.get(name), Checkpoint, name)
            except FileNotFoundError:
                continue  # its attempt is still running and has taken another
            except ExportStorageError as error:
                log.warning("ignoring the checkpoint %s: %s", name, error)

    def _is_young(self, found: Checkpoint) -> bool:
        return time.time() - parse_iso(found.made_at) <= self._policy.checkpoint_age


def _best_first(found: tuple[str, Checkpoint]) -> tuple[int, float]:
    checkpoint = found[1]
    return -checkpoint.state.progress.records, -parse_iso(checkpoint.made_at)
