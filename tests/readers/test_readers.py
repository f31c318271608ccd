# SPDX-License-Identifier: Apache-2.0
"""What reads a month of daily windows: all of the manifests' rows, or an error; never a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.readers.month import NAMES, SUFFIXES
from tests.readers.reading import READERS, REFUSALS, WAYS, missing, read

if TYPE_CHECKING:
    from tests.readers.month import Month


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_reads_every_row_of_every_resource_or_refuses(
    month: Month, reader: str, suffix: str, way: str
) -> None:
    if lacks := missing(reader):
        pytest.skip(lacks)
    refusals = () if suffix == "parquet" else REFUSALS.get(reader, ())
    outcomes = {name: read(reader, month, suffix, name, way) for name in NAMES}
    assert {
        name: outcome
        for name, outcome in outcomes.items()
        if not outcome.is_right and outcome.refused not in refusals
    } == {}
