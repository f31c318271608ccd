# SPDX-License-Identifier: Apache-2.0
"""Gzipped JSON Lines."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from isal import isal_zlib

from airflow_provider_zendesk.lake.formats.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_zendesk.lake.formats.part import Line, PartWriter


MAX_RECORDS = 50_000
MAX_BYTES = 64 * 2**20
_BLOCK = 2**20
_LEVEL = 2
_GZIP = 31


class GzippedJsonLines:
    """One record per line, with exactly the bytes that Zendesk sent."""

    suffix = "jsonl.gz"

    def writer(self) -> PartWriter:
        return JsonLinesWriter()

    def read(self, part: bytes) -> bytes:
        try:
            rows: bytes = isal_zlib.decompress(part, wbits=_GZIP)
        except isal_zlib.error as error:  # type: ignore[misc]  # it is a class, although its stub says otherwise
            raise ValueError(f"not a gzip file: {error}") from None
        return rows


class JsonLinesWriter:
    """
    Writes gzipped JSON Lines.

    The bytes of a window do not depend on page sizes or pauses. A part ends after 50,000 rows or with the row that
    brings it to 64 MiB, counted from the window's first row. The compressor always gets blocks of 1 MiB, since isal's
    output depends on the size of its input blocks.
    """

    def __init__(self) -> None:
        self._unsaved: list[bytes] = []
        self._begin()

    def write(self, rows: Sequence[Line]) -> Iterator[Part]:
        """Add rows, each one line without the newline; yield each part that they fill."""
        start = 0
        while start < len(rows):
            taken = self._fitting(rows[start : start + MAX_RECORDS - self._records])
            self._add(rows[start : start + taken])
            start += taken
            if self._records == MAX_RECORDS or self._bytes >= MAX_BYTES:
                yield self._end()

    def finish(self) -> Iterator[Part]:
        """Yield the last part if it has rows."""
        if self._records:
            yield self._end()

    def take_unsaved(self) -> list[bytes]:
        """Return the lines added to the open part since the last call; from all of them, a resumed run rebuilds the part."""
        unsaved, self._unsaved = self._unsaved, []
        return unsaved

    def _fitting(self, rows: Sequence[Line]) -> int:
        """Return how many of the rows fit into the open part, up to and including the one that fills it."""
        for count, size in enumerate(
            accumulate((memoryview(row).nbytes + 1 for row in rows), initial=self._bytes)
        ):
            if size >= MAX_BYTES:
                return count
        return len(rows)

    def _add(self, rows: Sequence[Line]) -> None:
        text = b"\n".join(rows) + b"\n"
        self._records += len(rows)
        self._bytes += len(text)
        self._unsaved.append(text)
        self._pending += text
        whole = len(self._pending) - len(self._pending) % _BLOCK
        for start in range(0, whole, _BLOCK):
            self._compressed += self._compressor.compress(bytes(self._pending[start : start + _BLOCK]))
        del self._pending[:whole]

    def _end(self) -> Part:
        self._compressed += self._compressor.compress(bytes(self._pending)) + self._compressor.flush()
        part = Part(bytes(self._compressed), self._records, self._bytes)
        self._begin()
        return part

    def _begin(self) -> None:
        self._compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
        self._compressed = bytearray()
        self._pending = bytearray()
        self._unsaved = []
        self._records = 0
        self._bytes = 0
