# SPDX-License-Identifier: Apache-2.0
"""What each file format costs to write, how large it is, and how long DuckDB takes to read it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from airflow_provider_zendesk.lake.formats.registry import FORMATS, GZIPPED_JSON_LINES
from tests.benchmarks import account, measure
from tests.benchmarks.comparison import END, START
from tests.benchmarks.table import Table

if TYPE_CHECKING:
    from tests.benchmarks.meter import Figures

HEADER = ("format", "CPU s", "CPU ratio", "wall s", "peak MiB", "MB", "status s", "all columns s")
ONE_COLUMN = "SELECT status, count(*) FROM {} GROUP BY status"
ALL_COLUMNS = "CREATE OR REPLACE TEMP TABLE everything AS FROM {}"


class Written(NamedTuple):
    """
    An export in a format, and what it is to read.

    :param size: bytes of all its files.
    :param one_column: seconds.
    :param all_columns: seconds.
    """

    figures: Figures
    size: int
    one_column: float
    all_columns: float


def formats(tickets: int, repeat: int) -> Table:
    """
    Return a table of all formats.

    :param tickets: how many are exported to one window.
    :param repeat: rounds; each round writes and reads every format once.
    """
    runs: dict[str, list[Written]] = {suffix: [] for suffix in FORMATS}
    with account.running(tickets, START, END) as zendesk:
        for _ in range(repeat):
            for suffix, written in runs.items():
                written.append(_written(zendesk, suffix))
    table = Table(f"File formats: {tickets:,} tickets, written by the engine and read by DuckDB", HEADER)
    base = [one.figures for one in runs[GZIPPED_JSON_LINES.suffix]]
    for suffix, written in runs.items():
        figures = [one.figures for one in written]
        table.add(
            suffix,
            measure.middle(figures, measure.cpu),
            measure.ratio(figures, base, measure.cpu),
            measure.middle(figures, measure.wall),
            measure.middle(figures, measure.peak),
            written[0].size / 1e6,
            median(one.one_column for one in written),
            median(one.all_columns for one in written),
        )
    return table


def _written(zendesk: account.Account, suffix: str) -> Written:
    with tempfile.TemporaryDirectory() as root:
        arguments = {"url": zendesk.url, "token": zendesk.token, "root": root, "start": START, "end": END}
        figures = measure.run("engine", {**arguments, "suffix": suffix})
        files = list(Path(root, "tickets").rglob(f"*.{suffix}"))
        read = "read_parquet" if suffix == "parquet" else "read_ndjson"
        source = f"{read}('{root}/tickets/**/*.{suffix}', hive_partitioning = false)"
        return Written(
            figures,
            sum(file.stat().st_size for file in files),
            _seconds(ONE_COLUMN.format(source)),
            _seconds(ALL_COLUMNS.format(source)),
        )


def _seconds(query: str) -> float:
    with duckdb.connect() as connection:
        start = time.perf_counter()
        connection.execute(query).fetchall()
        return time.perf_counter() - start
