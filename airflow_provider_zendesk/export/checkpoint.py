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
from msgspec.structs import replace

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.export.run_progress import RunState
from airflow_provider_zendesk.export.window_writer import WindowState
from airflow_provider_zendesk.lake.commit import highest_revision
from airflow_provider_zendesk.lake.documents import check_files, check_staged
from airflow_provider_zendesk.lake.layout import ObjectName, WindowNames
from airflow_provider_zendesk.lake.manifest import Bounds, dump, load
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.stream.progress import WalkProgress
from airflow_provider_zendesk.stream.stream import StreamState
from airflow_provider_zendesk.stream.wait_policy import Usage
from airflow_provider_zendesk.window import iso, parse_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.export.run_progress import RunProgress
    from airflow_provider_zendesk.export.window_writer import WindowWriter
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
    :param run_state: what of the run is committed; earlier versions did not write it.
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
    run_state: RunState | None = None


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
        self._found: dict[str, Checkpoint] = {}
        self._taken = 0
        self._last: str | None = None
        self._restart()

    def look(self, staged: Mapping[str, ObjectName]) -> None:
        """
        Read the checkpoints that attempts have left.

        :param staged: what is staged for the run's window.
        """
        found = [(name, self._read(name)) for name, one in staged.items() if one.kind == "checkpoint"]
        self._found = {name: one for name, one in found if one is not None}

    def restore(self, progress: RunProgress) -> bool:
        """Restore what an earlier attempt of this run knew of its progress, from the latest checkpoint if there is one."""
        states = [
            one.run_state
            for one in self._found.values()
            if one.run_state is not None and one.run_state.run == self._job.run and self._fits(one)
        ]
        if states:
            progress.restore(max(states, key=lambda state: state.totals.windows))
        return bool(states)

    def resume(self, window: WindowWriter, stream: Stream) -> TryState | None:
        """
        Restore the window and the stream from the checkpoint of an earlier attempt, if there is one that fits.

        :return: what the try that took it knew; None if there is none.
        """
        here = (Bounds.of(window.window), window.revision)
        fitting = [
            (name, one)
            for name, one in self._found.items()
            if (one.window, one.revision) == here and self._fits(one)
        ]
        if self._found and not fitting:
            log.info(
                "ignoring %d checkpoints: other parameters, other revision, or older than %d days",
                len(self._found),
                self._policy.checkpoint_age // 86400,
            )
        for name, one in sorted(fitting, key=_best_first):
            try:
                window.restore(one.state)
            except FileNotFoundError:
                continue  # its parts were deleted in the meantime
            except ValueError as error:
                log.warning("ignoring the checkpoint %s: what it staged is damaged: %s", name, error)
                continue
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

    def is_due(self) -> bool:
        """Count a page; return True if it is time for a checkpoint."""
        self._pages += 1
        return (
            self._pages >= self._policy.checkpoint_pages
            or time.monotonic() - self._since >= self._policy.checkpoint_seconds
        )

    def take(self, window: WindowWriter, stream: Stream, of_try: TryState, run_state: RunState) -> None:
        """Take a checkpoint."""
        checkpoint = Checkpoint(
            fingerprint=self._job.fingerprint(),
            run_window=Bounds.of(self._job.window),
            partition_by=self._job.partition_by,
            window=Bounds.of(window.window),
            revision=window.revision,
            made_at=iso(time.time()),
            stream=stream.state(),
            state=window.state(),
            of_try=of_try,
            run_state=run_state,
        )
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

    def forget(self, staged: Mapping[str, ObjectName]) -> None:
        """
        Remove the checkpoints of committed windows; others may belong to runs that still go on.

        :param staged: what is staged for the run's window.
        """
        own, self._last = self._last, None
        self.look({name: one for name, one in staged.items() if name != own})
        over = [name for name, one in self._found.items() if self._is_over(one)]
        self._storage.delete([*over, *filter(None, [own])])

    def _is_over(self, found: Checkpoint) -> bool:
        names = WindowNames(self._job.resource.name, found.window.window(), self._job.partition_by)
        return highest_revision(self._storage, names) >= found.revision

    def _restart(self) -> None:
        self._pages = 0
        self._since = time.monotonic()

    def _read(self, name: str) -> Checkpoint | None:
        try:
            found = load(self._storage.get(name), Checkpoint, name)
            _check(found, self._job.resource.name, name)
            return found
        except FileNotFoundError:
            return None  # its attempt is still running and has taken another
        except ExportStorageError as error:
            log.warning("ignoring the checkpoint %s: %s", name, error)
            return None

    def _fits(self, found: Checkpoint) -> bool:
        """Return True if a checkpoint is of the same walk, and young."""
        job = self._job
        walk = (job.fingerprint(), Bounds.of(job.window), job.partition_by)
        is_young = time.time() - parse_iso(found.made_at) <= self._policy.checkpoint_age
        return is_young and (found.fingerprint, found.run_window, found.partition_by) == walk


def _check(found: Checkpoint, resource: str, name: str) -> None:
    """
    Check that a checkpoint names only what belongs to the window that it is about.

    :raises ExportStorageError: if it names anything else, for example because someone has changed it.
    """
    try:
        place = ObjectName(found.window.window(), found.revision, "manifest", resource)
        run_window = found.run_window.window()
        parse_iso(found.made_at)
        for stretch in found.run_state.stretches if found.run_state else ():
            stretch.bounds.window()
    except (ValueError, OverflowError) as error:
        raise ExportStorageError(f"{name} has a time that is none ({quoted(error)})") from None
    if found.run_state:
        found.run_state.listing.check(resource, run_window, name)
    check_files(found.state.files, place, name)
    check_staged((part.staged for part in found.state.staged), place, name)
    if [part.final for part in found.state.staged] != [file.path for file in found.state.files]:
        raise ExportStorageError(f"{name} names other staged parts than files")
    for dataset, saved in found.state.open_parts.items():
        if not replace(place, kind="part", dataset=dataset).is_of(resource):
            raise ExportStorageError(
                f"{name} names the dataset '{quoted(dataset, 100)}', which is none of {resource}"
            )
        check_staged((one if isinstance(one, str) else one.name for one in saved), place, name)


def _best_first(found: tuple[str, Checkpoint]) -> tuple[int, float]:
    checkpoint = found[1]
    return -checkpoint.state.progress.records, -parse_iso(checkpoint.made_at)
