# SPDX-License-Identifier: Apache-2.0
"""Writes the rows of one dataset of a window into staged parts."""

from __future__ import annotations

from io import SEEK_END, BytesIO
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES
from airflow_provider_zendesk.policy import DEFAULT_POLICY
from airflow_provider_zendesk.stream.page import sideloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from airflow_provider_zendesk.lake.commit import Commit
    from airflow_provider_zendesk.lake.formats.part import Line, Part, PartFormat
    from airflow_provider_zendesk.policy import Policy
    from airflow_provider_zendesk.stream.page import Sideloaded

_BATCH = 1000


class SavedRows(msgspec.Struct, frozen=True):
    """
    A stored :class:`~airflow_provider_zendesk.lake.formats.part.Save`.

    :param name: the object with its data.
    :param start: as in the save.
    """

    name: str
    start: int


class OpenPart(msgspec.Struct, frozen=True):
    """
    An open part that another attempt saved.

    :param saved: the objects that hold its rows.
    :param text: its rows, one line each.
    """

    saved: tuple[SavedRows, ...]
    text: bytes


def read_open_part(saved: Iterable[SavedRows | str], get: Callable[[str], bytes]) -> OpenPart:
    """
    Read what :meth:`DatasetWriter.save` stored.

    :param saved: what it returned. In the checkpoints of an earlier version it is only the names of the objects, each with
        the rows that were added since the one before.
    :param get: reads an object.
    :raises FileNotFoundError: if an object is gone.
    :raises ValueError: if an object is damaged.
    """
    text = BytesIO()
    found = []
    for one in saved:
        size = text.seek(0, SEEK_END)
        save = SavedRows(one, size) if isinstance(one, str) else one
        if not 0 <= save.start <= size:
            raise ValueError(f"{save.name} begins at byte {save.start} of a text of {size} bytes")
        text.seek(save.start)
        text.write(GZIPPED_JSON_LINES.read(get(save.name), DEFAULT_POLICY.part_bytes))
        found.append(save)
    return OpenPart(tuple(found), text.getvalue())


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
        self._writer = part_format.writer(policy, name)
        self._keys_of_part: set[int | str | bytes] = set()
        self._saved: list[SavedRows] = []
        self._saves = 0

    def write(self, rows: Iterable[Line]) -> None:
        for part in self._writer.write(rows):
            self._stage(part)

    def write_once(self, records: Sequence[Sideloaded]) -> None:
        """Write those that the open part does not hold yet."""
        self.write(self._missing(records))

    def finish(self, *, even_empty: bool = False) -> None:
        """
        Stage the last part; the window is about to be committed.

        :param even_empty: also if it has no rows.
        """
        for part in self._writer.finish(even_empty=even_empty):
            self._stage(part, hold=True)

    def save(self) -> tuple[SavedRows, ...]:
        """Store the open part's rows that are not stored yet, and return what together holds all of them."""
        save = self._writer.save()
        if save is not None:
            self._saves += 1
            name = self._commit.put(f"open/{self._name}-{self._saves:05d}.gz", save.data)
            self._saved = [one for one in self._saved if one.start < save.start]
            self._saved.append(SavedRows(name, save.start))
        return tuple(self._saved)

    def restore(self, opened: OpenPart) -> None:
        """Write the rows of the open part again that another attempt saved."""
        self._saved.extend(opened.saved)
        rows = (line.removesuffix(b"\n") for line in BytesIO(opened.text))
        while batch := list(islice(rows, _BATCH)):
            self.write(batch)
            self._keys_of_part.update(record.key for record in sideloaded(batch))
        if self._saved:  # not if the limits of a part are lower now, and the rows have filled one
            self._writer.save()

    def _missing(self, records: Sequence[Sideloaded]) -> Iterator[Line]:
        """Yield those records that the open part does not hold yet, even if a part is finished in between."""
        for record in records:
            if record.key not in self._keys_of_part:
                self._keys_of_part.add(record.key)
                yield record.raw

    def _stage(self, part: Part, *, hold: bool = False) -> None:
        self._commit.stage(self._name, part, self._format.suffix, hold=hold)
        self._keys_of_part.clear()
        self._saved.clear()
