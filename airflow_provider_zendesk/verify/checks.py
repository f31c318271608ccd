# SPDX-License-Identifier: Apache-2.0
"""
Reading the proof back: is all there that the manifests promise, without a hole, and nothing else?

Only listings and manifests are read, unless the content is to be checked too. The highest revision of a window
counts. What belongs to a window with an intent is under way: whoever finds the intent can carry it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.lake.commit import committed
from airflow_provider_zendesk.lake.layout import Committed, parse_part_name
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.verify.content import WindowContent
from airflow_provider_zendesk.verify.foreign import foreign
from airflow_provider_zendesk.verify.report import Finding, Report
from airflow_provider_zendesk.verify.snapshot import Snapshot, take_snapshot
from airflow_provider_zendesk.window import Window, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_zendesk.lake.manifest import File, Manifest
    from airflow_provider_zendesk.lake.storage import Storage

_LOOKS = 5


def verify(
    storage: Storage,
    resource: str,
    start: int | None = None,
    end: int | None = None,
    *,
    check_content: bool = False,
) -> Report:
    """
    Return what is wrong with the committed windows of a resource that reach into ``[start, end)``.

    :param start: UTC epoch seconds; None: where the first committed window starts.
    :param end: UTC epoch seconds; None: where the last one ends.
    :param check_content: read every file back, a part at a time.
    :raises ValueError: for a resource that the catalogue lacks, or a start that is not before the end.
    """
    get_resource(resource)
    for _ in range(_LOOKS):
        found = committed(storage, resource)
        scope = _scope(found.values(), start, end)
        if scope is None:
            nothing = (
                "nothing of it is committed here; give its start and end, or the root it was exported to"
            )
            return Report(
                resource=resource,
                foreign=foreign(storage, resource),
                findings=(Finding("hole", nothing),),
            )
        snapshot = take_snapshot(storage, resource, scope, found)
        findings = list(_findings(snapshot))
        if check_content:
            findings += _content(storage, snapshot)
        # What is replaced while one looks seems to be damaged.
        if not findings or committed(storage, resource) == found:
            break
    return _report(snapshot, findings)


def _scope(found: Iterable[Committed], start: int | None, end: int | None) -> Window | None:
    """Return the time to look at; None if nothing is committed that could tell."""
    windows = [one.window for one in found]
    if windows:
        start = min(window.start for window in windows) if start is None else start
        end = max(window.end for window in windows) if end is None else end
    if start is None or end is None:
        return None
    if start >= end:
        raise ValueError(
            f"there is nothing to verify from {iso(start)} to {iso(end)}: the start must lie before the end, and before "
            "the end of what is committed if no end is given"
        )
    return Window(start, end)


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    yield from _tiling(snapshot)
    yield from _manifests(snapshot)
    yield from _files(snapshot)
    yield from _unlisted(snapshot)
    yield from _unfinished(snapshot)


def _tiling(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the holes and overlaps of the committed windows."""
    furthest: Window | None = None
    reached = snapshot.scope.start
    for window in sorted(one.window for one in snapshot.standing.values()):
        if window.start > reached:
            yield _hole(reached, window.start)
        if furthest is not None and window.start < furthest.end:
            yield Finding(
                "overlap",
                f"{furthest} and {window} hold the same records; remove the manifest and the files of one of them",
            )
        if furthest is None or window.end > furthest.end:
            furthest = window
        reached = max(reached, window.end)
    if reached < snapshot.scope.end:
        yield _hole(reached, snapshot.scope.end)


def _hole(start: int, end: int) -> Finding:
    window = Window(start, end)
    return Finding("hole", f"{window} is not committed", window)


