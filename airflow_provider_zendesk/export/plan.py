# SPDX-License-Identifier: Apache-2.0
"""Before the first call: what is committed below the root, and whether the export fits it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.commit import (
    committed,
    finish_intents,
    read_manifest,
    tidy_after,
)
from airflow_provider_zendesk.lake.layout import (
    MANIFESTS,
    ObjectName,
    WindowNames,
    manifests,
    parse,
    staging,
    stem,
)
from airflow_provider_zendesk.resources import is_resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.lake.manifest import Manifest
    from airflow_provider_zendesk.lake.storage import Storage

_TRIES = 10


def latest_manifests(
    storage: Storage, resource: str, windows: list[WindowNames], account: str
) -> dict[WindowNames, Manifest]:
    """
    Return the committed manifest of each of these windows that has one.

    Intents that an earlier attempt left are carried out first.

    :raises ExportConflictError: if the root holds another account, or a window that overlaps one of these.
    """
    under_way = set(storage.folders(staging(resource)))
    for names in windows:
        if names.staging in under_way:
            finish_intents(storage, names)
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):  # one was replaced since it was listed
            return _read_latest(storage, resource, windows, account)
    return _read_latest(storage, resource, windows, account)


def _read_latest(
    storage: Storage, resource: str, windows: list[WindowNames], account: str
) -> dict[WindowNames, Manifest]:
    found = sorted(committed(storage, resource).values())
    _check_account(storage, resource, found, account)
    _check_overlap(resource, found, windows)
    highest = {one.window: one.revision for one in found}
    return {
        names: read_manifest(storage, names.manifest(highest[names.window]))
        for names in windows
        if names.window in highest
    }


def tidy_kept(storage: Storage, resource: str, kept: Mapping[WindowNames, Manifest]) -> None:
    """Remove what attempts that were overtaken and then crashed left of windows that are done."""
    under_way = set(storage.folders(staging(resource))) if kept else set()
    for names, manifest in kept.items():
        tidy_after(storage, names, manifest, staged=names.staging in under_way)


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


def _check_account(storage: Storage, resource: str, found: list[ObjectName], account: str) -> None:
    """Check one manifest; one is enough, because every export checks before it commits another."""
    if found:
        name = f"{manifests(resource)}/{stem(found[-1].window)}-r{found[-1].revision}.json"
    else:
        lying = (name for folder in storage.folders(MANIFESTS) for name in storage.find(folder))
        other = next((name for name in lying if (one := parse(name)) and is_resource(one.dataset)), None)
        if other is None:
            return
        name = other
    manifest = read_manifest(storage, name)
    if manifest.account != account:
        raise ExportConflictError(
            f"the root holds the account {manifest.account!r} (see {name}), and this connection is {account!r}; "
            "give each account a root of its own in path="
        )


def _check_overlap(resource: str, found: list[ObjectName], windows: list[WindowNames]) -> None:
    equal = {names.window for names in windows}
    for one in found:
        if one.window in equal:
            continue
        for names in windows:
            if one.window.overlaps(names.window):
                raise ExportConflictError(
                    f"the window {names.window} of {resource} overlaps {one.window}, which is committed, without being "
                    "equal to it: its records would be in both. End a sweep on a partition border, use one "
                    "partition_by for a dataset, or export to another root"
                )
