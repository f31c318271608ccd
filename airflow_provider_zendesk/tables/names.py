# SPDX-License-Identifier: Apache-2.0
"""
The names of an Iceberg table's columns: those of the files, except where Iceberg reserves the name.

Spark cannot read a table with a column named ``_deleted``. The table's name mapping says which column of the files it is.
"""

from __future__ import annotations

from typing import Any

import pyarrow
from pyiceberg.schema import Schema
from pyiceberg.table.name_mapping import MappedField, NameMapping

from airflow_provider_zendesk.lake.formats.record_columns import DELETED

_IN_TABLE = {DELETED: "is_deleted"}
_IN_FILES = {table: file for file, table in _IN_TABLE.items()}


def named_as_in_table(schema: Any) -> Any:
    """Return the Arrow schema of files with the names that the columns have in the table."""
    return pyarrow.schema([field.with_name(_IN_TABLE.get(field.name, field.name)) for field in schema])


def named_as_in_files(metadata: Any) -> Any:
    """Return the metadata of a table whose columns have the names that they have in the files, and the same ids."""
    schema = metadata.schema()
    fields = [
        field.model_copy(update={"name": _IN_FILES.get(field.name, field.name)}) for field in schema.fields
    ]
    renamed = Schema(*fields, schema_id=schema.schema_id, identifier_field_ids=schema.identifier_field_ids)
    others = [one for one in metadata.schemas if one.schema_id != schema.schema_id]
    return metadata.model_copy(update={"schemas": [*others, renamed]})


def name_mapping(metadata: Any) -> str:
    """Return which names of columns in files stand for which columns of a table, as the property of the table."""
    mapping = metadata.name_mapping() or metadata.schema().name_mapping
    text: str = NameMapping([_with_name_in_files(field) for field in mapping.root]).model_dump_json()
    return text


def _with_name_in_files(field: MappedField) -> MappedField:
    names = [_IN_FILES[name] for name in field.names if name in _IN_FILES]
    return field.model_copy(update={"names": [*dict.fromkeys([*field.names, *names])]})
