# SPDX-License-Identifier: Apache-2.0
"""Writes the rows of one dataset of a window into staged parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isal import isal_zlib

from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES
from airflow_provider_zendesk.stream.page import sideloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_zendesk.lake.commit import Commit
    from airflow_provider_zendesk.lake.formats.part import Line, Part, PartFormat
    from airflow_provider_zendesk.policy import Policy
    from airflow_provider_zendesk.stream.page import Sideloaded

_GZIP = 31


class DatasetWriter:
    """
    The parts of one dataset of a window.

    :param name: its folder below the root.
    :param commit: stages the parts.
    :param part_format: of the parts.
    :param policy: when a part ends.
    """

    def __init__(self, name: str, commit: Commit, part_format: PartFormat, policy: Policy) -> None:
        self._name = name
        self._commit = commit
        self._format = part_format
        self._writer = part_format.writer(policy)
        self._keys_of_part: set[int | str | bytes] = set()
        self._saved: list[str] = []
        self._saves = 0

    def write(self, rows: Sequence[Line]) -> None:
        for part in self._writer.write(rows):
            self._stage(part)

    def write_once(self, records: Sequence[Sideloaded]) -> None:
        """Write those that the open part does not hold yet."""
        for record in records:
            if record.key not in self._keys_of_part:
                self._keys_of_part.add(record.key)
                self.write([record.raw])

    def finish(self) -> None:
        """Stage the last part; the window is about to be committed."""
        for part in self._writer.finish():
            self._stage(part, hold=True)

    def save(self) -> tuple[str, ...]:
        """Stage a copy of the open part's rows, and return the names of the objects that together hold all of them."""
        if unsaved := self._writer.take_unsaved():
            self._saves += 1
            name = f"open/{self._name}-{self._saves:05d}.gz"
            self._saved.append(self._commit.put(name, _compressed(unsaved)))
        return tuple(self._saved)

    def restore(self, saved: Sequence[str], get: Callable[[str], bytes]) -> None:
        """
        Write the rows of the open part again that another attempt saved.

        :raises FileNotFoundError: if an object is gone.
        """
        rows = [line for name in saved for line in lines(GZIPPED_JSON_LINES.read(get(name)))]
        self.write(rows)
        self._writer.take_unsaved()
        self._saved = list(saved)
        self._keys_of_part.update(record.key for record in sideloaded(rows))

    def _stage(self, part: Part, *, hold: bool = False) -> None:
        self._commit.stage(self._name, part, self._format.suffix, hold=hold)
        self._keys_of_part.clear()
        self._saved.clear()


def _compressed(blocks: Sequence[bytes]) -> bytes:
    """Compress at the fastest level, block by block, since an open part may have dozens of megabytes."""
    compressor = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP)
    return b"".join([compressor.compress(block) for block in blocks]) + compressor.flush()
