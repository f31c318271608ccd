# SPDX-License-Identifier: Apache-2.0
"""
The rooms of the package, the imports between them, and their drawing.

``make house`` writes ``docs/images/house.svg``. ``tests/test_house.py`` checks the imports with the functions here.
Imports are read from the source, including those under ``if TYPE_CHECKING``; nothing is executed.
"""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent.parent / "airflow_provider_zendesk"
DRAWING = Path(__file__).parent / "images" / "house.svg"


class Room(NamedTuple):
    """
    A part of the package.

    :param name: what people call it.
    :param knows: what its files know, in half a line.
    :param places: the folders and files in it, below the package. ``""`` is the package's own ``__init__.py``.
    """

    name: str
    knows: str
    places: tuple[str, ...]


# From top to bottom: a file may import files of its own room and of the rooms below it.
ROOMS = (
    Room("commands", "arguments of the command line", ("reconcile", "migrate", "doctor", "plan", "erase")),
    Room("operators", "arguments of a task, and what it returns", ("operators",)),
    Room("sensors", "whether Zendesk shows everything of a window", ("sensors",)),
    Room("tasks", "what a task does when it runs", ("tasks",)),
    Room("triggers", "waiting without a worker", ("triggers",)),
    Room("hooks", "Airflow connections to Zendesk", ("hooks",)),
    Room(
        "runtime", "what a running Airflow task has: worker, storage, metrics", ("runtime", "version_compat")
    ),
    Room("history", "field history and comments, made from ticket events", ("history",)),
    Room("verify", "reading the lake back, comparing it with Zendesk", ("verify",)),
    Room("erasure", "removing the rows of single records from a lake", ("erasure",)),
    Room("diagnosis", "what exports need of an account and a storage", ("diagnosis",)),
    Room("tables", "tables of query engines that refer to the lake's files", ("tables",)),
    Room("export", "the job: page in, rows out, checkpoint, commit", ("export",)),
    Room("stream", "reading Zendesk page by page; no storage", ("stream",)),
    Room("lake", "what is in storage, and how a window is committed; no Zendesk", ("lake",)),
    Room("client", "one request, and its response or a typed error", ("client",)),
    Room(
        "facts",
        "windows, and the catalogue of resources and columns; no I/O",
        (
            "window",
            "resources",
            "reference_data",
            "derived",
            "catalogue",
            "column_types",
            "reference_columns",
            "columns",
        ),
    ),
    Room(
        "base",
        "exceptions, limits, quoting, surrogates, URLs, version, provider info",
        ("", "exceptions", "policy", "quoting", "surrogates", "urls", "get_provider_info"),
    ),
)
EMULATOR = Room("emulator", "an emulated Zendesk; shares no code with the rest", ("emulator",))

# Rooms above these import Airflow, which takes seconds; from here down, and in the emulator, nothing does.
FIRST_WITHOUT_AIRFLOW = "history"

# Folders that must not know each other, although the order of the rooms would allow some of these imports.
SEPARATE = {
    "stream": ("lake", "export"),
    "lake": ("stream", "client", "resources", "reference_data", "derived", "catalogue"),
}

# The only imports that point up; each is inside a function, for what only Airflow knows.
POINTING_UP = {
    # Reading a lake needs no Airflow, except for a path that names one of its connections.
    ("airflow_provider_zendesk.lake.reader", "airflow_provider_zendesk.runtime.root"),
}


def imports(root: Path = PACKAGE) -> dict[str, set[str]]:
    """Return which modules of the package each of its modules imports."""
    modules = _modules(root)
    found = {}
    for module, file in modules.items():
        names = (_longest(name, modules) for name in _imported_names(file))
        found[module] = {name for name in names if name is not None}
    return found


def homeless(root: Path = PACKAGE) -> list[str]:
    """Return the modules that belong to no room."""
    return sorted(module for module in _modules(root) if room_of(module) is None)


