# SPDX-License-Identifier: Apache-2.0
"""What stands in for a warehouse: its protocol and its statements on the loopback interface, and DuckDB behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stores.server import Store

LOADING = Path(__file__).parents[2] / "docs" / "loading.rst"


@dataclass(frozen=True)
class Warehouse:
    """
    A running stand-in.

    :param rows: returns the ids and sort keys (UTC epoch seconds) that the table has now, in order.
    :param environment: Airflow's connections to it and to the lake, and what its client needs.
    """

    rows: Callable[[], list[tuple[int, int]]]
    environment: dict[str, str] = field(default_factory=dict)


def database(store: Store) -> duckdb.DuckDBPyConnection:
    """Return a database that reads the store through its driver, as a warehouse reads a lake."""
    connection = duckdb.connect()
    connection.register_filesystem(store.filesystem(use_listings_cache=False))
    connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA zendesk")
    return connection


def statements(warehouse: str) -> list[str]:
    """Return the SQL that the documentation asks to run once, in the section of a warehouse."""
    section = LOADING.read_text().split(f".. _load-{warehouse}:")[1].split("\n.. _load-")[0]
    [block] = re.findall(r"code-block:: sql\n\n((?:    .*\n|\n)+)", section)
    return [statement.strip() for statement in block.split(";") if statement.strip()]


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Return a table's columns and their types."""
    return {name: type_ for name, type_, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}


def ids_and_keys(connection: duckdb.DuckDBPyConnection, source: str, key: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT id, {key} FROM {source} ORDER BY {key}, id").fetchall()
