# SPDX-License-Identifier: Apache-2.0
"""
Gzipped JSON Lines.

A part is a gzip file with one member, since some readers stop after the first. Its text is compressed in blocks of equal
size, and no block refers to an earlier one. So a checkpoint can store the blocks as they will be in the part.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from isal import isal_zlib

from airflow_provider_zendesk.lake.formats.part import Part, Save

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_zendesk.lake.formats.part import Line, PartWriter
    from airflow_provider_zendesk.policy import Policy


# isal's levels 1 to 3 sometimes find other matches in another process, so a retry could write other bytes than the first
# attempt. Level 0 is as fast, and its files are about a tenth larger.
_LEVEL = 0
_GZIP = 31
_WITHOUT_HEADER = -15
# No file name, no time, unknown operating system.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class GzippedJsonLines:
    """One record per line, with exactly the bytes that Zendesk sent."""

    suffix = "jsonl.gz"

    def writer(self, policy: Policy) -> PartWriter:
        return JsonLinesWriter(policy)

    def read(self, part: bytes, most: int) -> bytes:
        reader = isal_zlib.decompressobj(_GZIP)
        try:
            rows: bytes = reader.decompress(part, most + 1)
        except isal_zlib.error as error:  # type: ignore[misc]  # it is a class, although its stub says otherwise
            raise ValueError(f"not a gzip file: {error}") from None
        if len(rows) > most:
            raise ValueError(f"more than {most} bytes of rows")
        if not reader.eof or reader.unused_data:
            raise ValueError("not a gzip file with one member: it is cut off, or has something behind it")
        return rows


class Block(NamedTuple):
    """
    A piece of a gzip file's text.

    :param data: the compressed text.
    :param crc: the checksum of the text.
    :param size: of the text, in bytes.
    """

    data: bytes
    crc: int
    size: int


class JsonLinesWriter:
    """
    Writes gzipped JSON Lines.

    The bytes of a window do not depend on page sizes or pauses: the limits of a part are counted from the window's first
    row, and those of a block from the part's first byte.

    :param policy: when a part ends, and the size of a block.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._begin()

    def _begin(self) -> None:
        self._blocks: list[Block] = []
        self._compressed = 0
        self._rest = bytearray()
        self._records = 0
        self._saved_records = 0
        self._saved_blocks = 0

    def write(self, rows: Iterable[Line]) -> Iterator[Part]:
        """Add rows, each one line without the newline; yield each part before taking the row after its last."""
        policy = self._policy
        for row in rows:
            self._rest += row
            self._rest += b"\n"
            self._records += 1
            if len(self._rest) >= policy.block_bytes:
                self._compress_blocks()
            if (
                self._records == policy.part_records
                or self._compressed + len(self._rest) >= policy.part_bytes
            ):
                yield self._end()

    def finish(self) -> Iterator[Part]:
        """Yield the last part if it has rows."""
        if self._records:
            yield self._end()

    def save(self) -> Save | None:
        """Return the blocks since the last save and the text after them; None if no row was added since."""
        if self._records == self._saved_records:
            return None
        start = self._saved_blocks * self._policy.block_bytes
        data = gzip_file(self._blocks[self._saved_blocks :], self._rest)
        self._saved_records = self._records
        self._saved_blocks = len(self._blocks)
        return Save(data, start)

    def _compress_blocks(self) -> None:
        size = self._policy.block_bytes
        while len(self._rest) >= size:
            with memoryview(self._rest) as rest, rest[:size] as text:
                self._blocks.append(compressed_block(text))
            del self._rest[:size]
            self._compressed += size

    def _end(self) -> Part:
        data = gzip_file(self._blocks, self._rest)
        part = Part(data, self._records, self._compressed + len(self._rest))
        self._begin()
        return part


def compressed_block(text: bytes | memoryview) -> Block:
    """Compress a text that neither begins nor ends a gzip file."""
    compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _WITHOUT_HEADER)
    data = compressor.compress(text) + compressor.flush(isal_zlib.Z_FULL_FLUSH)
    return Block(data, isal_zlib.crc32(text), len(text))


def gzip_file(blocks: Sequence[Block], rest: bytes | bytearray) -> bytes:
    """
    Return a gzip file with one member.

    :param blocks: compressed, the beginning of its text.
    :param rest: the end of its text, not yet compressed.
    """
    compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _WITHOUT_HEADER)
    last = Block(compressor.compress(rest) + compressor.flush(), isal_zlib.crc32(rest), len(rest))
    crc = size = 0
    for block in (*blocks, last):
        crc = isal_zlib.crc32_combine(crc, block.crc, block.size)
        size += block.size
    trailer = struct.pack("<LL", crc, size % 2**32)
    return b"".join([_HEADER, *(block.data for block in blocks), last.data, trailer])
