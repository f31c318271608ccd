# SPDX-License-Identifier: Apache-2.0
"""
The same account exported in several ways, alternating.

A round measures every export of every size once. Ratios are taken within a round, so that what else the machine does
falls on both sides.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import account, measure
from tests.benchmarks.account import DAY
from tests.benchmarks.table import Table
from tests.operations import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.account import Account
    from tests.benchmarks.meter import Figures

END = 1_763_683_200  # 2025-11-21
START = END - DAY
RIVALS_PYTHON = ".venv-bench/bin/python"
# A million rows take zenpy twenty minutes, and cost it no less a row than a hundred thousand do.
MOST_FOR_RIVALS = 100_000


class Export(NamedTuple):
    """
    A way to export.

    :param module: in :mod:`tests.benchmarks.exports`.
    """

    name: str
    module: str
    python: str = sys.executable
    most: int = sys.maxsize


FLOOR = Export("floor", "floor")
ENGINE = Export("engine", "engine")
OPERATOR = Export("operator", "operator")
PLAIN = Export("plain script", "plain_script")
ALWAYS = (FLOOR, ENGINE, OPERATOR, PLAIN)
RIVALS = (
    Export("dlt", "with_dlt", RIVALS_PYTHON, MOST_FOR_RIVALS),
    Export("zenpy", "with_zenpy", RIVALS_PYTHON, MOST_FOR_RIVALS),
)


class Comparison:
    """
    The figures of all rounds.

    :param sizes: numbers of tickets, in ascending order.
    :param rivals: measure the rivals too.
    """

    def __init__(self, sizes: Sequence[int], *, rivals: bool) -> None:
        self.sizes = sizes
        self._exports = (*ALWAYS, *RIVALS) if rivals else ALWAYS
        self._runs: dict[tuple[int, Export], list[Figures]] = {
            (size, export): [] for size in sizes for export in self._exports if size <= export.most
        }

    def measure(self, repeat: int) -> None:
        with ExitStack() as stack:
            home = stack.enter_context(tempfile.TemporaryDirectory())
            migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
            subprocess.run(migrate, env=airflow_environment(home), capture_output=True, check=True)
            accounts = {size: stack.enter_context(account.running(size, START, END)) for size in self.sizes}
            for _ in range(repeat):
                for (size, export), runs in self._runs.items():
                    runs.append(_run(export, accounts[size], home))

    def runs(self, size: int, export: Export) -> list[Figures]:
        return self._runs[size, export]

    def measured(self, size: int) -> Iterator[Export]:
        return (export for export in self._exports if (size, export) in self._runs)

    def tables(self) -> Iterator[Table]:
        yield from map(self._costs, self.sizes)
        yield self._operations()
        if len(self.sizes) > 1:
            yield self._growth(*self.sizes[-2:])
        yield self._starts()

    def _costs(self, size: int) -> Table:
        header = (
            "export",
            "CPU s",
            "CPU µs a record",
            "CPU ratio",
            "wall s",
            "wall ratio",
            "peak MiB",
            "calls",
            "records",
        )
        table = Table(f"{size:,} tickets", header)
        engine = self.runs(size, ENGINE)
        for export in self.measured(size):
            runs = self.runs(size, export)
            table.add(
                export.name,
                measure.middle(runs, measure.cpu),
                measure.middle(runs, measure.cpu_per_record) * 1e6,
                measure.ratio(runs, engine, measure.cpu_per_record),
                measure.middle(runs, measure.wall),
                measure.ratio(runs, engine, measure.wall_per_record),
                measure.middle(runs, measure.peak),
                runs[-1].calls,
                runs[-1].records,
            )
        return table

    def _operations(self) -> Table:
        table = Table("Storage operations of the engine, in one window", ("tickets", *KINDS))
        for size in self.sizes:
            operations = self.runs(size, ENGINE)[-1].operations
            table.add(f"{size:,}", *(operations[kind] for kind in KINDS))
        return table

    def _growth(self, small: int, large: int) -> Table:
        table = Table(f"{large:,} tickets to {small:,}", ("export", "CPU a record", "peak memory"))
        for export in self.measured(large):
            runs = self.runs(large, export), self.runs(small, export)
            table.add(
                export.name, measure.ratio(*runs, measure.cpu_per_record), measure.ratio(*runs, measure.peak)
            )
        return table

    def _starts(self) -> Table:
        table = Table("CPU of a process before and after its export", ("export", "CPU s"))
        for export in self.measured(self.sizes[0]):
            table.add(export.name, measure.middle(self.runs(self.sizes[0], export), measure.start))
        return table


def airflow_environment(home: str, connection: str = "") -> dict[str, str]:
    """Return an environment in which Airflow keeps to itself, knows the account, and finds the DAG to measure."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return kept | {
        "AIRFLOW_HOME": home,
        "AIRFLOW_CONN_ZENDESK_DEFAULT": connection,
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


def _run(export: Export, zendesk: Account, home: str) -> Figures:
    with tempfile.TemporaryDirectory() as root:
        arguments = {"url": zendesk.url, "token": zendesk.token, "root": root, "start": START, "end": END}
        environment = airflow_environment(home, zendesk.connection)
        return measure.run(export.module, arguments, export.python, environment)
