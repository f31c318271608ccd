# SPDX-License-Identifier: Apache-2.0
"""The rows of a window that closes only at the end of the stream, in a temporary file until then."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from airflow_provider_zendesk.lake.formats.part import Line

_BATCH = 1000


class Spool:
    """
    A file of lines, in the order they were added. It is open only while it is used, since a sweep has one per window.

    :param folder: a folder for temporary files.
    :param name: of the file, which does not exist yet.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name

    @property
    def _path(self) -> Path:
        return self._folder / self._name

    def add(self, rows: Sequence[Line]) -> None:
        with self._path.open("ab") as file:
            file.writelines(b"%b\n" % bytes(row) for row in rows)

    def batches(self) -> Iterator[list[bytes]]:
        """Yield the lines without their newlines, in batches."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            lines = (line.removesuffix(b"\n") for line in file)
            while batch := list(islice(lines, _BATCH)):
                yield batch

    def clear(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)
