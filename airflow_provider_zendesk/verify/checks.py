# SPDX-License-Identifier: Apache-2.0
"""
Verification: do the committed windows cover the time, and does storage hold exactly the files that their manifests list?

It reads only listings and manifests, unless the content is checked too. Only the highest revision of a window counts. If a
window has an intent, its unlisted files are not findings: the commit is under way, and its attempt or the next export of the
window finishes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.catalogue import get_rows
from airflow_provider_zendesk.lake.committed import committed, committed_near
from airflow_provider_zendesk.lake.layout import ObjectName, parse_of
from airflow_provider_zendesk.lake.marker import read_marker
from airflow_provider_zendesk.quoting import LONGEST_NAME, quoted
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
    Return a report on the committed windows of a resource that overlap ``[start, end)``.

    :param start: UTC epoch seconds; None: the first committed window's start.
    :param end: UTC epoch seconds; None: the last committed window's end.
    :param check_content: also read every file, one part at a time.
    :raises ValueError: for a resource that is not in the catalogue, or a start that is not before the end.
    :raises ExportConflictError: if the root has the layout of another version of this package.
    """
    get_rows(resource)
    read_marker(storage)
    period = Window(start, end) if start is not None and end is not None and start < end else None

    def look() -> dict[str, ObjectName]:
        return committed_near(storage, resource, period) if period else committed(storage, resource)

    for _ in range(_LOOKS):
        found = look()
        scope = _scope(found.values(), start, end)
        if scope is None:
            nothing = (
                "no window of it is committed here; give its start and end, or the root it was exported to"
            )
            return Report(
                resource=resource,
                foreign=foreign(storage, resource, None),
                findings=(Finding("hole", nothing),),
            )
        snapshot = take_snapshot(storage, resource, scope, found, period)
        findings = list(_findings(snapshot))
        if check_content:
            findings += _content(storage, snapshot)
        # A window that is replaced while it is being read looks damaged, so check again if the list of revisions has changed.
        if not findings or look() == found:
            break
    return _report(snapshot, findings)


def _scope(found: Iterable[ObjectName], start: int | None, end: int | None) -> Window | None:
    """Return the time to check; None if a bound is missing and nothing is committed."""
    windows = [one.window for one in found]
    if windows:
        start = min(window.start for window in windows) if start is None else start
        end = max(window.end for window in windows) if end is None else end
    if start is None or end is None:
        return None
    if start >= end:
        raise ValueError(
            f"there is nothing to verify from {iso(start)} to {iso(end)}: the start must be before the end, or "
            "before the last committed window's end if no end is given"
        )
    return Window(start, end)


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    yield from _tiling(snapshot)
    yield from _manifests(snapshot)
    yield from _files(snapshot)
    yield from _unlisted(snapshot)
    yield from _unfinished(snapshot)


def _tiling(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the holes and overlaps between the committed windows."""
    furthest: Window | None = None
    reached = snapshot.scope.start
    for window in sorted(one.window for one in snapshot.current.values()):
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
    """Yield manifests that cannot be read, or that contradict their name, themselves or each other."""
    for name, why in snapshot.unreadable.items():
        window = snapshot.current[name].window
        yield Finding("manifest", f"{why}; remove it and export {window} again", window)
    accounts = sorted({manifest.account for manifest in snapshot.manifests.values()})
    if len(accounts) > 1:
        yield Finding(
            "manifest",
            f"the manifests are from several accounts: {', '.join(map(quoted, accounts))}; give each account its own root",
        )
    for name, manifest in snapshot.manifests.items():
        window = snapshot.current[name].window
        if contradiction := _contradiction(manifest):
            yield Finding("manifest", f"{name} {contradiction}; export {window} again", window)


def _contradiction(manifest: Manifest) -> str | None:
    records, key, window = manifest.counts.records, manifest.sort_key, manifest.window.window()
    listed = sum(file.records for file in manifest.files if file.dataset == manifest.resource)
    if records != listed:
        return f"says {records} records, but its files have {listed}"
    if key is None:
        return None
    if key.min is None or key.max is None:
        return f"says {records} records, but has no sort keys" if records else None
    if not window.start <= key.min <= key.max < window.end:
        return f"has sort keys from {iso(key.min)} to {iso(key.max)}, which are not inside {window}"
    return None


def _files(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield listed files that are missing or have the wrong size."""
    for name, manifest in snapshot.manifests.items():
        window = snapshot.current[name].window
        for file in manifest.files:
            stored = snapshot.stored.get(file.path)
            if stored is None:
                yield _missing(file, window)
            elif stored.bytes != file.bytes:
                yield Finding("size", f"{file.path} has {stored.bytes} bytes instead of {file.bytes}", window)


def _missing(file: File, window: Window) -> Finding:
    return Finding("missing", f"{file.path}, {file.records} records", window)


def _unlisted(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield stored manifests and files that belong neither to a current revision nor to a commit under way."""
    under_way = snapshot.under_way()
    unreadable = {
        (one.window, one.revision) for name, one in snapshot.current.items() if name in snapshot.unreadable
    }
    current = {one.window: one.revision for one in snapshot.current.values()}
    for name, one in snapshot.revisions.items():
        if name not in snapshot.current and one.window not in under_way:
            yield _left_over(name, current[one.window])
    listed = {file.path for file in snapshot.files()}
    for name in sorted(snapshot.stored.keys() - listed):
        part = _parse_part(snapshot.resource, name)
        if part and (part.window in under_way or not part.window.overlaps(snapshot.scope)):
            continue
        if part and (part.window, part.revision) in unreadable:
            continue  # the unreadable manifest may list this file
        if part and part.revision < current.get(part.window, 0):
            yield _left_over(name, current[part.window])
        else:
            yield Finding("stray", f"{quoted(name, LONGEST_NAME)} is in no manifest")


def _parse_part(resource: str, name: str) -> ObjectName | None:
    found = parse_of(resource, name)
    return found if found and found.kind == "part" else None


def _left_over(name: str, revision: int) -> Finding:
    return Finding("left over", f"{name} was replaced by revision {revision}; remove it")


def _unfinished(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield commits whose intent is so old that no attempt can still be working on it."""
    for one in snapshot.staged:
        if one.has_intent and one.is_old() and one.window.overlaps(snapshot.scope):
            what = f"the commit in {one.folder} was abandoned; export {one.window} again"
            yield Finding("unfinished", what, one.window)


def _content(storage: Storage, snapshot: Snapshot) -> Iterator[Finding]:
    """Yield files that have the right size but not the content that their manifest says."""
    entry = get_rows(snapshot.resource)
    for name, manifest in snapshot.manifests.items():
        window = snapshot.current[name].window
        content = WindowContent(storage, entry, manifest)
        for file in manifest.files:
            stored = snapshot.stored.get(file.path)
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
        windows=len(snapshot.current),
        files=len(files),
        records=sum(manifest.counts.records for manifest in snapshot.manifests.values()),
        bytes=sum(file.bytes for file in files),
        under_way=tuple(sorted(window for window in snapshot.under_way() if window.overlaps(scope))),
        old_staging=tuple(one for one in snapshot.staged if one.is_old()),
        forbidden=tuple(
            manifest.window.window() for manifest in snapshot.manifests.values() if manifest.forbidden
        ),
        foreign=snapshot.foreign,
        findings=tuple(findings),
    )
