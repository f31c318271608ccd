# SPDX-License-Identifier: Apache-2.0
"""The DuckDB queries of the documentation, over a lake in which tickets change, are deleted and scrubbed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.reader import Lake as Reader
from tests.sql.histories import (
    COLUMNS,
    DAY,
    DAYS,
    END,
    START,
    Ticket,
    as_tickets,
    day,
    export,
    files,
    live_through,
    not_deleted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lakes import Lake

SQL = Path(__file__).parents[2] / "docs" / "sql"


def moment(second: int) -> str:
    return f"to_timestamp({second})"


class DuckDB:
    """The queries of the documentation in DuckDB's own dialect."""

    def __init__(self) -> None:
        self.database = duckdb.connect()

    def load(self, window: tuple[int, int], files: list[str]) -> None:
        self.set("files", repr(files))
        self.set("window_start", moment(window[0]))
        self.set("window_end", moment(window[1]))
        self.database.execute(text("duckdb/load_window"))

    def latest(self) -> set[Ticket]:
        self.database.execute(text("duckdb/latest"))
        return self.tickets("FROM tickets")

    def as_of(self, second: int) -> set[Ticket]:
        self.set("moment", moment(second))
        return self.tickets(text("duckdb/as_of"))

    def tickets(self, query: str) -> set[Ticket]:
        """Return the tickets of a query, after a check that none is there twice."""
        rows = self.database.sql(query).select(COLUMNS).fetchall()
        assert len(rows) == len(set(rows))
        return set(rows)

    def roll_back(self) -> None:
        """End a transaction that failed, as a process does that ends with the error."""
        self.database.rollback()

    def set(self, name: str, value: str) -> None:
        self.database.execute(f"SET VARIABLE {name} = {value}")


class SparkInDuckDB(DuckDB):
    """The queries for Spark, of which DuckDB writes only the parameters and the creation of a table in another way."""

    def load(self, window: tuple[int, int], files: list[str]) -> None:
        self.database.sql(f"CREATE OR REPLACE VIEW tickets_window AS FROM read_parquet({files})")
        self.database.execute(text("spark/create_history").replace(" USING delta", ""))
        bounds = {"window_start": window[0], "window_end": window[1]}
        self.database.execute(with_moments("spark/merge_window", **bounds))

    def roll_back(self) -> None:
        """A MERGE is one statement."""

    def latest(self) -> set[Ticket]:
        self.database.execute(text("spark/latest"))
        return self.tickets("FROM tickets")

    def as_of(self, second: int) -> set[Ticket]:
        return self.tickets(with_moments("spark/as_of", moment=second))


def text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


def with_moments(name: str, **seconds: int) -> str:
    query = text(name)
    for parameter, second in seconds.items():
        query = query.replace(f":{parameter}", moment(second))
    return query


@pytest.fixture
def history(lake: Lake) -> Lake:
    live_through(lake)
    return lake


@pytest.fixture(params=[DuckDB, SparkInDuckDB])
def warehouse(request: pytest.FixtureRequest) -> DuckDB:
    made: Callable[[], DuckDB] = request.param
    return made()


def load_all(warehouse: DuckDB, lake: Lake, order: list[int]) -> None:
    for number in order:
        warehouse.load(day(number), files(lake, number))


def in_the_lake(lake: Lake) -> set[Ticket]:
    """Return every version of every ticket that the lake has."""
    found = duckdb.read_parquet(Reader(lake.root).files("tickets")).select(COLUMNS).fetchall()
    assert len(found) == len(set(found))
    return set(found)


def test_the_latest_versions_are_what_the_account_has(history: Lake, warehouse: DuckDB) -> None:
    load_all(warehouse, history, list(range(DAYS)))
    found = warehouse.latest()
    assert found == not_deleted(history.zendesk, END)
    everything = as_tickets(history.zendesk.truth(START, END))
    assert {status for _, _, status, _ in everything - found} == {"deleted"}
    assert len({subject for _, _, _, subject in everything - found}) > 1  # of which some are scrubbed


def test_windows_may_come_late_and_again(history: Lake, warehouse: DuckDB) -> None:
    order = list(range(DAYS)) * 2
    random.Random(3).shuffle(order)
    load_all(warehouse, history, order)
    assert warehouse.latest() == not_deleted(history.zendesk, END)
    assert warehouse.tickets("FROM tickets_history") == in_the_lake(history)


def test_the_state_at_the_end_of_each_day_is_what_the_account_had(history: Lake, warehouse: DuckDB) -> None:
    load_all(warehouse, history, list(range(DAYS)))
    for number in range(DAYS):
        end = day(number)[1]
        assert warehouse.as_of(end) == not_deleted(history.zendesk, end)


def test_a_window_that_was_replaced_loses_what_the_old_revision_had(history: Lake, warehouse: DuckDB) -> None:
    load_all(warehouse, history, list(range(DAYS)))
    before = in_the_lake(history)
    for number in (0, 2):
        export(history, number)
        warehouse.load(day(number), files(history, number))
    assert in_the_lake(history) < before  # Zendesk keeps only the last version of a ticket
    assert warehouse.tickets("FROM tickets_history") == in_the_lake(history)
    assert warehouse.latest() == not_deleted(history.zendesk, END)


def test_a_window_that_lost_all_its_rows_is_empty_afterwards(history: Lake, warehouse: DuckDB) -> None:
    load_all(warehouse, history, list(range(DAYS)))
    empty = files(history, DAYS - 2)
    warehouse.load(day(0), empty)
    first = [ticket for ticket in in_the_lake(history) if ticket[1] < START + DAY]
    assert first
    assert warehouse.tickets("FROM tickets_history") == in_the_lake(history) - set(first)


def test_several_windows_can_be_loaded_at_once(history: Lake, warehouse: DuckDB) -> None:
    warehouse.load((START, END), Reader(history.root).files("tickets", START, END))
    warehouse.load((START, END), Reader(history.root).files("tickets", START, END))
    assert warehouse.tickets("FROM tickets_history") == in_the_lake(history)


def test_a_load_that_fails_changes_nothing(history: Lake, warehouse: DuckDB) -> None:
    load_all(warehouse, history, [0, 1])
    before = warehouse.tickets("FROM tickets_history")
    cut = history.root / "cut.parquet"
    cut.write_bytes(b"PAR1")
    with pytest.raises(duckdb.Error):
        warehouse.load(day(0), [str(cut)])
    warehouse.roll_back()
    assert warehouse.tickets("FROM tickets_history") == before


def test_late_rows_are_versions_like_others(lake: Lake) -> None:
    """Some of them are in their own window too."""
    lake.zendesk.old_rows = 7200
    lake.zendesk.clock.set(START)
    lake.zendesk.account.records("ticket_events").populate(START, START + DAY, 200)
    for start in range(START, START + 28 * 3600, 4 * 3600):
        lake.zendesk.clock.set(start + 4 * 3600 + 900)
        lake.export(start, start + 4 * 3600, name="ticket_events", format=FORMATS["parquet"])
    warehouse = DuckDB()
    history = warehouse.database.read_parquet(Reader(lake.root).files("ticket_events"))
    history.create_view("ticket_events_history")
    warehouse.set("late_files", repr(str(lake.root / "ticket_events__late" / "**" / "*.parquet")))
    warehouse.database.execute(text("duckdb/with_late_rows"))
    found = warehouse.database.sql("SELECT id FROM ticket_events ORDER BY id").fetchall()
    assert len(history) < len(found)
    truth = lake.zendesk.truth(START, START + DAY, resource="ticket_events", include=("comment_events",))
    assert found == sorted((row.id,) for row in truth)
