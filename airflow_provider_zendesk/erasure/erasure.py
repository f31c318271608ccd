# SPDX-License-Identifier: Apache-2.0
"""
Erases the rows of single records from every window of a lake.

Each window that holds some is committed again, as its next revision, by the same protocol as an export. So it may be killed at
any point: what is left of it is done by the next run, and windows that are done already hold no such rows.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import compress
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.catalogue import get_rows, is_known
from airflow_provider_zendesk.erasure.carriers import field_of, marks_of_gone
from airflow_provider_zendesk.erasure.rows import are_gone
from airflow_provider_zendesk.erasure.window import PURPOSE, Found, WindowEraser
from airflow_provider_zendesk.exceptions import ExportConflictError, ExportFileIsGoneError
from airflow_provider_zendesk.lake.commit import finish_intent, read_highest, tidy
from airflow_provider_zendesk.lake.committed import committed, committed_resources, latest_manifests
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.layout import STAGING, WindowNames, parse, parse_of, staging
from airflow_provider_zendesk.lake.marker import read_marker
from airflow_provider_zendesk.lake.rows import read_parts
from airflow_provider_zendesk.lake.staging import list_staged
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.resources import get_resource, is_resource
from airflow_provider_zendesk.stream.page import RowDecoder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.erasure.rows import Targets
    from airflow_provider_zendesk.lake.committed import Latest
    from airflow_provider_zendesk.lake.manifest import Run
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.window import Window

_NAMED = 5
_NOTHING = Found(frozenset(), frozenset(), 0)


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was erased.

    :param resource: the kind of the records.
    :param records: how many were asked for.
    :param found: how many of them had rows.
    :param windows: that were committed again.
    :param rows: that were erased.
    """

    resource: str
    records: int
    found: int
    windows: int
    rows: int


