# SPDX-License-Identifier: Apache-2.0
"""What a verification found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from airflow_provider_zendesk.lake.manifest import Bounds
from airflow_provider_zendesk.lake.staging import OLD_DAYS, Staged
from airflow_provider_zendesk.window import PartitionBy, Window, cut, iso

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal[
    "hole", "overlap", "manifest", "missing", "size", "content", "left over", "stray", "unfinished"
]


class Finding(msgspec.Struct, frozen=True):
    """
    Something that is wrong.

    :param kind: ``hole``: a stretch of time that no committed window covers. ``overlap``: two windows hold the same
        records. ``manifest``: it cannot be read or contradicts itself. ``missing``, ``size``, ``content``: a listed file
        that is not there, or not what it was. ``left over``: of a revision that was replaced. ``stray``: a file that no
        manifest lists. ``unfinished``: a commit that was decided on and given up.
    :param what: where, in one line, and the way out.
    :param run_again: the window whose export mends it; None where no export does.
    """

    kind: Kind
    what: str
    run_again: Window | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was looked at, and what is wrong with it.

    :param scope: the time that was looked at; None if nothing is committed that could tell.
    :param partition_by: how the dataset is cut; None also where that cannot be told.
    :param windows: how many are committed.
    :param files: how many their manifests list.
    :param records: rows in these, without sideloads.
    :param bytes: of these files.
    :param under_way: windows whose commit is decided on and goes on, or waits for the next export of the window.
    :param old_staging: what has lain in staging for more than 7 days, which harms nobody.
    :param foreign: the names of what others have put into ``_manifests``, ``_staging`` and ``_limits``, which harms nobody.
    :param findings: empty if all is whole.
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
    foreign: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.findings

    def windows_to_run_again(self) -> list[dict[str, str]]:
        """Return the arguments of exports that mend what exports can mend: ``start_time`` and ``end_time`` of each."""
        damaged = (finding.run_again for finding in self.findings if finding.run_again is not None)
        stretches = map(Bounds.of, _stretches(damaged, self.partition_by))
        return [{"start_time": bounds.start, "end_time": bounds.end} for bounds in stretches]

    def lines(self) -> list[str]:
        """Return the report as text, a line each thing."""
        count = len(self.findings)
        verdict = "whole" if not count else f"{count} thing{'s' if count > 1 else ''} wrong"
        return [
            f"{verdict}: {self.windows} windows of {self.scope or 'no time'}, {self.files} files, {self.records} records",
            *map(str, self.findings),
            *(f"under way: {window}" for window in self.under_way),
            *map(_old, self.old_staging),
            *(f"not ours: {name}" for name in self.foreign),
        ]

    def summary(self) -> dict[str, str | int]:
        """Return the numbers."""
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
        "; it holds an intent and is kept: an export of its window carries that out"
        if staged.has_intent
        else ""
    )
    return f"old staging: {staged.folder}, {len(staged.names)} objects, untouched for {OLD_DAYS} days{kept}"


def _stretches(windows: Iterable[Window], partition_by: PartitionBy) -> list[Window]:
    """Merge neighbours where an export of both is cut at the border between them again, and not elsewhere."""
    stretches: list[Window] = []
    for window in sorted(set(windows)):
        border = window.start
        is_cut_there = border > 0 and len(cut(Window(border - 1, border + 1), partition_by)) > 1
        if stretches and stretches[-1].end == border and is_cut_there:
            stretches[-1] = Window(stretches[-1].start, window.end)
        else:
            stretches.append(window)
    return stretches
