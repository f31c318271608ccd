# SPDX-License-Identifier: Apache-2.0
"""``make bench``: measures the package, prints tables, and writes them and a plot into the documentation."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import formats, plot, startup, sweeps
from tests.benchmarks.comparison import RIVALS_PYTHON, Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.table import Table

SIZES = (10_000, 100_000)
LARGEST = 1_000_000
SWEEPS = (365, 1_460, 5_840, 20_000)
# Waiting makes larger ones long, and teaches nothing more.
SWEEPS_ON_STORES = (365, 1_460)
DOCS = Path("docs/benchmarks")
PACKAGES = ("airflow-provider-zendesk", "apache-airflow", "msgspec", "isal", "pyarrow", "requests")
RIVALS_PACKAGES = ("dlt", "zenpy")


def main() -> None:
    options = _parser().parse_args()
    # Otherwise every process that is measured would compile what it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sizes = sorted({*options.sizes, LARGEST} if options.all else {*options.sizes})
    comparison = Comparison(sizes, rivals=options.rivals)
    comparison.measure(options.repeat)
    said = [_conditions(options)]
    print(said[0], flush=True)
    for table in _tables(comparison, options):
        said.append(table.render())
        print(said[-1], flush=True)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "table.rst").write_text("\n".join(said), encoding="utf-8")
    (options.output / "cpu.svg").write_text(plot.svg(comparison), encoding="utf-8")


def _tables(comparison: Comparison, options: argparse.Namespace) -> Iterator[Table]:
    yield from comparison.tables()
    yield formats.formats(options.formats, options.repeat)
    yield startup.imports()
    yield sweeps.on_local_disk(options.sweeps, options.sweep_repeat)
    if options.stores:
        yield sweeps.on_a_store(options.store_sweeps)


def _conditions(options: argparse.Namespace) -> str:
    """Return a sentence about what was measured, and on what."""
    versions = _versions(sys.executable, PACKAGES)
    if options.rivals:
        versions += _versions(RIVALS_PYTHON, RIVALS_PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on a machine with {os.cpu_count()} cores: Python "
        f"{platform.python_version()}, {', '.join(versions)}. The figures are medians of {options.repeat} "
        f"rounds, and those of sweeps on local disk of {options.sweep_repeat}.\n"
    )


def _versions(python: str, packages: Sequence[str]) -> list[str]:
    """Return packages of an environment with their versions."""
    script = "import sys, importlib.metadata as m; [print(name, m.version(name)) for name in sys.argv[1:]]"
    done = subprocess.run([python, "-c", script, *packages], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    numbers: dict[str, Any] = {"type": int, "nargs": "+", "metavar": "N"}
    parser.add_argument("--sizes", help="numbers of tickets (%(default)s)", default=SIZES, **numbers)
    parser.add_argument("--all", help="also a million tickets", action="store_true")
    parser.add_argument(
        "--formats",
        help="number of tickets for each format (%(default)s)",
        type=int,
        default=200_000,
        metavar="N",
    )
    parser.add_argument("--sweeps", help="numbers of windows (%(default)s)", default=SWEEPS, **numbers)
    parser.add_argument("--stores", help="also sweeps on SeaweedFS", action="store_true")
    parser.add_argument(
        "--store-sweeps", help="numbers of windows there (%(default)s)", default=SWEEPS_ON_STORES, **numbers
    )
    parser.add_argument("--rivals", help="also zenpy and dlt", action="store_true")
    parser.add_argument("--repeat", help="rounds of exports (%(default)s)", type=int, default=5, metavar="N")
    parser.add_argument(
        "--sweep-repeat",
        help="rounds of sweeps on local disk (%(default)s)",
        type=int,
        default=3,
        metavar="N",
    )
    parser.add_argument("--output", help="folder for table and plot", type=Path, default=DOCS)
    return parser


if __name__ == "__main__":
    main()
