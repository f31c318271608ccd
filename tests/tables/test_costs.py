# SPDX-License-Identifier: Apache-2.0
"""What a run asks of catalog and storage does not grow with what the table holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.tables.needed import skip_without_sql_catalog

skip_without_sql_catalog()

from pyiceberg.manifest import clear_manifest_cache

from tests.tables.catalogs import Disturbance, disturbed

if TYPE_CHECKING:
    from tests.tables.tables import Tables

# The lake: its marker, the listings of two folders, a manifest and the end of a data file.
LAKE = {"get": 2, "files": 2, "get_range": 1}
# The catalog: the table's metadata, again when it commits, and what a new snapshot needs of the one before.
APPEND = {"load_table": 1, "commit_table": 1, "read": 4, "write": 3}
# Beside these, the old file is looked for in the snapshot before: for the difference, and twice for the commit.
REPLACE = {"load_table": 1, "commit_table": 1, "read": 8, "write": 4}
NOTHING = {"load_table": 1, "read": 4}


def cost(tables: Tables, day: int) -> dict[str, int]:
    """Return the number of each operation of a run, in a process that remembers no manifests."""
    clear_manifest_cache()
    operations = Disturbance(-1, lambda: None, after=False)
    with disturbed(operations):
        tables.register(day)
    return dict(Counter(operations.operations))


@pytest.mark.parametrize("history", [3, 40])
def test_a_run_costs_the_same_however_many_days_the_table_holds(tables: Tables, history: int) -> None:
    tables.lake.root = tables.lake.root.with_name("long")
    tables.lake.zendesk.reset(now=tables.moment(50))
    tables.lake.zendesk.account.populate(tables.moment(0), tables.moment(history + 1), tickets=3 * history)
    tables.export(days=history + 1)
    for day in range(history):
        tables.register(day)
    assert cost(tables, history) == LAKE | APPEND
    tables.export(1)
    assert cost(tables, 1) == LAKE | REPLACE
    assert cost(tables, 1) == {"get": 2, "files": 2} | NOTHING
