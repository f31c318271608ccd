# SPDX-License-Identifier: Apache-2.0
"""Draws the CPU per record of each export as bars, in SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.benchmarks import measure
from tests.benchmarks.comparison import OURS
from tests.benchmarks.table import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.comparison import Comparison

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 110, 60, 18, 26, 36
COLOURS = {"floor": "#9aa0a6", "engine": "#1a73e8", "operator": "#174ea6", "plain script": "#e8710a"}


def svg(comparison: Comparison) -> str:
    """Return a drawing with a group of bars for each size."""
    costs = {
        size: {
            export.name: measure.middle(comparison.runs(size, export), measure.cpu_per_record) * 1e6
            for export in OURS
        }
        for size in comparison.sizes
    }
    scale = (WIDTH - LEFT - RIGHT) / max(max(group.values()) for group in costs.values())
    height = TOP + len(costs) * (GAP + len(OURS) * BAR) + GAP // 2
    body = list(_title())
    top = TOP
    for size, group in costs.items():
        body += _group(f"{size:,} tickets", group, top, scale)
        top += GAP + len(group) * BAR
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def _title() -> Iterator[str]:
    yield f'<text x="{LEFT}" y="20" font-size="14">CPU microseconds a record (less is better)</text>'


def _group(title: str, costs: dict[str, float], top: float, scale: float) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="{top + GAP - 8}" font-weight="bold">{escape(title)}</text>'
    for place, (name, cost) in enumerate(costs.items()):
        y = top + GAP + place * BAR
        width = cost * scale
        yield f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 4}" fill="{COLOURS[name]}"/>'
        yield f'<text x="{LEFT + width + 6:.1f}" y="{y + 12}">{text(cost)}</text>'
