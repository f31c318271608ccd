# SPDX-License-Identifier: Apache-2.0
"""PyArrow's datasets. They take the columns of JSON Lines from the first file."""

from __future__ import annotations

from glob import glob
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset

if TYPE_CHECKING:
    from tests.readers.month import Row

CALLS = ('dataset(files, format="json")', 'dataset(files, format="parquet")')


def _table(files: str | list[str], format: str) -> Any:
    named = files if isinstance(files, list) else sorted(glob(files, recursive=True))  # it knows no patterns
    return pyarrow.dataset.dataset(named, format=format).to_table()


def json_ids(files: str | list[str], field: str) -> list[str]:
    return [str(one) for one in _table(files, "json")[field].to_pylist()]


def parquet_rows(files: str | list[str], field: str) -> list[Row]:
    table = _table(files, "parquet")
    keys = table["_sort_key"].cast(pa.int64()).to_pylist()
    return list(zip(map(str, table[field].to_pylist()), keys, strict=True))
