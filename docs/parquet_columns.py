# SPDX-License-Identifier: Apache-2.0
"""
The Sphinx directive ``parquet-columns`` prints the columns of each resource's Parquet files from the catalogue.

So the page cannot say anything else than what is written. ``|columns-version|`` is the version of the contract.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective

from airflow_provider_zendesk.columns import VERSION, contract_of
from airflow_provider_zendesk.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docutils import nodes
    from sphinx.application import Sphinx

    from airflow_provider_zendesk.column_types import Column

TYPES = {
    "string": "string",
    "timestamp": "timestamp, UTC, microseconds",
    "fields": "map of string to string, from the field's id to its value as JSON",
    "map": "map of string to string, from the field's key to its value as JSON",
    "json": "string, any value as JSON",
    "list<int64>": "list of int64",
    "list<string>": "list of string",
}
FORMS = {
    "Z": "",
    "+00:00": ", from texts with milliseconds and an offset",
    "": ", from texts without a time zone",
}


class ParquetColumns(SphinxDirective):
    """Prints the columns of every resource."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n".join(tables()))


def tables() -> Iterator[str]:
    """Yield the lines of one table for each resource."""
    for name in (*RESOURCES, "custom_objects/<key>"):
        yield from table(name)


def table(name: str) -> Iterator[str]:
    """Yield the lines of a table: in the order of the file, the columns of each type that follow each other."""
    contract = contract_of(name.replace("<key>", "key"))
    columns = [column for column in contract.columns if column.type != "repeated"]
    yield f".. list-table:: ``{name}``"
    yield from ("   :header-rows: 1", "   :widths: 30 70", "   :class: parquet-columns", "")
    yield from row("type", "columns")
    for kind, group in groupby(columns, type_of):
        yield from row(kind, names(column.name for column in group))
    yield from row(TYPES["timestamp"], names(["_sort_key"]))
    yield from row("bool", names(["_deleted"]))
    yield from row("string, a JSON object", names(["_extra"]))
    yield ""


def row(first: str, second: str) -> Iterator[str]:
    yield f"   * - {first}"
    yield f"     - {second}"


def type_of(column: Column) -> str:
    return TYPES.get(column.type, column.type) + (FORMS[column.form] if column.type == "timestamp" else "")


def names(columns: Iterator[str] | list[str]) -> str:
    return ", ".join(f"``{name}``" for name in columns)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("parquet-columns", ParquetColumns)
    return {"parallel_read_safe": True}


SUBSTITUTIONS = f".. |columns-version| replace:: {VERSION}\n"
