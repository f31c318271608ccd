# SPDX-License-Identifier: Apache-2.0
"""Reads a lake: which windows are committed, and which files hold their rows. It writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from airflow_provider_zendesk.exceptions import ExportNotCommittedError
from airflow_provider_zendesk.lake.committed import (
    committed,
    committed_near,
    committed_resources,
    latest_manifests,
)
from airflow_provider_zendesk.lake.layout import check_dataset, is_month, manifests, months_touched
from airflow_provider_zendesk.lake.marker import read_marker
from airflow_provider_zendesk.lake.names import is_safe
from airflow_provider_zendesk.lake.root import Root, open_url
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.urls import connection_of
from airflow_provider_zendesk.window import TimeLike, Window, epoch, gaps, iso

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.manifest import Manifest

_MOST_MONTHS = 24
_NAMED = 5


class Lake:
    """
    The committed windows below a root.

    Only the highest revision of each window counts. Its manifest lists its files, so what is read is one whole revision of
    each window, also while an export replaces some. If a file is missing when it is opened, its window was replaced after
    :meth:`files` returned; then ask again.

    A period is ``[start, end)``. Its bounds are datetimes (naive means UTC), ISO 8601 text or epoch seconds, as in the
    operators. All windows that overlap the period belong to it. With both bounds, only the months that it touches are
    listed; without one of them, all months are.

    :param path: the root, as in the export's ``path``: ``s3://aws_default@lake/zendesk`` (needs Airflow, which has the
        connection), or without a connection ``s3://lake/zendesk``, ``/data/zendesk`` or ``file:///data/zendesk``.
    :param storage_options: for fsspec's driver, if the path names no connection.
    :raises ValueError: for a relative path, a connection that does not exist, or an unknown scheme.
    :raises ImportError: if the scheme's driver is not installed, or the path names a connection and Airflow is not.
    """

    def __init__(
        self, path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None = None
    ) -> None:
        self._root = _open(str(path), storage_options)
        self._is_checked = False

    @classmethod
    def at(cls, root: Root) -> Self:
        """Return the lake at a root that is open already."""
        lake = cls.__new__(cls)
        lake._root = root
        lake._is_checked = False
        return lake

    def windows(self, resource: str, start: TimeLike = None, end: TimeLike = None) -> list[Window]:
        """
        Return the committed windows that overlap a period, in order of time.

        :param resource: the resource's name, such as ``tickets``.
        :param start: the period's start; None: the first window's.
        :param end: the period's end; None: the last window's.
        :raises ValueError: if a bound is no time, or the start is not before the end.
        :raises ExportNotCommittedError: if nothing of the resource is committed at any time; it may be a wrong name.
        :raises ExportConflictError: if the root has the layout of another version of this package.
        """
        found = self._revisions(resource, _Period(start, end))
        if not found:
            self._check_known(resource)
        return sorted({one.window for one in found.values()})

    def manifests(self, resource: str, start: TimeLike = None, end: TimeLike = None) -> list[Manifest]:
        """
        Return the manifests of the committed windows that overlap a period, in order of time: of each its highest revision.

        The arguments and errors are those of :meth:`windows`.

        :raises ExportStorageError: if a manifest is damaged.
        """
        period = _Period(start, end)
        found = latest_manifests(self._root.storage, lambda: self._revisions(resource, period))
        if not found:
            self._check_known(resource)
        return [one.manifest for one in found]

    def files(
        self, resource: str, start: TimeLike = None, end: TimeLike = None, dataset: str | None = None
    ) -> list[str]:
        """
        Return the URLs of the files of the committed windows that overlap a period, in order of time.

        With both bounds, the whole period must be committed. A window that reaches beyond it is returned whole.

        :param resource: the resource's name, such as ``tickets``.
        :param start: the period's start; None: the first window's.
        :param end: the period's end; None: the last window's.
        :param dataset: None: the resource's own rows; ``tickets__users``: those of a sideload; ``tickets__late``: late
            rows.
        :return: URLs such as ``s3://lake/zendesk/tickets/...``, without the connection; absolute paths of local files.
        :raises ValueError: if a bound is no time, the start is not before the end, or the dataset is none of the resource.
        :raises ExportNotCommittedError: if a part of the period is not committed, or nothing of the resource is, or a window
            only records that Zendesk has forbidden the list.
        :raises ExportStorageError: if a manifest is damaged.
        :raises ExportConflictError: if the root has the layout of another version of this package.
        """
        dataset = resource if dataset is None else dataset
        check_dataset(resource, dataset)
        found = self.manifests(resource, start, end)
        period = _Period(start, end).window
        if period is not None:
            self._check_whole(resource, period, [manifest.window.window() for manifest in found])
        for manifest in found:
            if manifest.forbidden:
                raise ExportNotCommittedError(
                    f"the window {manifest.window.window()} of {resource!r} holds no list, since Zendesk has forbidden it: "
                    f"{manifest.forbidden}"
                )
        return [
            self._root.url(file.path)
            for manifest in found
            for file in manifest.files
            if file.dataset == dataset
        ]

    def manifest(self, resource: str, window: Window | tuple[TimeLike, TimeLike]) -> Manifest:
        """
        Return the manifest of one window: its highest revision.

        :param resource: the resource's name.
        :param window: one of :meth:`windows`, or its start and end in any form.
        :raises ValueError: if a bound is no time, or the start is not before the end.
        :raises ExportNotCommittedError: if exactly this window is not committed; the message names those near it.
        :raises ExportStorageError: if the manifest is damaged.
        :raises ExportConflictError: if the root has the layout of another version of this package.
        """
        start, end = (window.start, window.end) if isinstance(window, Window) else window
        wanted = _Period(start, end).window
        if wanted is None:
            raise ValueError(f"window={window!r} must have a start and an end")
        storage = self._root.storage
        near: Mapping[str, ObjectName] = {}

        def look() -> dict[str, ObjectName]:
            nonlocal near
            near = self._revisions(resource, _Period(start, end))
            return {name: one for name, one in near.items() if one.window == wanted}

        found = latest_manifests(storage, look)
        if not found:
            self._check_known(resource)
            windows = sorted({one.window for one in near.values()})
            raise ExportNotCommittedError(
                f"the window {wanted} of {resource!r} is not committed below {self._root.uri}; {_overlapping(windows)}"
            )
        return found[0].manifest

    def _revisions(self, resource: str, period: _Period) -> dict[str, ObjectName]:
        """Return the committed revisions of the windows in a period, by the name of their manifest."""
        self._check_layout()
        if not is_safe(resource):
            self._raise_unknown(resource)
        storage = self._root.storage
        is_short = period.window is not None and len(months_touched(period.window)) <= _MOST_MONTHS
        found = (
            committed_near(storage, resource, period.window)
            if is_short and period.window is not None
            else committed(storage, resource)
        )
        return {name: one for name, one in found.items() if period.overlaps(one.window)}

    def _check_layout(self) -> None:
        if not self._is_checked:
            self._is_checked = read_marker(self._root.storage) is not None

    def _check_known(self, resource: str) -> None:
        """Check that something of a resource is committed, at any time."""
        folders = self._root.storage.folders(manifests(resource))
        if not any(is_month(folder.rpartition("/")[2]) for folder in folders):
            self._raise_unknown(resource)

    def _raise_unknown(self, resource: str) -> None:
        known = ", ".join(quoted(name, 100) for name in committed_resources(self._root.storage))
        raise ExportNotCommittedError(
            f"no window of the resource '{quoted(resource, 100)}' is committed below {self._root.uri}; "
            + (f"there are windows of: {known}" if known else "nothing is committed there yet")
        )

    def _check_whole(self, resource: str, period: Window, windows: list[Window]) -> None:
        missing = list(gaps(period, windows))
        if missing:
            raise ExportNotCommittedError(
                f"{_some(missing)} of {resource!r} is not committed below {self._root.uri}, so the files of {period} would "
                f"not be complete; {_overlapping(windows)}. Export it first, or leave out start= or end= to take what is "
                "committed"
            )


class _Period:
    """
    A period of which each bound may be missing.

    :raises ValueError: if a bound is no time, or the start is not before the end.
    """

    def __init__(self, start: TimeLike, end: TimeLike) -> None:
        first, last = epoch(start, "start"), epoch(end, "end")
        self._first = None if first is None else int(first // 1)
        self._last = None if last is None else int(last // 1)
        self.window: Window | None = None
        if self._first is not None and self._last is not None:
            if self._first >= self._last:
                raise ValueError(
                    f"start={start!r} ({iso(self._first)}) must be before end={end!r} ({iso(self._last)})"
                )
            self.window = Window(self._first, self._last)

    def overlaps(self, window: Window) -> bool:
        return (self._first is None or window.end > self._first) and (
            self._last is None or window.start < self._last
        )


def _open(path: str, storage_options: Mapping[str, Any] | None) -> Root:
    if not connection_of(path):
        return open_url(path, storage_options)
    if storage_options:
        raise ValueError(
            f"{path!r} names a connection, which has the storage's options; leave out storage_options= or the connection"
        )
    # The one import that points up (see docs/house.py): only Airflow knows its connections, and only such a path needs it.
    from airflow_provider_zendesk.runtime.root import open_root

    return open_root(path)


def _overlapping(windows: Iterable[Window]) -> str:
    windows = list(windows)
    return f"committed there are: {_some(windows)}" if windows else "no window that overlaps it is committed"


def _some(windows: list[Window]) -> str:
    more = len(windows) - _NAMED
    return ", ".join(map(str, windows[:_NAMED])) + (f" and {more} more" if more > 0 else "")
