# SPDX-License-Identifier: Apache-2.0
"""Compressed JSON Lines: one record per line, with exactly the bytes that Zendesk sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isal import isal_zlib

from airflow_provider_zendesk.lake.formats.library import needed
from airflow_provider_zendesk.lake.formats.writer import RowWriter

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.formats.part import PartWriter
    from airflow_provider_zendesk.policy import Policy

_GZIP = 31
# Higher levels take more time than the rest of an export, and files get a tenth smaller.
_ZSTD_LEVEL = 3


class GzippedJsonLines:
    """A part is a gzip file with one member, since some readers stop after the first."""

    suffix = "jsonl.gz"
    is_exact = True

    def writer(self, policy: Policy, dataset: str) -> PartWriter:
        return GzipWriter(policy)

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


class GzipWriter(RowWriter):
    """Its part is the text that a checkpoint would save."""

    keeps_text = True

    def _data(self) -> bytes:
        return self._text.file()


class ZstdJsonLines:
    """A part is a Zstandard file with one frame."""

    suffix = "jsonl.zst"
    is_exact = True

    def writer(self, policy: Policy, dataset: str) -> PartWriter:
        needed("zstandard")
        return ZstdWriter(policy)

    def read(self, part: bytes, most: int) -> bytes:
        zstandard = needed("zstandard")
        reader = zstandard.ZstdDecompressor().stream_reader(part, read_across_frames=False)
        try:
            rows: bytes = reader.read(most + 1)
        except zstandard.ZstdError as error:
            raise ValueError(f"not a Zstandard file: {error}") from None
        if len(rows) > most:
            raise ValueError(f"more than {most} bytes of rows")
        return rows


class ZstdWriter(RowWriter):
    """Compresses the text in pieces of equal size, since the bytes may depend on them."""

    def _begin(self) -> None:
        super()._begin()
        compressor = needed("zstandard").ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
        self._compressor: Any = compressor.compressobj()
        self._pieces: list[bytes] = []

    def _take_block(self, text: memoryview) -> None:
        self._pieces.append(self._compressor.compress(text))

    def _data(self) -> bytes:
        last = self._compressor.compress(self._text.rest())
        return b"".join([*self._pieces, last, self._compressor.flush()])
