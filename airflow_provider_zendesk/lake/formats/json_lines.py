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
    from airflow_provider_zendesk.policy import Policy


_LEVEL = 2
_GZIP = 31


class GzippedJsonLines:
    """One record per line, with exactly the bytes that Zendesk sent."""

    suffix = "jsonl.gz"

    def writer(self, policy: Policy) -> PartWriter:
        return JsonLinesWriter(policy)

    def read(self, part: bytes) -> bytes:
        try:
            rows: bytes = isal_zlib.decompress(part, wbits=_GZIP)
        except isal_zlib.error as error:  # type: ignore[misc]  # it is a class, although its stub says otherwise
            raise ValueError(f"not a gzip file: {error}") from None
        return rows


class JsonLinesWriter:
    """
    Writes gzipped JSON Lines.

    The bytes of a window do not depend on page sizes or pauses: the limits of a part are counted from the window's first
    row, and the compressor always gets whole blocks, since isal's output depends on the size of its input blocks.

    :param policy: when a part ends, and the size of a block.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._unsaved: list[bytes] = []
        self._begin()

    def write(self, rows: Sequence[Line]) -> Iterator[Part]:
        """Add rows, each one line without the newline; yield each part that they fill."""
        policy, start = self._policy, 0
        while start < len(rows):
            taken = self._fitting(rows[start : start + policy.part_records - self._records])
            self._add(rows[start : start + taken])
            start += taken
            if self._records == policy.part_records or self._bytes >= policy.part_bytes:
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
            if size >= self._policy.part_bytes:
                return count
        return len(rows)

    def _add(self, rows: Sequence[Line]) -> None:
        text = b"\n".join(rows) + b"\n"
        self._records += len(rows)
        self._bytes += len(text)
        self._unsaved.append(text)
        self._pending += text
        block = self._policy.block_bytes
        whole = len(self._pending) - len(self._pending) % block
        for start in range(0, whole, block):
            self._compressed += self._compressor.compress(bytes(self._pending[start : start + block]))
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
