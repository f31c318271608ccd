# SPDX-License-Identifier: Apache-2.0
"""
The text of an open part, gzipped while it grows.

It is compressed in blocks of equal size, and no block refers to an earlier one. So a checkpoint can store those blocks that
no earlier checkpoint has, whatever the format of the part is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from isal import isal_zlib

from airflow_provider_zendesk.lake.formats.part import Save

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_zendesk.lake.formats.part import Line

# isal's levels 1 to 3 sometimes find other matches in another process, so a retry could write other bytes than the first
# attempt. Level 0 is as fast, and its files are about a tenth larger.
_LEVEL = 0
_WITHOUT_HEADER = -15
# No file name, no time, unknown operating system.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


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


class OpenText:
    """
    Rows as JSON Lines.

    :param block_bytes: the size of a block.
    :param keeps_saved: keep what was saved too, for :meth:`file`.
    :param take_block: gets the text of each block.
    """

    def __init__(
        self, block_bytes: int, *, keeps_saved: bool, take_block: Callable[[memoryview], None]
    ) -> None:
        self._block_bytes = block_bytes
        self._keeps_saved = keeps_saved
        self._take_block = take_block
        self._blocks: list[Block] = []
        self._rest = bytearray()
        self._compressed = 0
        self._saved = 0

    def __len__(self) -> int:
        """The size in bytes, before compression."""
        return self._compressed + len(self._rest)

    def add(self, row: Line) -> None:
        """Add a row, one line without its newline."""
        self._rest += row
        self._rest += b"\n"
        if len(self._rest) >= self._block_bytes:
            self._compress()

    def rest(self) -> bytes:
        """Return the text after the last block."""
        return bytes(self._rest)

    def file(self) -> bytes:
        """Return the whole text as a gzip file with one member."""
        return gzip_file(self._blocks, self._rest)

    def save(self) -> Save | None:
        """Return the blocks since the last save and the text after them; None if no row was added since."""
        if len(self) == self._saved:
            return None
        start = self._saved - self._saved % self._block_bytes
        new = (self._compressed - start) // self._block_bytes
        data = gzip_file(self._blocks[len(self._blocks) - new :], self._rest)
        self._saved = len(self)
        if not self._keeps_saved:
            self._blocks.clear()
        return Save(data, start)

    def _compress(self) -> None:
        size = self._block_bytes
        while len(self._rest) >= size:
            with memoryview(self._rest) as rest, rest[:size] as text:
                self._blocks.append(compressed_block(text))
                self._take_block(text)
            del self._rest[:size]
            self._compressed += size


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
