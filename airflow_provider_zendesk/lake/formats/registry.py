# SPDX-License-Identifier: Apache-2.0
"""The file formats that exports can write."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.formats.json_lines import GzippedJsonLines, ZstdJsonLines
from airflow_provider_zendesk.lake.formats.parquet import Parquet
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.formats.part import Line, PartFormat

GZIPPED_JSON_LINES: PartFormat = GzippedJsonLines()

# By the arguments of the operators; the first compression of each file format is its default.
_BY_ARGUMENTS: dict[str, dict[str, PartFormat]] = {
    "jsonl": {"gzip": GZIPPED_JSON_LINES, "zstd": ZstdJsonLines()},
    "parquet": {"zstd": Parquet()},
}
FORMATS: dict[str, PartFormat] = {
    one.suffix: one for compressions in _BY_ARGUMENTS.values() for one in compressions.values()
}
"""All of them, by suffix."""


def choose_format(file_format: str, compression: str | None) -> PartFormat:
    """
    Return the format for an export.

    :param file_format: ``"jsonl"`` or ``"parquet"``.
    :param compression: one that the format has; None: the format's default.
    :raises ValueError: for any other, or if a library that the format needs is not installed.
    """
    if file_format not in _BY_ARGUMENTS:
        raise ValueError(f"file_format={file_format!r} is unknown; choose one of: {', '.join(_BY_ARGUMENTS)}")
    compressions = _BY_ARGUMENTS[file_format]
    if compression is None:
        compression = next(iter(compressions))
    if compression not in compressions:
        raise ValueError(
            f"compression={compression!r} is not possible with file_format={file_format!r}; choose one of: "
            f"{', '.join(compressions)}, or leave it out"
        )
    chosen = compressions[compression]
    chosen.writer(DEFAULT_POLICY, "")  # so that a missing library costs no request
    return chosen


def format_asked_for(file_format: str | None, compression: str | None) -> PartFormat | None:
    """
    Return a format for arguments that may be left out; None if they are.

    :raises ValueError: as :func:`choose_format`, or for a compression without a file format.
    """
    if file_format is not None:
        return choose_format(file_format, compression)
    if compression is not None:
        raise ValueError(f"compression={compression!r} is not possible without a file_format; give both")
    return None


def format_of(suffix: str) -> PartFormat:
    """
    Return the format that a manifest names.

    :raises ExportStorageError: if this version of the package does not have it.
    """
    if suffix not in FORMATS:
        raise ExportStorageError(
            f"the format {suffix!r} is unknown to this version of the package, which has: {', '.join(FORMATS)}"
        )
    return FORMATS[suffix]


def as_read(part_format: PartFormat, dataset: str, rows: Iterable[Line]) -> list[bytes]:
    """Return rows as they are read back from a part of this format."""
    writer = part_format.writer(DEFAULT_POLICY, dataset)
    return [
        line
        for part in chain(writer.write(rows), writer.finish())
        for line in lines(part_format.read(part.data, part.uncompressed_bytes))
    ]
