# SPDX-License-Identifier: Apache-2.0
"""What the examples that load a warehouse do to rows that their whole runs do not meet."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.examples import FOLDER, load_example
from tests.warehouses.test_warehouses import WAREHOUSES

DAY, NEXT, LAST = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-20T23:59:59Z")
NAME = "20261120T000000Z-20261121T000000Z-r1-"


class Exported:
    """A task instance after the export of a day, whose window was replaced once."""

    def __init__(self, root: str) -> None:
        prefix = f"{root}/zendesk/tickets/dt=2026-11-20/{NAME}"
        self.summary = {"start_time": DAY, "end_time": NEXT, "prefix": prefix}

    def xcom_pull(self, task_ids: str) -> Any:
        assert task_ids == "export"
        return self.summary


def rendered(name: str, task: str) -> Any:
    """Return a task of an example with its templates rendered, as it is after an export."""
    operator = load_example(name).dag.get_task(task)
    operator.render_template_fields({"ti": Exported("s3://lake")})
    return operator


def table(name: str, rows: list[tuple[int, str, int]]) -> str:
    """Return what makes a table of tickets: ids, moments, and seconds to add to these."""
    values = [f"({id}, epoch(TIMESTAMPTZ '{moment}') + {more})" for id, moment, more in rows]
    return "; ".join(
        [
            f"CREATE TABLE zendesk.tickets_{name} (id BIGINT, generated_timestamp BIGINT)",
            *(f"INSERT INTO zendesk.tickets_{name} VALUES {row}" for row in values),
            "",
        ]
    )


def left_by(statements: list[str], create: str) -> list[Any]:
    """Run SQL of a warehouse in DuckDB, and return what is in tickets_history afterwards."""
    with duckdb.connect() as database:
        database.execute(f"CREATE SCHEMA zendesk; {create}")
        for statement in statements:
            database.execute(statement)
        return database.sql("SELECT id FROM zendesk.tickets_history ORDER BY id").fetchall()


@pytest.mark.parametrize(
    ("staged", "left"),
    [
        pytest.param([(3, NEXT, -1)], [1, 3, 4], id="the window"),
        pytest.param([], [1, 4], id="a window without rows"),
        pytest.param([(5, NEXT, 0)], [1, 2, 4], id="another window, by mistake"),
    ],
)
def test_redshift_replaces_the_rows_of_the_window(
    staged: list[tuple[int, str, int]], left: list[int]
) -> None:
    load = rendered("zendesk_to_redshift", "load")
    assert load.autocommit is False
    create = table("history", [(1, DAY, -1), (2, DAY, 0), (4, NEXT, 0)]) + table("window", staged)
    assert left_by(load.sql, create) == [(id,) for id in left]
    assert left_by(load.sql * 2, create) == [(id,) for id in left]


@pytest.mark.parametrize("name", ["zendesk_to_snowflake", "zendesk_to_databricks"])
def test_only_rows_of_other_revisions_of_the_window_are_pruned(name: str) -> None:
    prune = rendered(name, "prune")
    older = NAME.replace("-r1-", "-r0-")
    create = f"""CREATE TABLE zendesk.tickets_history (id BIGINT, _sort_key TIMESTAMPTZ, _file TEXT);
        INSERT INTO zendesk.tickets_history VALUES (1, '{DAY}', '{older}00000.parquet'), (2, '{LAST}', '{older}00001.parquet'),
        (3, '{DAY}', 'tickets/dt=2026-11-20/{NAME}00000.parquet'), (4, '{NEXT}', 'another day')"""
    assert left_by([prune.sql], create) == [(3,), (4,)]


def test_snowflake_is_not_given_the_files_of_late_rows() -> None:
    names = load_example("zendesk_to_snowflake").dag.get_task("names_in_stage").python_callable
    files = [
        f"s3://lake/zendesk/{resource}/dt=2026-11-20/0.parquet" for resource in ("tickets", "tickets__late")
    ]
    assert names(files) == ["tickets/dt=2026-11-20/0.parquet"]


def test_every_loading_example_runs_whole() -> None:
    examples = {path.stem.removeprefix("zendesk_to_") for path in FOLDER.glob("zendesk_to_*.py")}
    assert examples == {*WAREHOUSES, "duckdb"}  # DuckDB in tests/system
