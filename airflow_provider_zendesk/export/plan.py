# SPDX-License-Identifier: Apache-2.0
"""Before the first call: what is committed below the root, and whether the export fits it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.commit import finish_intent, tidy
from airflow_provider_zendesk.lake.committed import committed_near, latest_manifests
from airflow_provider_zendesk.lake.layout import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.export.run_progress import RunProgress
    from airflow_provider_zendesk.lake.layout import ObjectName, WindowNames
    from airflow_provider_zendesk.lake.manifest import Manifest
    from airflow_provider_zendesk.lake.staging import StagedNames
    from airflow_provider_zendesk.lake.storage import Storage


def look_up(job: Job, storage: Storage, progress: RunProgress, staged: StagedNames) -> None:
    """
    Find out which open windows of a run need no export, and which revision each of the others will be.

    Intents that an earlier attempt left are carried out first.

    :param staged: what is staged for the resource.
    :raises ExportConflictError: if a window is committed that overlaps one of these, or that ``on_existing`` forbids.
    """
    windows = progress.open_windows()
    for names in windows:
        for one in staged.get(names.window, {}).values():
            if one.kind == "intent":
                finish_intent(storage, names, one.revision)
    done = {}
    found = _latest_manifests(job, storage, windows)
    for names, (manifest, revisions) in found.items():
        if is_done(manifest, job):
            done[names] = manifest
            progress.mark_done(names, manifest)
            if revisions > 1:
                tidy(storage, names)
        else:
            progress.mark_open(names, manifest.revision + 1)
    tidy_parts(storage, done)


def _latest_manifests(
    job: Job, storage: Storage, windows: Sequence[WindowNames]
) -> dict[WindowNames, tuple[Manifest, int]]:
    """Return the highest manifest of each of these windows that has one, and how many it has."""
    own = {names.window: names for names in windows}

    def look() -> dict[str, ObjectName]:
        found = committed_near(storage, job.resource.name, job.window)
        check_overlap(job.resource.name, sorted(found.values()), windows)
        return {name: one for name, one in found.items() if one.window in own}

    found = latest_manifests(storage, look)
    return {own[one.window]: (one.manifest, one.revisions) for one in found}


def is_done(manifest: Manifest, job: Job) -> bool:
    """
    Return True if a committed window needs no export: an earlier try of this run has committed it, or it is to be kept.

    :raises ExportConflictError: if ``on_existing`` does not allow it.
    """
    old, new = manifest.fingerprint(), job.fingerprint()
    if manifest.run == job.run and old == new:
        return True
    window = f"the window {manifest.window.window()} of {job.resource.name}"
    if job.on_existing == "fail":
        raise ExportConflictError(
            f"{window} is committed already (revision {manifest.revision}, at {manifest.committed_at}); "
            "use on_existing='replace' or 'keep', or export another window"
        )
    if job.on_existing == "keep" and old != new:
        differences = (
            f"{name}: {old.get(name)!r} there, {new.get(name)!r} requested"
            for name in sorted(old.keys() | new.keys())
            if old.get(name) != new.get(name)
        )
        raise ExportConflictError(
            f"{window} is committed, but by another export ({'; '.join(differences)}); "
            "export with the same parameters, or use on_existing='replace'"
        )
    return job.on_existing == "keep"


def tidy_up(storage: Storage, progress: RunProgress, staged: StagedNames) -> None:
    """
    Remove what attempts that were overtaken or crashed have left of committed windows of a run.

    :param staged: what is staged for the resource.
    """
    listed = [parse(name) for folder in sorted(progress.folders_of_empty) for name in storage.files(folder)]
    revisions = Counter(one.window for one in listed if one is not None)
    for names in progress.windows():
        if names.window in staged or revisions[names.window] > 1:
            tidy(storage, names)


def tidy_parts(storage: Storage, done: Mapping[WindowNames, Manifest]) -> None:
    """Remove parts of committed windows that no manifest lists: an attempt put them that was overtaken and then crashed."""
    by_window = {
        names.window: (names, manifest.revision, {file.path for file in manifest.files})
        for names, manifest in done.items()
    }
    places = {
        (dataset, names.prefix_of_month)
        for names, manifest in done.items()
        for dataset in (names.resource, *(file.dataset for file in manifest.files))
    }
    untidy = set()
    for path in (path for dataset, prefix in sorted(places) for path in storage.find(dataset, prefix)):
        one = parse(path)
        if one is not None and one.window in by_window:
            _, revision, listed = by_window[one.window]
            if path not in listed and one.revision <= revision:
                untidy.add(one.window)
    for window in sorted(untidy):
        tidy(storage, by_window[window][0])


def check_overlap(resource: str, found: Iterable[ObjectName], windows: Sequence[WindowNames]) -> None:
    """Check that each committed window is one of the run's, or overlaps none of them."""
    starts = [names.window.start for names in windows]
    for one in found:
        index = max(bisect_left(starts, one.window.end) - 1, 0)
        names = windows[index] if windows else None
        if names is not None and names.window != one.window and names.window.overlaps(one.window):
            raise ExportConflictError(
                f"the window {names.window} of {resource} overlaps {one.window}, which is committed, without being "
                "equal to it: its records would be in both. End a sweep on a partition border, use one "
                "partition_by for a dataset, or export to another root"
            )
