# SPDX-License-Identifier: Apache-2.0
"""DuckDB. Without ``union_by_name``, it takes the columns of JSON Lines from the first 32 files, and leaves out others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from tests.readers.month import Row

CALLS = ('read_json(files, format="newline_delimited", union_by_name=True)', "read_parquet(files)")


def json_ids(files: str | list[str], field: str) -> list[str]:
    with duckdb.connect() as database:
        database.read_json(files, format="newline_delimited", union_by_name=True).create("records")
        return [str(one) for (one,) in database.sql(f"SELECT {field} FROM records").fetchall()]  # noqa: S608


def parquet_rows(files: str | list[str], field: str) -> list[Row]:
    with duckdb.connect() as database:
        database.read_parquet(files).create("records")
        query = f"SELECT {field}, epoch_us(_sort_key) FROM records"  # noqa: S608
        return [(str(one), key) for one, key in database.sql(query).fetchall()]
