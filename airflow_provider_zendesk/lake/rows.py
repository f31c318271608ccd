# SPDX-License-Identifier: Apache-2.0
"""Reads the rows of a committed window back, with one part in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportFileIsGoneError, ExportStorageError
from airflow_provider_zendesk.lake.formats.registry import format_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.lake.manifest import File, Manifest
    from airflow_provider_zendesk.lake.storage import Storage


def read_parts(storage: Storage, manifest: Manifest, dataset: str) -> Iterator[bytes]:
    """
    Yield the rows of each part of a window's dataset, in order, one JSON text per line.

    The errors are those of :func:`read_part`.
    """
    for file in manifest.files:
        if file.dataset == dataset:
            yield read_part(storage, manifest, file)


def read_part(storage: Storage, manifest: Manifest, file: File) -> bytes:
    """
    Return the rows of a part, one JSON text per line.

    :param file: one of the manifest's.
    :raises ExportFileIsGoneError: if it no longer exists.
    :raises ExportStorageError: if it is damaged, or this version of the package does not know its format.
    """
    part_format = format_of(manifest.format)
    try:
        part = storage.get(file.path)
    except FileNotFoundError:
        raise ExportFileIsGoneError(
            f"{file.path} does not exist: the window was replaced while it was being read, or the file is missing; "
            "retry, and verify the export if that does not help"
        ) from None
    try:
        return part_format.read(part, file.uncompressed_bytes)
    except ValueError as error:
        raise ExportStorageError(f"{file.path} is damaged: {error}; verify the export") from None