def upward(root: Path = PACKAGE) -> list[tuple[str, str]]:
    """Return the imports that point to a room further up, as (importing, imported), except :data:`POINTING_UP`."""
    order = {room.name: number for number, room in enumerate(ROOMS)}
    return [
        (module, other)
        for module, other in _pairs(root)
        if _name(module) in order and _name(other) in order and order[_name(other)] < order[_name(module)]
        if (module, other) not in POINTING_UP
    ]


def circles(root: Path = PACKAGE) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or through others of the group."""
    direct = imports(root)
    reached = {module: _reachable(module, direct) for module in direct}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in direct
        if module in reached[module]
    }
    return sorted(map(list, groups))


def not_separate(root: Path = PACKAGE) -> list[tuple[str, str]]:
    """Return the imports between folders that must not know each other (:data:`SEPARATE`)."""
    return [
        (module, other)
        for module, other in _pairs(root)
        if _place(other) in SEPARATE.get(_place(module), ()) and _place(module) != _place(other)
    ]


def ties_of_the_emulator(root: Path = PACKAGE) -> list[tuple[str, str]]:
    """Return the imports between the emulator and the rest; its own of the package's ``__init__.py`` is allowed."""
    return [
        (module, other)
        for module, other in _pairs(root)
        if (_name(module) == EMULATOR.name) != (_name(other) == EMULATOR.name) and _place(other) != ""
    ]


def airflow_below(root: Path = PACKAGE) -> list[tuple[str, str]]:
    """Return the imports of Airflow in rooms that must do without it, as (importing, imported)."""
    names = [room.name for room in ROOMS]
    without = {*names[names.index(FIRST_WITHOUT_AIRFLOW) :], EMULATOR.name}
    return [
        (module, name)
        for module, file in _modules(root).items()
        if _name(module) in without
        for name in sorted(_imported_names(file))
        if name.partition(".")[0] == "airflow"
    ]


def room_of(module: str) -> Room | None:
    """Return the room that a module belongs to."""
    return next((room for room in (*ROOMS, EMULATOR) if _place(module) in room.places), None)


def _name(module: str) -> str:
    room = room_of(module)
    return room.name if room else ""


def _place(module: str) -> str:
    """Return the folder or file directly below the package."""
    return module.partition(".")[2].partition(".")[0]


def _pairs(root: Path) -> Iterator[tuple[str, str]]:
    for module, others in imports(root).items():
        for other in sorted(others):
            yield module, other


def _modules(root: Path) -> dict[str, Path]:
    modules = {}
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root.parent).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return modules


def _imported_names(file: Path) -> frozenset[str]:
    return _names_imported_by(file.read_text("utf-8"))


@cache
def _names_imported_by(source: str) -> frozenset[str]:
    """Return the full names of what a file imports: modules, and names in them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _longest(name: str, modules: dict[str, Path]) -> str | None:
    """Return the module that a full name is, or is in; None if it is not of the package."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def _reachable(start: str, direct: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(direct[start])
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting.extend(direct[module])
    return reached


# The drawing: rooms in one column. Each room that is imported has a vertical line of its own to the right of the
# column. Each importing room joins that line with a dot, and the line ends in an arrow into the imported room.
_LEFT, _WIDTH, _GAP = 20, 560, 18
_LINE, _STEP, _LANE = 16, 9, 18
_LETTERS = 92
_COLOURS = ("#2a6f62", "#b3541e", "#3b5fa0", "#8a3b7c", "#7a6a10", "#a02c3c", "#2b7d3f", "#5b4a9e")


class _Box(NamedTuple):
    room: Room
    lines: list[str]
    imported: list[str]
    top: int
    height: int


