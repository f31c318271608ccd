# SPDX-License-Identifier: Apache-2.0
"""Runs an export in a fresh process, and compares the figures of many runs."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.meter import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def run(
    export: str,
    arguments: Mapping[str, Any],
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
) -> Figures:
    """
    Run an export and return its figures.

    :param export: a module of :mod:`tests.benchmarks.exports`.
    :param arguments: those of its ``main``.
    :param python: the interpreter of the environment to run it in.
    """
    command = [python, "-m", f"tests.benchmarks.exports.{export}", json.dumps(arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nthe export {export!r} failed")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def middle(runs: Sequence[Figures], figure: Callable[[Figures], float]) -> float:
    """Return the median of one figure."""
    return median(figure(one) for one in runs)


def ratio(theirs: Sequence[Figures], ours: Sequence[Figures], figure: Callable[[Figures], float]) -> float:
    """Return the median of the ratios of one figure, of runs that were made in the same round."""
    return median(figure(one) / figure(other) for one, other in zip(theirs, ours, strict=True))


def cpu(figures: Figures) -> float:
    return figures.cpu


def cpu_per_record(figures: Figures) -> float:
    return figures.cpu / figures.records


def wall(figures: Figures) -> float:
    return figures.wall


def wall_per_record(figures: Figures) -> float:
    return figures.wall / figures.records


def peak(figures: Figures) -> float:
    return figures.peak


def start(figures: Figures) -> float:
    return figures.start
