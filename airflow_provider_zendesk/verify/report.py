# SPDX-License-Identifier: Apache-2.0
"""The result of a verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from airflow_provider_zendesk.lake.manifest import Bounds
from airflow_provider_zendesk.lake.staging import OLD_DAYS, Staged
from airflow_provider_zendesk.quoting import LONGEST_NAME, quoted
from airflow_provider_zendesk.window import PartitionBy, Window, cut, iso

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal[
    "hole", "overlap", "manifest", "missing", "size", "content", "left over", "stray", "unfinished"
]


class Finding(msgspec.Struct, frozen=True):
    """
    Something that is wrong.

    :param kind: ``hole``: no committed window covers a period of time. ``overlap``: two windows have the same records.
        ``manifest``: a manifest cannot be read or contradicts itself. ``missing``, ``size``, ``content``: a listed file
        does not exist, or its size or content is wrong. ``left over``: a file or manifest of a replaced revision.
        ``stray``: a file that no manifest lists. ``unfinished``: a commit has an old intent and was abandoned.
    :param what: what is wrong and where, in one line, and what to do about it.
    :param run_again: the window to export again to repair it; None if an export does not help.
    """

    kind: Kind
    what: str
    run_again: Window | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was checked, and what is wrong with it.

    :param scope: the time that was checked; None if it is not known because nothing is committed.
    :param partition_by: how the dataset is partitioned; None also if that is not known.
    :param windows: number of committed windows.
    :param files: number of files in their manifests.
    :param records: number of rows in these files, without sideloads.
    :param bytes: total size of these files.
    :param under_way: windows with an intent: an attempt is committing them now, or their next export will.
    :param old_staging: staging that has not changed for more than 7 days; it does no harm.
    :param forbidden: windows of a list that Zendesk refused, so that they hold none.
    :param foreign: names of other people's files in ``_manifests``, ``_staging`` and ``_limits``; they do no harm.
    :param findings: empty if nothing is wrong.
    """

    resource: str
    scope: Window | None = None
    partition_by: PartitionBy = None
    windows: int = 0
    files: int = 0
    records: int = 0
    bytes: int = 0
    under_way: tuple[Window, ...] = ()
    old_staging: tuple[Staged, ...] = ()
    forbidden: tuple[Window, ...] = ()
    foreign: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.findings

    def windows_to_run_again(self) -> list[dict[str, str]]:
        """Return ``start_time`` and ``end_time`` of each export that is needed for repair, as far as exports can repair it."""
        damaged = (finding.run_again for finding in self.findings if finding.run_again is not None)
        stretches = map(Bounds.of, _stretches(damaged, self.partition_by))
        return [{"start_time": bounds.start, "end_time": bounds.end} for bounds in stretches]

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        count = len(self.findings)
        verdict = "whole" if not count else f"{count} thing{'s' if count > 1 else ''} wrong"
        return [
            f"{verdict}: {self.windows} windows of {self.scope or 'no time'}, {self.files} files, {self.records} records",
            *map(str, self.findings),
            *(f"under way: {window}" for window in self.under_way),
            *(f"forbidden: {window} holds no list, see its manifest" for window in self.forbidden),
            *map(_old, self.old_staging),
            *(f"not ours: {quoted(name, LONGEST_NAME)}" for name in self.foreign),
        ]

    def summary(self) -> dict[str, str | int]:
        """Return the summary, for XCom."""
        bounds = (
            {}
            if self.scope is None
            else {"start_time": iso(self.scope.start), "end_time": iso(self.scope.end)}
        )
        return {
            "resource": self.resource,
            **bounds,
            "windows": self.windows,
            "files": self.files,
            "records": self.records,
            "bytes": self.bytes,
            "under_way": len(self.under_way),
            "old_staging": len(self.old_staging),
            "foreign": len(self.foreign),
        }


def _old(staged: Staged) -> str:
    kept = (
        "; it has an intent and is kept: the next export of its window finishes the commit"
        if staged.has_intent
        else ""
    )
    return f"old staging: {staged.folder}, {len(staged.names)} objects, unchanged for {OLD_DAYS} days{kept}"


def _stretches(windows: Iterable[Window], partition_by: PartitionBy) -> list[Window]:
    """Merge adjacent windows if an export of both would again be cut at the boundary between them."""
    stretches: list[Window] = []
    for window in sorted(set(windows)):
        border = window.start
        is_cut_there = border > 0 and len(cut(Window(border - 1, border + 1), partition_by)) > 1
        if stretches and stretches[-1].end == border and is_cut_there:
            stretches[-1] = Window(stretches[-1].start, window.end)
        else:
            stretches.append(window)
    return stretches
