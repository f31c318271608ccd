# SPDX-License-Identifier: Apache-2.0
"""``python -m tests.readers`` writes ``docs/formats_readers.inc``: which readers read which formats, by trying."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.readers.month import NAMES, SUFFIXES, export
from tests.readers.reading import READERS, WAYS, Outcome, missing, module, read, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.readers.month import Month

TABLE = Path(__file__).parents[2] / "docs" / "formats_readers.inc"


def main() -> None:
    for reader in READERS:
        if lacks := missing(reader):
            sys.exit(f"the table needs all readers; {lacks}")
    with tempfile.TemporaryDirectory() as folder:
        month = export(Path(folder))
        found = {
            (reader, suffix): {name: _outcome(reader, month, suffix, name) for name in NAMES}
            for reader in READERS
            for suffix in SUFFIXES
        }
    TABLE.write_text("\n".join(_page(found)), encoding="utf-8")
    sys.stdout.write(f"wrote {TABLE}\n")


def _outcome(reader: str, month: Month, suffix: str, name: str) -> Outcome:
    """Return what came of a resource in both ways, which is the same."""
    outcomes = {read(reader, month, suffix, name, way) for way in WAYS}
    if len(outcomes) > 1 or any(not one.is_right and not one.refused for one in outcomes):
        sys.exit(f"{reader} reads {name} in {suffix} otherwise by glob, or wrongly: {outcomes}")
    return outcomes.pop()


Found = dict[tuple[str, str], dict[str, Outcome]]


def _page(found: Found) -> Iterator[str]:
    yield ".. Written by `make readers-table`."
    yield ""
    yield from (".. list-table::", "   :header-rows: 1", "", "   * - reader")
    yield from (f"     - {suffix}" for suffix in SUFFIXES)
    for reader in READERS:
        yield f"   * - {title(reader)}"
        for suffix in SUFFIXES:
            right = sum(outcome.is_right for outcome in found[reader, suffix].values())
            yield f"     - {'all' if right == len(NAMES) else f'{right} of {len(NAMES)} resources'}"
    yield ""
    yield "The calls:"
    yield ""
    for reader in READERS:
        yield "- " + reader + ": " + ", ".join(f"``{call}``" for call in module(reader).CALLS)
    yield ""
    yield "The errors:"
    yield ""
    for (reader, kind, reason, names), suffixes in _errors(found).items():
        yield f"- {reader}, {' and '.join(suffixes)}, {names}: ``{kind}: {reason}``"
    yield ""


def _errors(found: Found) -> dict[tuple[str, str, str, str], list[str]]:
    """Return the formats by the reader, its error and the names of the resources that have it."""
    formats = defaultdict(list)
    for (reader, suffix), outcomes in found.items():
        failed = defaultdict(list)
        for name, outcome in outcomes.items():
            if outcome.refused:
                failed[outcome.refused, outcome.reason].append(name)
        for (kind, reason), names in failed.items():
            listed = "every resource" if len(names) == len(NAMES) else ", ".join(names)
            formats[reader, kind, reason, listed].append(suffix)
    return formats


if __name__ == "__main__":
    main()
