# SPDX-License-Identifier: Apache-2.0
"""Pandas. It reads one file of JSON Lines at a time, and files are put together by column."""

from __future__ import annotations

from glob import glob
from typing import TYPE_CHECKING

import pandas

if TYPE_CHECKING:
    from tests.readers.month import Row

CALLS = ("concat(read_json(file, lines=True) for file in files)", "read_parquet(files)")


def _named(files: str | list[str]) -> list[str]:
    return files if isinstance(files, list) else sorted(glob(files, recursive=True))  # it knows no patterns


def json_ids(files: str | list[str], field: str) -> list[str]:
    frame = pandas.concat(pandas.read_json(file, lines=True) for file in _named(files))
    return [str(one) for one in frame[field]]


def parquet_rows(files: str | list[str], field: str) -> list[Row]:
    frame = pandas.read_parquet(_named(files))
    keys = frame["_sort_key"].astype("datetime64[us, UTC]").astype("int64")
    return list(zip(map(str, frame[field]), keys, strict=True))
