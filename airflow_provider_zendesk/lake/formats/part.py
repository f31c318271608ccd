# SPDX-License-Identifier: Apache-2.0
"""What a file format has to offer: one class that writes parts and reads them back."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_zendesk.policy import Policy

Line = bytes | msgspec.Raw
Drift = dict[str, dict[str, int]]
"""Of each key that a format with columns could not put into one: the reasons, and the number of rows."""


class Part(msgspec.Struct, frozen=True):
    """
    A finished part, in memory.

    :param data: the bytes to store.
    :param records: the number of rows.
    :param uncompressed_bytes: the size of the rows as JSON Lines, before compression.
    :param drift: how the rows differ from what the format expects, see :data:`Drift`.
    """

    data: bytes
    records: int
    uncompressed_bytes: int
    drift: Drift = {}

    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class Save(msgspec.Struct, frozen=True):
    """
    Rows of a part that is not finished, stored for a checkpoint.

    Together, the saves of a part hold the text of all its rows so far, one per line. Two saves may overlap, so that a
    writer can begin each where it suits its format; the later one then replaces the end of the earlier one.

    :param data: a gzip file with the text from ``start`` to the end.
    :param start: bytes of text before it; it may be in the middle of a line.
    """

    data: bytes
    start: int


class PartWriter(Protocol):
    """Turns the rows of one dataset of a window into parts; their bytes depend on the rows alone."""

    def write(self, rows: Iterable[Line]) -> Iterator[Part]:
        """Add rows, each one line without the newline; yield each part before taking the row after its last."""

    def finish(self, *, even_empty: bool = False) -> Iterator[Part]:
        """
        Yield the last part if it has rows.

        :param even_empty: also if it has none.
        """

    def save(self) -> Save | None:
        """
        Return at least the rows of the open part that were added since the last call, and None if none were.

        From all saves of the open part, a resumed run writes its rows again.
        """


class PartFormat(Protocol):
    """A file format."""

    @property
    def suffix(self) -> str:
        """The end of a part's name, by which manifests name the format."""

    @property
    def is_exact(self) -> bool:
        """Whether :meth:`read` returns the very bytes that were written; if not, it returns the same values."""

    def writer(self, policy: Policy, dataset: str) -> PartWriter:
        """
        Return a writer for one dataset of a window; the policy says when a part ends.

        :raises ValueError: if a library that the format needs is not installed.
        """

    def read(self, part: bytes, most: int) -> bytes:
        """
        Return the rows of a part, one JSON text per line.

        :param most: how many bytes of rows it may have.
        :raises ValueError: if it is not a part of this format, or has more rows.
        """


def merged(drifts: Iterable[Drift]) -> Drift:
    """Return the drift of several parts together."""
    found: dict[str, Counter[str]] = {}
    for drift in drifts:
        for key, reasons in drift.items():
            found.setdefault(key, Counter()).update(reasons)
    return {key: dict(found[key]) for key in sorted(found)}


def lines(text: bytes) -> list[bytes]:
    """Return the lines of a text without their newlines."""
    return text.split(b"\n")[:-1]
