# SPDX-License-Identifier: Apache-2.0
"""Which windows of a run are committed, and where the walk to the next one begins."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from airflow_provider_zendesk.export.listing import Listing
from airflow_provider_zendesk.export.sweep import StartPosition, start_after
from airflow_provider_zendesk.lake.formats.part import Drift, merged
from airflow_provider_zendesk.lake.manifest import Bounds, Run
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_zendesk.lake.layout import WindowNames
    from airflow_provider_zendesk.lake.manifest import Manifest


class Totals(msgspec.Struct, frozen=True):
    """
    What committed windows hold together; bytes are compressed, as stored.

    :param replaced: records of the revisions that they replaced.
    :param drift: of their files.
    """

    windows: int = 0
    records: int = 0
    files: int = 0
    bytes: int = 0
    replaced: int = 0
    drift: Drift = {}

    def plus(self, manifest: Manifest) -> Totals:
        """Return the totals with one more window."""
        return Totals(
            self.windows + 1,
            self.records + manifest.counts.records,
            self.files + len(manifest.files),
            self.bytes + sum(file.bytes for file in manifest.files),
            self.replaced + (manifest.replaced.records if manifest.replaced else 0),
            merged([self.drift, *(file.drift for file in manifest.files if file.drift)]),
        )


class Stretch(msgspec.Struct, frozen=True):
    """
    Adjacent windows of a run that will all be committed as the same revision, or, if that is None, are committed.

    :param start: where the walk through them begins if this run has committed the window before them; earlier versions did
        not write it.
    """

    bounds: Bounds
    revision: int | None
    start: StartPosition | None = None


class RunState(msgspec.Struct, frozen=True):
    """
    The progress of a run, as a checkpoint keeps it.

    :param run: the run; for any other one this means nothing.
    :param stretches: all of its windows.
    :param totals: of those that are committed.
    :param listing: of those; earlier versions did not write it.
    """

    run: Run
    stretches: tuple[Stretch, ...]
    totals: Totals
    listing: Listing = Listing(None, None)


class OpenWindow(NamedTuple):
    """A window that is still to be exported, and the revision that it will be committed as."""

    names: WindowNames
    revision: int


class RunProgress:
    """
    The windows of a run.

    :param run: the run.
    :param windows: their names, in order of time.
    """

    def __init__(self, run: Run, windows: Sequence[WindowNames]) -> None:
        self._run = run
        # None: it is committed.
        self._revisions: dict[WindowNames, int | None] = dict.fromkeys(windows, 0)
        self._starts: dict[int, StartPosition] = {}
        self.folders_of_empty: set[str] = set()
        """The folders of the manifests of windows that this run has committed without a row."""
        self.totals = Totals()
        self.listing = Listing()

    @property
    def is_complete(self) -> bool:
        return self.totals.windows == len(self._revisions)

    def windows(self) -> list[WindowNames]:
        """Return the names of all windows."""
        return list(self._revisions)

    def open_windows(self) -> list[WindowNames]:
        """Return the names of those that are not committed."""
        return [names for names, revision in self._revisions.items() if revision is not None]

    def mark_open(self, names: WindowNames, revision: int) -> None:
        """Note that a window will be committed as this revision."""
        self._revisions[names] = revision

    def mark_done(self, names: WindowNames, manifest: Manifest) -> None:
        """Note that a window needs no export any more, by its manifest."""
        self._revisions[names] = None
        self.totals = self.totals.plus(manifest)
        self.listing = self.listing.plus(names, manifest)
        if manifest.run == self._run:
            self._starts[names.window.end] = start_after(manifest, self._starts.get(names.window.start))
            if not manifest.files:
                self.folders_of_empty.add(names.manifests)

    def sweeps(self, *, ordered: bool) -> Iterator[tuple[StartPosition | None, list[OpenWindow]]]:
        """
        Yield adjacent open windows, and where the walk through them begins; None: at the first one's start.

        :param ordered: rows come in order. Without order each walk reads the whole stream, so one serves all windows.
        """
        items = self._revisions.items()
        for is_open, group in groupby(items, key=lambda item: item[1] is not None or not ordered):
            windows = [OpenWindow(names, revision) for names, revision in group if revision is not None]
            if is_open and windows:
                yield self._starts.get(windows[0].names.window.start) if ordered else None, windows

    def state(self) -> RunState:
        """Return what a checkpoint keeps."""
        stretches = []
        for revision, group in groupby(self._revisions.items(), key=lambda item: item[1]):
            windows = [names.window for names, _ in group]
            bounds = Window(windows[0].start, windows[-1].end)
            stretches.append(Stretch(Bounds.of(bounds), revision, self._starts.get(bounds.start)))
        return RunState(self._run, tuple(stretches), self.totals, self.listing)

    def restore(self, state: RunState) -> None:
        """Go on from a checkpoint of the same run."""
        windows = iter(self._revisions)
        for stretch in state.stretches:
            bounds = stretch.bounds.window()
            if stretch.start is not None:
                self._starts[bounds.start] = stretch.start
            for names in windows:
                self._revisions[names] = stretch.revision
                if names.window.end == bounds.end:
                    break
        self.totals = state.totals
        self.listing = state.listing
