# SPDX-License-Identifier: Apache-2.0
"""
What a window costs: few tickets in many windows, exported in one run.

After each sweep, one more day is exported to the same root, and then everything again with ``on_existing="keep"``.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import account, measure
from tests.benchmarks.account import DAY
from tests.benchmarks.table import Table
from tests.operations import KINDS
from tests.stores import seaweedfs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_zendesk.window import PartitionBy
    from tests.benchmarks.account import Account
    from tests.benchmarks.meter import Figures

TICKETS = 5_000
END = 1_763_683_200  # 2025-11-21
STORE_DELAY = 0.02
LENGTHS: dict[PartitionBy, int] = {"day": DAY, "hour": 3600}
HEADER = ("sweep", "windows", "s", "ms a window", "CPU ms a window", "peak MiB", *KINDS)


class Sweep(NamedTuple):
    """
    So many windows, up to :data:`END`.

    :param partition_by: their length.
    """

    windows: int
    partition_by: PartitionBy

    @classmethod
    def of(cls, windows: int) -> Sweep:
        """Return a sweep of days if they are at most a year, and of hours otherwise."""
        return cls(windows, "day" if windows <= 366 else "hour")

    @property
    def start(self) -> int:
        return END - self.windows * LENGTHS[self.partition_by]

    @property
    def windows_of_a_day(self) -> int:
        return DAY // LENGTHS[self.partition_by]


class Step(NamedTuple):
    """One export of a sweep, and what it cost."""

    name: str
    windows: int
    figures: Figures


def on_local_disk(sweeps: Sequence[int], repeat: int) -> Table:
    table = Table("Sweeps on local disk; storage operations a window", HEADER)
    # Nothing is removed before the end: an ext4 without a journal is slow for a minute after many files were removed.
    with tempfile.TemporaryDirectory() as roots:
        for sweep in map(Sweep.of, sweeps):
            with account.running(TICKETS, sweep.start, END + DAY) as zendesk:
                _add(
                    table,
                    [_run(sweep, zendesk, f"{roots}/{sweep.windows}-{number}") for number in range(repeat)],
                )
    return table


def on_a_store(sweeps: Sequence[int]) -> Table:
    """Sweep on SeaweedFS, once: waiting is most of it, and the same each time."""
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    table = Table(f"Sweeps on S3 (SeaweedFS), each operation {STORE_DELAY * 1000:.0f} ms slower", HEADER)
    with tempfile.TemporaryDirectory() as folder, seaweedfs.start(Path(folder)) as store:
        for sweep in map(Sweep.of, sweeps):
            with account.running(TICKETS, sweep.start, END + DAY) as zendesk:
                root = uuid.uuid4().hex
                _add(table, [_run(sweep, zendesk, root, store=store.dump(), delay=STORE_DELAY)])
    return table


def _run(sweep: Sweep, zendesk: Account, root: str, **storage: object) -> list[Step]:
    """Export the sweep, one more day, and then nothing, since everything is there."""
    common = {
        "url": zendesk.url,
        "token": zendesk.token,
        "root": root,
        "partition_by": sweep.partition_by,
        **storage,
    }
    day = sweep.windows_of_a_day
    return [
        Step(name, windows, measure.run("engine", common | wanted))
        for name, windows, wanted in (
            (
                f"{sweep.windows:,} {sweep.partition_by}s",
                sweep.windows,
                {"start": sweep.start, "end": END, "run": "sweep"},
            ),
            ("\N{HORIZONTAL ELLIPSIS} one more day", day, {"start": END, "end": END + DAY, "run": "day"}),
            (
                "\N{HORIZONTAL ELLIPSIS} keep all of it",
                sweep.windows + day,
                {"start": sweep.start, "end": END + DAY, "run": "keep", "on_existing": "keep"},
            ),
        )
    ]


def _add(table: Table, rounds: Sequence[list[Step]]) -> None:
    """Add the medians of all rounds, a row for each step."""
    for steps in zip(*rounds, strict=True):
        name, windows, _ = steps[0]
        runs = [step.figures for step in steps]
        wall, cpu = measure.middle(runs, measure.wall), measure.middle(runs, measure.cpu)
        table.add(
            name,
            windows,
            wall,
            wall / windows * 1000,
            cpu / windows * 1000,
            measure.middle(runs, measure.peak),
            *(runs[-1].operations[kind] / windows for kind in KINDS),
        )