class Eraser:
    """
    Erases records from a lake.

    :param storage: the root.
    :param kind: the kind of the records: a resource or a list, such as ``users``.
    :param run: who erases.
    :param mark: leave a row that says that it was erased in the place of each.
    :param dry_run: only say what would be erased.
    :raises ValueError: for an unknown kind, or one whose rows have no id.
    """

    def __init__(
        self,
        storage: Storage,
        kind: str,
        run: Run,
        *,
        mark: bool = False,
        dry_run: bool = False,
        policy: Policy = DEFAULT_POLICY,
    ) -> None:
        if get_rows(kind).id is None:
            raise ValueError(f"rows of {kind!r} have no id of their own, so no record can be named")
        self._storage = storage
        self._kind = kind
        self._run = run
        self._mark = mark
        self._dry_run = dry_run
        self._policy = policy

    def erase(self, ids: Iterable[str]) -> Erased:
        """
        Erase all rows of these records.

        :raises ValueError: if there are none.
        :raises ExportConflictError: if an export of a dataset that may hold them is under way or was interrupted.
        :raises ZendeskError: if storage fails for good; windows that are done stay done.
        """
        targets = dict.fromkeys(ids)
        if not targets:
            raise ValueError(f"no {self._kind} are given; name at least one id")
        return self._erase(targets)

    def erase_gone(self) -> Erased:
        """
        Erase the older rows of all records whose content is gone for good at Zendesk, as their latest rows in the lake say.

        The row that says so stays.

        :raises ValueError: if no row of this kind says so.
        :raises ExportConflictError: as :meth:`erase`.
        :raises ZendeskError: as :meth:`erase`.
        """
        marks = marks_of_gone(self._kind)
        decode = RowDecoder(get_resource(self._kind))
        targets: dict[str, int] = {}
        read_marker(self._storage)
        for one in self._windows(self._kind):
            for text in read_parts(self._storage, one.manifest, self._kind):
                for row in map(decode, compress(lines(text), are_gone(text, marks))):
                    name = str(row.id)
                    targets[name] = max(targets.get(name, 0), row.sort_key)
        return self._erase(targets)

    def _erase(self, targets: Targets) -> Erased:
        read_marker(self._storage)
        found, windows, rows = set[str](), 0, 0
        for resource in self._resources() if targets else ():
            if not self._dry_run:
                self._finish_commits(resource)
            committed_windows = self._windows(resource)
            if not (self._could_hold(resource) or any(map(self._may_hold, committed_windows))):
                continue
            self._check_staging(resource)
            for one in committed_windows:
                hit = self._erase_window(one, targets) if self._may_hold(one) else _NOTHING
                found |= hit.records
                windows += bool(hit.rows)
                rows += hit.rows
            if not self._dry_run:
                self._remove_leftovers(resource, committed_windows)
        return Erased(resource=self._kind, records=len(targets), found=len(found), windows=windows, rows=rows)

    def _erase_window(self, one: Latest, targets: Targets) -> Found:
        """Erase from one window, and return what it held of the records."""
        manifest = one.manifest
        names = WindowNames(manifest.resource, one.window, None)
        for _ in range(self._policy.rounds):
            window = WindowEraser(self._storage, manifest, self._kind, targets, mark=self._mark)
            with suppress(
                FileNotFoundError, ExportFileIsGoneError
            ):  # it was replaced since its manifest was read
                hit = window.find()
                if not hit.rows or self._dry_run or window.erase(hit, self._run, self._policy):
                    return hit
            manifest = read_highest(self._storage, names)
        raise ExportConflictError(
            f"other runs replaced {one.window} of {manifest.resource} {self._policy.rounds} times while rows were erased from "
            "it; run this again"
        )

    def _windows(self, resource: str) -> list[Latest]:
        return latest_manifests(self._storage, lambda: committed(self._storage, resource))

    def _resources(self) -> list[str]:
        """Return what has committed windows, or something in staging."""
        staged = {one.dataset for name in self._storage.find(STAGING) if (one := parse(name)) is not None}
        return sorted(filter(is_known, staged.union(committed_resources(self._storage))))

    def _could_hold(self, resource: str) -> bool:
        """Return True if an export of a resource can bring rows of the records, whatever is committed of it."""
        sideloads = get_resource(resource).sideloads if is_resource(resource) else ()
        datasets = (resource, *(f"{resource}__{name}" for name in sideloads))
        return any(field_of(self._kind, resource, dataset) for dataset in datasets)

    def _may_hold(self, one: Latest) -> bool:
        resource = one.manifest.resource
        return any(field_of(self._kind, resource, file.dataset) for file in one.manifest.files)

    def _finish_commits(self, resource: str) -> None:
        """Carry out the intents that crashed attempts have left: whoever comes next would, and bring back what was erased."""
        for window, staged in list_staged(self._storage, resource).items():
            for one in staged.values():
                if one.kind == "intent":
                    finish_intent(self._storage, WindowNames(resource, window, None), one.revision)

    def _check_staging(self, resource: str) -> None:
        """
        Check that no export is under way or was interrupted: its staging may hold rows of the records.

        That of an erasure that was interrupted is removed. If that one is still running, it fails, and its retry finishes it.

        :raises ExportConflictError: if an export is.
        """
        revisions = {one.window: one.revision for one in committed(self._storage, resource).values()}
        unfinished: set[Window] = set()
        for window, staged in list_staged(self._storage, resource).items():
            new = {name for name, one in staged.items() if one.revision > revisions.get(window, -1)}
            of_erasures = {name for name in new if f"/{PURPOSE}" in name}
            if new - of_erasures:
                unfinished.add(window)
            elif not self._dry_run:
                self._storage.delete(sorted(of_erasures))
        if unfinished:
            raise ExportConflictError(
                f"an export of {resource} is under way or was interrupted, and its staging may hold what is to be erased: "
                f"{', '.join(map(str, sorted(unfinished)[:_NAMED]))}. Let it end, or export it again, and then erase; remove "
                f"_staging/{resource} if it shall never be exported"
            )

    def _remove_leftovers(self, resource: str, windows: Iterable[Latest]) -> None:
        """
        Remove what crashed attempts have left of committed windows: replaced revisions, staging, and parts in no manifest.

        :param windows: as they were before rows were erased; those that are not the same any more are looked at too.
        """
        storage = self._storage
        files = {file.path for one in windows for file in one.manifest.files}
        datasets = {file.dataset for one in windows for file in one.manifest.files} | {resource}
        stored = {name for dataset in sorted(datasets) for name in storage.find(dataset)}
        unlisted = (parse_of(resource, name) for name in stored - files)
        revisions = Counter(one.window for one in committed(storage, resource).values())
        untidy = {one.window for one in unlisted if one is not None}
        untidy |= set(list_staged(storage, resource))
        untidy |= {window for window, count in revisions.items() if count > 1}
        for window in sorted(untidy & revisions.keys()):
            tidy(storage, WindowNames(resource, window, None))
        storage.remove_if_empty(staging(resource))
