# SPDX-License-Identifier: Apache-2.0
"""
``python -m tests.benchmarks.history``: what the history of one window of ticket events costs.

The window is exported from the emulator before, which is not measured. Each format is made in a process of its own.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.history.run import DATASETS
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from tests.benchmarks import measure
from tests.benchmarks.table import Table
from tests.lakes import Lake

DAY = 86_400
START = 1_763_596_800  # 2025-11-20
HEADER = ("events and format", "CPU s", "wall s", "events a second", "rows a second", "peak MiB")


def history(sizes: list[int]) -> Table:
    """
    Return a table.

    :param sizes: numbers of events.
    """
    table = Table("History of one window of ticket events, on local disk", HEADER)
    for events in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "lake")
            _export(root, events)
            for suffix in FORMATS:
                figures = measure.run("history", {"root": str(root), "suffix": suffix})
                _forget(root)
                speeds = events / figures.wall, figures.records / figures.wall
                table.add(f"{events:,} {suffix}", figures.cpu, figures.wall, *speeds, figures.peak)
    return table


def _export(root: Path, events: int) -> None:
    with ZendeskEmulator(now=START + 2 * DAY, speed=0) as zendesk:
        zendesk.account.records("ticket_events").populate(START, START + DAY, events)
        Lake(zendesk, root).export(START, START + DAY, name="ticket_events", partition_by="day")


def _forget(root: Path) -> None:
    for dataset in DATASETS:
        shutil.rmtree(root / dataset)
        shutil.rmtree(root / "_manifests" / dataset)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.history", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    print(history(parser.parse_args().sizes).render())
