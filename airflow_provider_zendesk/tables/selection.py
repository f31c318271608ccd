# SPDX-License-Identifier: Apache-2.0
"""What a table must hold of a period: the files that the manifests list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.exceptions import ExportConflictError, ExportNotCommittedError
from airflow_provider_zendesk.lake.formats.parquet import Parquet
from airflow_provider_zendesk.lake.layout import stem
from airflow_provider_zendesk.lake.reader import Lake
from airflow_provider_zendesk.window import Window, gaps

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.manifest import File, Manifest
    from airflow_provider_zendesk.lake.root import Root


class Selection(NamedTuple):
    """
    The files of a dataset in the committed windows that overlap a period.

    :param windows: the number of windows.
    :param span: from the start of the first window to the end of the last.
    :param files: by their URL in the table.
    :param revisions: of the window of each file, ``20261120T000000Z-20261121T000000Z-r0``, by the same URL.
    """

    windows: int
    span: Window
    files: dict[str, File]
    revisions: dict[str, str]


def select(root: Root, resource: str, dataset: str, period: Window) -> Selection:
    """
    Return what the manifests list now.

    :raises ExportNotCommittedError: if a part of the period is not committed.
    :raises ExportConflictError: if the files of a window are no Parquet files.
    :raises ExportStorageError: if a manifest is damaged.
    """
    manifests = Lake.at(root).manifests(resource, period.start, period.end)
    windows = [manifest.window.window() for manifest in manifests]
    missing = list(gaps(period, windows))
    if missing:
        raise ExportNotCommittedError(
            f"{missing[0]} of {resource!r} is not committed below {root.uri}, so the table would not have all of {period}; "
            "export it first, or give a start_time and end_time that are committed"
        )
    files: dict[str, File] = {}
    revisions: dict[str, str] = {}
    for manifest, window in zip(manifests, windows, strict=True):
        for file in _files(manifest, dataset):
            url = table_url(root, file.path)
            files[url] = file
            revisions[url] = f"{stem(window)}-r{manifest.revision}"
    return Selection(len(windows), Window(windows[0].start, windows[-1].end), files, revisions)


def table_url(root: Root, name: str) -> str:
    """Return an object's URL in a table. Other engines read it too, so even that of a local file has a scheme."""
    return f"{root.uri}/{name}"


def name_in_root(root: Root, url: str) -> str | None:
    """Return the name of the object that :func:`table_url` gives this URL; None if it is not below the root."""
    start = table_url(root, "")
    return url.removeprefix(start) if url.startswith(start) else None


def _files(manifest: Manifest, dataset: str) -> list[File]:
    files = [file for file in manifest.files if file.dataset == dataset]
    if files and manifest.format != Parquet.suffix:
        raise ExportConflictError(
            f"the window {manifest.window.window()} of {manifest.resource!r} was exported as {manifest.format}, and a table "
            "needs Parquet; export it again with file_format='parquet'"
        )
    return files
