# SPDX-License-Identifier: Apache-2.0
"""Parquet with the columns of the catalogue, the same in every file of a dataset."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.columns import VERSION, contract_of
from airflow_provider_zendesk.lake.formats.library import needed
from airflow_provider_zendesk.lake.formats.record_columns import (
    DELETED,
    EXTRA,
    SORT_KEY,
    Maps,
    RecordColumns,
    Records,
)
from airflow_provider_zendesk.lake.formats.writer import RowWriter

if TYPE_CHECKING:
    from airflow_provider_zendesk.column_types import ColumnType
    from airflow_provider_zendesk.lake.formats.part import Drift, Line, PartWriter
    from airflow_provider_zendesk.lake.formats.record_columns import Values
    from airflow_provider_zendesk.policy import Policy

_DATASET = "zendesk.dataset"
_VERSION = "zendesk.columns_version"
# Rows that are taken apart at once, and bytes of text after which a row group ends: memory against speed and size.
_BATCH = 250
_GROUP_BYTES = 4 * 2**20
_LEVEL = 3
_READ = 100


class Parquet:
    """A part is a Parquet file whose pages are compressed with Zstandard."""

    suffix = "parquet"
    is_exact = False

    def writer(self, policy: Policy, dataset: str) -> PartWriter:
        needed("pyarrow.parquet")
        return ParquetWriter(policy, dataset)

    def read(self, part: bytes, most: int) -> bytes:
        pyarrow, parquet = needed("pyarrow"), needed("pyarrow.parquet")
        try:
            file = parquet.ParquetFile(io.BytesIO(part))
            dataset = (file.schema_arrow.metadata or {}).get(_DATASET.encode(), b"").decode()
            if not file.schema_arrow.equals(arrow_schema(dataset)):
                raise ValueError(f"its columns are not those of version {VERSION} of this package's contract")
            records = Records(contract_of(dataset))
            text = bytearray()
            for batch in file.iter_batches(batch_size=_READ, use_threads=False):
                for row in batch.to_pylist():
                    text += records.record(row)
                    text += b"\n"
                # Numbers and escapes may be written in another way, but not in twice as many bytes.
                if len(text) > 2 * most:
                    raise ValueError(f"more than {most} bytes of rows")
        except (pyarrow.ArrowException, OSError, UnicodeError) as error:
            raise ValueError(f"not a Parquet file: {error}") from None
        return bytes(text)


class ParquetWriter(RowWriter):
    """
    Takes rows apart in batches of equal size, and makes a row group of several.

    :param dataset: decides the columns.
    """

    def __init__(self, policy: Policy, dataset: str) -> None:
        self._schema = arrow_schema(dataset)
        self._columns = RecordColumns(contract_of(dataset))
        super().__init__(policy)

    def _begin(self) -> None:
        super()._begin()
        self._file = io.BytesIO()
        self._parquet: Any = None  # no part may follow the last one, and opening a file takes time
        self._rows: list[Line] = []
        self._batches: list[Any] = []
        self._grouped = 0

    def _take_row(self, row: Line) -> None:
        self._rows.append(row)
        if len(self._rows) == _BATCH:
            self._take_rows()
            if len(self._text) - self._grouped >= _GROUP_BYTES:
                self._write_group()

    def _data(self) -> bytes:
        self._take_rows()
        self._write_group()
        self._parquet.close()
        return self._file.getvalue()

    def _drift(self) -> Drift:
        return self._columns.drift()

    def _take_rows(self) -> None:
        pyarrow = needed("pyarrow")
        values = self._columns.take(self._rows)
        arrays = [_array(values[field.name], field.type) for field in self._schema]
        self._batches.append(pyarrow.record_batch(arrays, schema=self._schema))
        self._rows.clear()

    def _write_group(self) -> None:
        if self._parquet is None:
            self._parquet = needed("pyarrow.parquet").ParquetWriter(
                self._file,
                self._schema,
                compression="zstd",
                compression_level=_LEVEL,
                write_statistics=_comparable(self._schema),
                memory_pool=_pool(),
            )
        table = needed("pyarrow").Table.from_batches(self._batches, self._schema)
        self._parquet.write_table(table)
        self._batches.clear()
        self._grouped = len(self._text)


def _comparable(schema: Any) -> list[str]:
    """Return the columns that readers filter by, so that statistics help them."""
    pyarrow = needed("pyarrow")
    return [field.name for field in schema if not pyarrow.types.is_nested(field.type)]


def _pool() -> Any:
    """Return the memory pool that gives memory back; Arrow's own keeps some 20 MB."""
    return needed("pyarrow").system_memory_pool()


def _array(values: Values, kind: Any) -> Any:
    pyarrow, pool = needed("pyarrow"), _pool()
    if isinstance(values, Maps):
        starts = pyarrow.array(values.starts, pyarrow.int32(), memory_pool=pool)
        keys = pyarrow.array(values.keys, pyarrow.string(), memory_pool=pool)
        texts = pyarrow.array(values.values, pyarrow.string(), memory_pool=pool)
        return pyarrow.MapArray.from_arrays(starts, keys, texts, kind, pool)
    return pyarrow.array(values, kind, memory_pool=pool)


def arrow_schema(dataset: str) -> Any:
    """Return the Arrow schema of a dataset's files."""
    contract = contract_of(dataset)
    pyarrow = needed("pyarrow")
    text = pyarrow.string()
    moment = pyarrow.timestamp("us", tz="UTC")
    types: dict[ColumnType, Any] = {
        "int64": pyarrow.int64(),
        "double": pyarrow.float64(),
        "bool": pyarrow.bool_(),
        "string": text,
        "timestamp": moment,
        "list<int64>": pyarrow.list_(pyarrow.int64()),
        "list<string>": pyarrow.list_(text),
        "fields": pyarrow.map_(text, text),
        "map": pyarrow.map_(text, text),
        "json": text,
    }
    fields = [(column.name, types[column.type]) for column in contract.columns if column.type in types]
    if contract.sort_keys:
        fields += [(SORT_KEY, moment), (DELETED, pyarrow.bool_())]
    return pyarrow.schema([*fields, (EXTRA, text)], metadata={_DATASET: dataset, _VERSION: str(VERSION)})
