# SPDX-License-Identifier: Apache-2.0
"""A run over many windows costs each of them its own operations, but no memory and no line of the log."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.lakes import Lake

HOUR = 3600
START = 1761955200  # 2025-11-01
FEW, MANY = 300, 1500
# What the run has to know of a window until it is committed: its bounds, and where its rows go.
BYTES_OF_A_WINDOW = 1000


class Cost(NamedTuple):
    peak: int
    """Bytes."""
    lines: list[str]


@pytest.fixture
def costs(lake: Lake, caplog: pytest.LogCaptureFixture) -> list[Cost]:
    """Export few hours and many, one after the other, from a stream of one page."""
    lake.zendesk.clock.set(START + (FEW + MANY + 24) * HOUR)
    lake.zendesk.account.populate(START, START + FEW * HOUR, tickets=20)
    lake.zendesk.account.populate(START + FEW * HOUR, START + (FEW + MANY) * HOUR, tickets=20)
    return [
        cost_of(lake, START, FEW, caplog),
        cost_of(lake, START + FEW * HOUR, MANY, caplog),
    ]


def cost_of(lake: Lake, start: int, windows: int, caplog: pytest.LogCaptureFixture) -> Cost:
    caplog.clear()
    # With the objects of all tests before it, the collector would let more garbage lie.
    gc.freeze()
    gc.collect()
    tracemalloc.start()
    with caplog.at_level(logging.INFO, "airflow_provider_zendesk"):
        lake.export(start, start + windows * HOUR, partition_by="hour")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gc.unfreeze()
    return Cost(peak, [record.getMessage() for record in caplog.records])


def test_a_window_needs_little_memory_and_no_line_of_the_log(costs: list[Cost], lake: Lake) -> None:
    few, many = costs
    assert len(lake.manifests()) == FEW + MANY
    assert (many.peak - few.peak) / (MANY - FEW) < BYTES_OF_A_WINDOW
    assert len(many.lines) == len(few.lines) <= 3
