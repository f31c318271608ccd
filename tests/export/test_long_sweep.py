# SPDX-License-Identifier: Apache-2.0
"""A run over many windows costs each of them its own operations, but no memory and no line of the log."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.export.sweep_child import HOUR

if TYPE_CHECKING:
    from tests.lakes import Lake

START = 1761955200  # 2025-11-01
FEW, MANY = 300, 1500
# What the run has to know of a window until it is committed: its bounds, and where its rows go.
BYTES_OF_A_WINDOW = 1000


class Cost(NamedTuple):
    peak: int
    """Bytes."""
    lines: list[str]


@pytest.fixture
def costs(lake: Lake) -> list[Cost]:
    """Export few hours and many, one after the other, from a stream of one page."""
    lake.zendesk.clock.set(START + (FEW + MANY + 24) * HOUR)
    lake.zendesk.account.populate(START, START + FEW * HOUR, tickets=20)
    lake.zendesk.account.populate(START + FEW * HOUR, START + (FEW + MANY) * HOUR, tickets=20)
    return [cost_of(lake, START, FEW), cost_of(lake, START + FEW * HOUR, MANY)]


def cost_of(lake: Lake, start: int, windows: int) -> Cost:
    zendesk = lake.zendesk
    arguments = [zendesk.url, zendesk.oauth_token, zendesk.clock.now(), lake.root, start, windows]
    command = [sys.executable, "-m", "tests.export.sweep_child", *map(str, arguments)]
    child = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=120)
    return Cost(*json.loads(child.stdout))


def test_a_window_needs_little_memory_and_no_line_of_the_log(costs: list[Cost], lake: Lake) -> None:
    few, many = costs
    assert len(lake.manifests()) == FEW + MANY
    assert (many.peak - few.peak) / (MANY - FEW) < BYTES_OF_A_WINDOW
    assert len(many.lines) == len(few.lines) <= 3
