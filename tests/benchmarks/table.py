# SPDX-License-Identifier: Apache-2.0
"""Tables that can be read on a terminal and by Sphinx: reStructuredText's simple tables."""

from __future__ import annotations

from dataclasses import dataclass, field

NONE = "\N{EN DASH}"


@dataclass
class Table:
    """
    A table whose first column has names, and the others numbers.

    :param title: one line.
    :param header: the names of the columns.
    """

    title: str
    header: tuple[str, ...]
    rows: list[list[str]] = field(default_factory=list)

    def add(self, name: str, *numbers: float | None) -> None:
        self.rows.append([name, *map(text, numbers)])

    def render(self) -> str:
        lines = [list(self.header), *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rule = "  ".join("=" * width for width in widths)
        header, *rows = (self._line(line, widths) for line in lines)
        return "\n".join([f"**{self.title}**", "", rule, header, rule, *rows, rule, ""])

    @staticmethod
    def _line(cells: list[str], widths: list[int]) -> str:
        name, *numbers = cells
        aligned = [number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)]
        return "  ".join([name.ljust(widths[0]), *aligned]).rstrip()


def text(number: float | None) -> str:
    """Return a number with about three digits; None stands for what was not measured."""
    if number is None:
        return NONE
    if isinstance(number, int) or number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"
