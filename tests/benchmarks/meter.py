# SPDX-License-Identifier: Apache-2.0
"""
Measures one export, in the process that runs it.

Only the standard library is imported here, because rivals run in an environment that has nothing else of ours.
"""

from __future__ import annotations

import http.client
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Figures:
    """
    What one export cost.

    :param records: how many it wrote.
    :param cpu: seconds of user and system time that the work took, in all threads and in ended child processes.
    :param wall: seconds that the work took.
    :param start: seconds of CPU that the process used outside the work: the interpreter, imports, Airflow.
    :param peak: peak resident memory of the process, in MiB.
    :param calls: HTTP requests to Zendesk.
    :param operations: storage operations by kind; empty if they were not counted.
    """

    records: int
    cpu: float
    wall: float
    start: float
    peak: float
    calls: int
    operations: dict[str, int] = field(default_factory=dict)


class Meter:
    """Measures what happens inside its ``with`` block; :meth:`report` prints the figures as a line of JSON."""

    def __init__(self) -> None:
        self._calls = 0

    def __enter__(self) -> Meter:
        self._count_calls()
        self._wall = time.monotonic()
        self._cpu = _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        self._cpu = _cpu() - self._cpu
        self._wall = time.monotonic() - self._wall
        self._calls_made = self._calls

    def report(self, records: int, operations: dict[str, int] | None = None) -> None:
        figures = Figures(
            records=records,
            cpu=self._cpu,
            wall=self._wall,
            start=_cpu() - self._cpu,
            peak=_peak_memory(),
            calls=self._calls_made,
            operations=operations or {},
        )
        print(json.dumps(asdict(figures)), flush=True)

    def _count_calls(self) -> None:
        """Count the requests of everything that is built on ``http.client``, as requests and urllib3 are."""
        original = http.client.HTTPConnection.putrequest

        def counted(connection: Any, *arguments: Any, **options: Any) -> None:
            self._calls += 1
            original(connection, *arguments, **options)

        http.client.HTTPConnection.putrequest = counted  # type: ignore[assignment, method-assign]


def main(export: Callable[[str, str, str, int], int]) -> None:
    """
    Run a rival once, with the arguments on the command line, and report what it used.

    :param export: takes the account's URL, a token, the folder to write to and the start; returns the number of records.
    """
    arguments = json.loads(sys.argv[1])
    with Meter() as meter:
        records = export(*(arguments[name] for name in ("url", "token", "root", "start")))
    meter.report(records)


def _cpu() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _peak_memory() -> float:
    """Return this process's peak memory in MiB; getrusage() would count that of the parent before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
