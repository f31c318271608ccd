# SPDX-License-Identifier: Apache-2.0
"""The harness works; nothing is timed here."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.lake.formats.registry import FORMATS
from tests.benchmarks import formats, measure
from tests.benchmarks.account import DAY
from tests.benchmarks.table import NONE, Table

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

START = 1_763_596_800  # 2025-11-20


@pytest.mark.parametrize("export", ["floor", "engine", "plain_script"])
def test_every_export_gets_every_ticket(
    zendesk_emulator: ZendeskEmulator, tmp_path: Path, export: str
) -> None:
    zendesk_emulator.account.populate(START, START + DAY, tickets=1500)
    figures = measure.run(
        export,
        {
            "url": zendesk_emulator.url,
            "token": zendesk_emulator.oauth_token,
            "root": str(tmp_path),
            "start": START,
            "end": START + DAY,
        },
    )
    assert figures.records == len(zendesk_emulator.truth(START, START + DAY))
    assert figures.calls == len(zendesk_emulator.export_requests)
    assert bool(figures.operations) == (export == "engine")


def test_the_formats_are_written_and_read() -> None:
    rows = {name: numbers for name, *numbers in formats.formats(500, 1).rows}
    assert list(rows) == list(FORMATS)
    assert NONE not in itertools.chain(*rows.values())


def test_a_table_is_one_that_sphinx_can_read() -> None:
    table = Table("Costs", ("export", "s", "calls"))
    table.add("engine", 1.234, 1_000)
    table.add("floor", None, 7)
    assert table.render().splitlines() == [
        "**Costs**",
        "",
        "======  ====  =====",
        "export     s  calls",
        "======  ====  =====",
        "engine  1.23  1,000",
        "floor      \N{EN DASH}      7",
        "======  ====  =====",
    ]