def draw(root: Path = PACKAGE) -> str:
    """Return the drawing as SVG."""
    boxes = _boxes(root)
    targets = [box.room.name for box in boxes if any(box.room.name in other.imported for other in boxes)]
    width = _LEFT + _WIDTH + _LANE * (len(targets) + 1) + 10
    height = boxes[-1].top + boxes[-1].height + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        ' font-size="12">',
        "  <title>The rooms of airflow_provider_zendesk; imports only point down</title>",
        f'  <rect width="{width}" height="{height}" fill="#fff"/>',
        f'  <text x="{_LEFT}" y="24" fill="#444">An arrow ends at the room that is imported. Each dot on its line is'
        " a room that imports it.</text>",
    ]
    for number, target in enumerate(targets):
        lines += _draw_lane(
            boxes, target, _LEFT + _WIDTH + _LANE * (number + 1), _COLOURS[number % len(_COLOURS)]
        )
    for box in boxes:
        lines += _draw_box(box)
    return "\n".join([*lines, "</svg>", ""])


def _boxes(root: Path) -> list[_Box]:
    rooms = (*ROOMS, EMULATOR)
    imported: dict[str, set[str]] = {room.name: set() for room in rooms}
    for module, other in _pairs(root):
        if _name(module) and _name(other) and _name(module) != _name(other):
            imported[_name(module)].add(_name(other))
    boxes, top = [], 40
    for room in rooms:
        # The lowest first: its line is the outermost, and so no line crosses another room's arrow.
        targets = [other.name for other in reversed(rooms) if other.name in imported[room.name]]
        lines = _file_lines(room, root)
        height = max(28 + _LINE * len(lines), 30 + _STEP * len(targets))
        top += 2 * _GAP if room is EMULATOR else 0
        boxes.append(_Box(room, lines, targets, top, height))
        top += height + _GAP
    return boxes


def _file_lines(room: Room, root: Path) -> list[str]:
    """Return the names of a room's files: one line a folder, or more where they are many."""
    folders: dict[str, list[str]] = {}
    for module, file in _modules(root).items():
        if room_of(module) is room and (file.stem != "__init__" or _place(module) == ""):
            folder = file.parent.relative_to(root).as_posix()
            folders.setdefault("" if folder == "." else f"{folder}/: ", []).append(file.name)
    lines = []
    for folder, files in folders.items():
        lines += wrap(f"{folder}{', '.join(files)}", _LETTERS, subsequent_indent="\N{NO-BREAK SPACE}" * 6)
    return lines


def _draw_lane(boxes: list[_Box], target: str, x: int, colour: str) -> list[str]:
    edge = _LEFT + _WIDTH
    end = next(box.top + 12 for box in boxes if box.room.name == target)
    starts = [box.top + 26 + _STEP * box.imported.index(target) for box in boxes if target in box.imported]
    lines = [f'  <g stroke="{colour}" fill="none" stroke-width="1.5">']
    lines += [f'    <path d="M{edge} {start} H{x}"/>' for start in starts]
    lines += [f'    <path d="M{x} {one} V{next_one}"/>' for one, next_one in pairwise([*starts, end])]
    lines += [f'    <path d="M{x} {end} H{edge + 6}"/>', "  </g>", f'  <g fill="{colour}">']
    lines += [f'    <circle cx="{x}" cy="{start}" r="3"/>' for start in starts]
    return [*lines, f'    <path d="M{edge} {end} l9 -4.5 v9 z"/>', "  </g>"]


def _draw_box(box: _Box) -> list[str]:
    room, top = box.room, box.top
    dashes = ' stroke-dasharray="5 4"' if room is EMULATOR else ""
    return [
        f'  <rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{box.height}" rx="4" fill="#f4f8f7"'
        f' stroke="#333"{dashes}/>',
        f'  <text x="{_LEFT + 10}" y="{top + 17}"><tspan font-weight="bold">{escape(room.name)}</tspan>'
        f'<tspan fill="#444"> \N{EN DASH} {escape(room.knows)}</tspan></text>',
        *(
            f'  <text x="{_LEFT + 10}" y="{top + 17 + _LINE * number}" font-size="11" fill="#2a6f62">{escape(line)}</text>'
            for number, line in enumerate(box.lines, 1)
        ),
    ]


if __name__ == "__main__":
    DRAWING.write_text(draw(), "utf-8")
