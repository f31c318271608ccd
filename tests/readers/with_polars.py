# SPDX-License-Identifier: Apache-2.0
"""Polars. It takes the types of JSON Lines from the first file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars

if TYPE_CHECKING:
    from tests.readers.month import Row

CALLS = ("scan_ndjson(files)", "scan_parquet(files)")


def json_ids(files: str | list[str], field: str) -> list[str]:
    return [str(one) for one in polars.scan_ndjson(files).collect()[field]]


def parquet_rows(files: str | list[str], field: str) -> list[Row]:
    frame = polars.scan_parquet(files).collect()
    return list(zip(map(str, frame[field]), frame["_sort_key"].dt.epoch("us"), strict=True))
