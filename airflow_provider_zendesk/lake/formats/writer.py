# SPDX-License-Identifier: Apache-2.0
"""What the writers of all formats have in common: when a part ends, and what a checkpoint saves of an open one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from airflow_provider_zendesk.lake.formats.part import Part
from airflow_provider_zendesk.lake.formats.text import OpenText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_zendesk.lake.formats.part import Drift, Line, Save
    from airflow_provider_zendesk.policy import Policy


class RowWriter(ABC):
    """
    Turns rows into parts.

    The bytes of a window do not depend on page sizes or pauses: the limits of a part are counted from the window's first
    row, and all that is done in batches from the part's first row or byte.

    :param policy: when a part ends, and the size of a block of its text.
    """

    keeps_text = False
    """The text is needed for the part itself, even after a checkpoint has saved it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._begin()

    def _begin(self) -> None:
        """Begin a part."""
        self._text = OpenText(
            self._policy.block_bytes, keeps_saved=self.keeps_text, take_block=self._take_block
        )
        self._records = 0

    def _take_row(self, row: Line) -> None:  # noqa: B027 - only some formats need the rows
        """Take a row into the open part."""

    def _take_block(self, text: memoryview) -> None:  # noqa: B027 - and only some the text
        """Take the next piece of the open part's text; all pieces but the last have the same size."""

    @abstractmethod
    def _data(self) -> bytes:
        """Return the open part as a file; nothing is added to it any more."""

    def _drift(self) -> Drift:
        """Return how the rows of the open part differ from what the format expects."""
        return {}

    def write(self, rows: Iterable[Line]) -> Iterator[Part]:
        """Add rows, each one line without the newline; yield each part before taking the row after its last."""
        for row in rows:
            self._text.add(row)
            self._take_row(row)
            self._records += 1
            if self._records == self._policy.part_records or len(self._text) >= self._policy.part_bytes:
                yield self._end()

    def finish(self, *, even_empty: bool = False) -> Iterator[Part]:
        """Yield the last part if it has rows; if ``even_empty``, also if it has none."""
        if self._records or even_empty:
            yield self._end()

    def save(self) -> Save | None:
        """Return what was added to the open part since the last save; None if that is nothing."""
        return self._text.save()

    def _end(self) -> Part:
        part = Part(self._data(), self._records, len(self._text), self._drift())
        self._begin()
        return part