def _manifests(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield manifests that cannot be read, or contradict their name, themselves or each other."""
    for name, why in snapshot.unreadable.items():
        window = snapshot.standing[name].window
        yield Finding("manifest", f"{why}; remove it and export {window} again", window)
    accounts = sorted({manifest.account for manifest in snapshot.manifests.values()})
    if len(accounts) > 1:
        yield Finding("manifest", f"they are of {', '.join(accounts)}; give each account a root of its own")
    for name, manifest in snapshot.manifests.items():
        one = snapshot.standing[name]
        says = Committed(manifest.window.window(), manifest.revision)
        if (manifest.resource, says) != (snapshot.resource, one):
            what = f"{name} says that it is revision {says.revision} of {manifest.resource} {says.window}"
            yield Finding("manifest", f"{what}; remove it and export {one.window} again", one.window)
        elif contradiction := _contradiction(manifest):
            yield Finding("manifest", f"{name} {contradiction}; export {one.window} again", one.window)


def _contradiction(manifest: Manifest) -> str | None:
    records, key, window = manifest.counts.records, manifest.sort_key, manifest.window.window()
    listed = sum(file.records for file in manifest.files if file.dataset == manifest.resource)
    if records != listed:
        return f"counts {records} records, and its files {listed}"
    if key.min is None or key.max is None:
        return f"counts {records} records without sort keys" if records else None
    if not window.start <= key.min <= key.max < window.end:
        return f"has sort keys from {iso(key.min)} to {iso(key.max)}, which are not inside {window}"
    return None


def _files(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield listed files that are not there, or not as long as they were."""
    for name, manifest in snapshot.manifests.items():
        window = snapshot.standing[name].window
        for file in manifest.files:
            stored = snapshot.lying.get(file.path)
            if stored is None:
                yield _missing(file, window)
            elif stored.bytes != file.bytes:
                yield Finding("size", f"{file.path} has {stored.bytes} bytes instead of {file.bytes}", window)


def _missing(file: File, window: Window) -> Finding:
    return Finding("missing", f"{file.path}, {file.records} records", window)


def _unlisted(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what lies there without being part of a standing revision, nor on its way into one."""
    under_way = snapshot.under_way()
    unreadable = {snapshot.standing[name] for name in snapshot.unreadable}
    standing = {one.window: one.revision for one in snapshot.standing.values()}
    for name, one in snapshot.revisions.items():
        if name not in snapshot.standing and one.window not in under_way:
            yield _left_over(name, standing[one.window])
    listed = {file.path for file in snapshot.files()}
    for name in sorted(snapshot.lying.keys() - listed):
        part = parse_part_name(snapshot.resource, name)
        if part and (part.window in under_way or not part.window.overlaps(snapshot.scope)):
            continue
        if part in unreadable:
            continue  # its manifest may well list it
        if part and part.revision < standing.get(part.window, 0):
            yield _left_over(name, standing[part.window])
        else:
            yield Finding("stray", f"{name} is in no manifest")


def _left_over(name: str, revision: int) -> Finding:
    return Finding("left over", f"{name} was replaced by revision {revision}; remove it")


def _unfinished(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield commits that were decided on so long ago that nobody can be at it."""
    for one in snapshot.staged:
        if one.has_intent and one.is_old() and one.window.overlaps(snapshot.scope):
            what = f"the commit that {one.folder} holds was given up; export {one.window} again"
            yield Finding("unfinished", what, one.window)


def _content(storage: Storage, snapshot: Snapshot) -> Iterator[Finding]:
    """Yield files of the right size that do not hold what their manifest says."""
    entry = get_resource(snapshot.resource)
    for name, manifest in snapshot.manifests.items():
        window = snapshot.standing[name].window
        content = WindowContent(storage, entry, manifest)
        for file in manifest.files:
            stored = snapshot.lying.get(file.path)
            if stored is None or stored.bytes != file.bytes:
                continue
            try:
                yield from (
                    Finding("content", f"{file.path}: {fault}", window) for fault in content.faults(file)
                )
            except FileNotFoundError:
                yield _missing(file, window)


def _report(snapshot: Snapshot, findings: list[Finding]) -> Report:
    files = snapshot.files()
    scope = snapshot.scope
    return Report(
        resource=snapshot.resource,
        scope=scope,
        partition_by=snapshot.partition_by(),
        windows=len(snapshot.standing),
        files=len(files),
        records=sum(manifest.counts.records for manifest in snapshot.manifests.values()),
        bytes=sum(file.bytes for file in files),
        under_way=tuple(sorted(window for window in snapshot.under_way() if window.overlaps(scope))),
        old_staging=tuple(one for one in snapshot.staged if one.is_old()),
        foreign=snapshot.foreign,
        findings=tuple(findings),
    )
