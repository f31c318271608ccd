# SPDX-License-Identifier: Apache-2.0
"""
The Spark queries of the documentation in Spark itself, where pyspark and Java are installed.

Spark alone has no tables that MERGE can change, so Spark only parses that query here. test_duckdb.py runs it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.lake.reader import Lake as Reader
from tests.sql.histories import COLUMNS, DAYS, END, Ticket, day, live_through, not_deleted
from tests.sql.test_duckdb import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lakes import Lake

pytest.importorskip("pyspark")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    options = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "UTC",
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def history(lake: Lake, spark: Any) -> Lake:
    """A history whose files Spark reads as the table of all versions."""
    live_through(lake)
    spark.read.parquet(*Reader(lake.root).files("tickets")).createOrReplaceTempView("tickets_history")
    return lake


def tickets(frame: Any) -> set[Ticket]:
    rows = [tuple(row) for row in frame.select(*COLUMNS.split(", ")).collect()]
    assert len(rows) == len(set(rows))
    return set(rows)


def test_the_latest_versions_are_what_the_account_has(history: Lake, spark: Any) -> None:
    # A view that lasts cannot be made of one that does not.
    spark.sql(text("spark/latest").replace("REPLACE VIEW", "REPLACE TEMP VIEW"))
    assert tickets(spark.table("tickets")) == not_deleted(history.zendesk, END)


def test_the_state_at_the_end_of_each_day_is_what_the_account_had(history: Lake, spark: Any) -> None:
    for number in range(DAYS):
        end = day(number)[1]
        found = spark.sql(text("spark/as_of"), args={"moment": datetime.fromtimestamp(end, UTC)})
        assert tickets(found) == not_deleted(history.zendesk, end)


@pytest.mark.parametrize("name", ["create_history", "merge_window", "latest", "as_of"])
def test_every_query_is_spark_sql(name: str, spark: Any) -> None:
    parser = spark._jsparkSession.sessionState().sqlParser()
    assert parser.parsePlan(text(f"spark/{name}")) is not None
