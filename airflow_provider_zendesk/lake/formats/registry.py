# SPDX-License-Identifier: Apache-2.0
"""The file formats that exports can write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.formats.json_lines import GzippedJsonLines

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.formats.part import PartFormat

GZIPPED_JSON_LINES: PartFormat = GzippedJsonLines()

FORMATS: dict[str, PartFormat] = {one.suffix: one for one in (GZIPPED_JSON_LINES,)}
"""All of them, by suffix."""


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
