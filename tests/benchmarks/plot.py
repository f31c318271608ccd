# SPDX-License-Identifier: Apache-2.0
"""Draws the CPU per record of each export as bars, in SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import measure
from tests.benchmarks.comparison import ALWAYS
from tests.benchmarks.table import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.comparison import Comparison

TITLE = "CPU microseconds a record (less is better)"
WIDTH, LEFT, RIGHT = 760, 110, 60
HEADING, BAR, GROUP = 30, 18, 26
COLOURS = {"floor": "#9aa0a6", "engine": "#1a73e8", "operator": "#174ea6", "plain script": "#e8710a"}


def svg(comparison: Comparison) -> str:
    """Return a drawing with a group of bars for each size; rivals would make the others too small to compare."""
    groups = {
        size: {
            export.name: measure.middle(comparison.runs(size, export), measure.cpu_per_record) * 1e6
            for export in ALWAYS
        }
        for size in comparison.sizes
    }
    scale = (WIDTH - LEFT - RIGHT) / max(max(costs.values()) for costs in groups.values())
    group_height = GROUP + len(ALWAYS) * BAR
    height = HEADING + len(groups) * group_height + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'  <rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'  <text x="{LEFT}" y="20" font-size="14">{TITLE}</text>',
    ]
    for place, (size, costs) in enumerate(groups.items()):
        lines += _bars(f"{size:,} tickets", costs, HEADING + place * group_height, scale)
    return "\n".join([*lines, "</svg>", ""])


def _bars(title: str, costs: dict[str, float], top: int, scale: float) -> Iterator[str]:
    """
    Draw a group of bars.

    :param top: where the group begins.
    :param scale: pixels per microsecond.
    """
    yield f'  <text x="{LEFT}" y="{top + GROUP - 8}" font-weight="bold">{title}</text>'
    for place, (name, cost) in enumerate(costs.items()):
        y, width = top + GROUP + place * BAR, cost * scale
        yield f'  <text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{name}</text>'
        yield f'  <rect x="{LEFT}" y="{y}" width="{width:.0f}" height="{BAR - 4}" fill="{COLOURS[name]}"/>'
        yield f'  <text x="{LEFT + width + 6:.0f}" y="{y + 12}">{text(cost)}</text>'
