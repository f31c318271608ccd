# SPDX-License-Identifier: Apache-2.0
"""
The footers of Parquet files, which have their schema and statistics.

They are read through the storage of the lake, with its connection, and not through the catalog's. Rows are not read.
"""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

from pyarrow import ArrowException
from pyarrow.parquet import read_metadata

from airflow_provider_zendesk.exceptions import ExportFileIsGoneError, ExportStorageError
from airflow_provider_zendesk.lake.overlapping import executor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_zendesk.lake.manifest import File
    from airflow_provider_zendesk.lake.storage import Storage

# More than the footer of most parts, so that one request is enough.
_GUESS = 256 * 2**10
# What follows a footer: its length and the format's name.
_TRAILER = 8
_MAGIC = b"PAR1"


class Footer:
    """
    The end of a Parquet file, which pyiceberg takes for the file itself.

    :param data: the footer and what follows it.
    :param size: of the file, in bytes.
    """

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    def open(self) -> io.BytesIO:
        return io.BytesIO(self._data)

    def __len__(self) -> int:
        return self._size

    def arrow_schema(self) -> Any:
        return read_metadata(self.open()).schema.to_arrow_schema()


class Footers:
    """
    The footers of several files, as the ``FileIO`` from which pyiceberg takes their statistics.

    :param footers: by the URL of the file.
    """

    def __init__(self, footers: Mapping[str, Footer]) -> None:
        self._footers = footers

    def new_input(self, location: str) -> Footer:
        return self._footers[location]

    def schemas(self) -> list[Any]:
        """Return the different Arrow schemas of the files."""
        found: list[Any] = []
        for footer in self._footers.values():
            schema = footer.arrow_schema()
            if not any(schema.equals(other) for other in found):
                found.append(schema)
        return found


def read_footers(storage: Storage, files: Mapping[str, File]) -> Footers:
    """
    Read the footers of files.

    :param files: as their manifests list them, by URL.
    :raises ExportFileIsGoneError: if a file is not there any more.
    :raises ExportStorageError: if one is not the Parquet file that was written.
    """
    with executor(storage.concurrency) as pool:
        footers: Iterable[Footer] = pool.map(partial(_read, storage), files.values())
        return Footers(dict(zip(files, footers, strict=True)))


def _read(storage: Storage, file: File) -> Footer:
    data = _end(storage, file, _GUESS)
    wanted = int.from_bytes(data[-_TRAILER:-4], "little") + _TRAILER
    if len(data) < wanted <= file.bytes:
        data = _end(storage, file, wanted)
    footer = Footer(data, file.bytes)
    try:
        if data[-4:] != _MAGIC or footer.arrow_schema() is None:
            raise ValueError("it does not end like one")
    except (ArrowException, ValueError) as error:
        raise ExportStorageError(
            f"{file.path} is not the Parquet file that its manifest lists: {error}; export its window again"
        ) from None
    return footer


def _end(storage: Storage, file: File, size: int) -> bytes:
    try:
        return storage.get_range(file.path, max(file.bytes - size, 0), file.bytes)
    except FileNotFoundError:
        raise ExportFileIsGoneError(
            f"{file.path} is listed by a manifest, but is not there; if nothing exports its window now, export it again"
        ) from None
