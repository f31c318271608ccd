# SPDX-License-Identifier: Apache-2.0
"""The view with names runs in DuckDB and Spark over five accounts, and says what the accounts say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from airflow_provider_zendesk.tables.named_tickets import named_tickets
from tests.sql.named import ACCOUNTS, LISTS, agrees, an_account, files, titles, truth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lakes import Lake


@pytest.mark.parametrize("seed", range(1, ACCOUNTS + 1))
def test_in_duckdb_it_is_the_truth(tmp_path: Path, seed: int) -> None:
    with an_account(tmp_path, seed) as lake, duckdb.connect() as database:
        database.execute("CREATE SCHEMA acme; SET schema = 'acme'")
        database.read_parquet(files(lake, "tickets")).create_view("tickets_history")
        for name in ("users", "organizations"):
            database.read_parquet(files(lake, "tickets", f"tickets__{name}")).create_view(name)
            database.execute(
                f"CREATE VIEW {name}_history AS SELECT DISTINCT id, name, updated_at AS _sort_key FROM {name}"  # noqa: S608
            )
        for name in LISTS:
            database.read_parquet(files(lake, name)).create_view(name)
        fields = dict(database.execute("SELECT id, title FROM ticket_fields").fetchall())
        assert fields == titles(lake)
        database.execute(named_tickets(fields, schema="acme"))
        relation = database.sql("FROM acme.tickets_with_names")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        assert len(rows) == len(truth(lake)) > 10
        assert agrees({row["id"]: row for row in rows}, lake)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("seed", range(1, ACCOUNTS + 1))
def test_in_spark_it_is_the_truth(tmp_path: Path, seed: int, spark: Any) -> None:
    with an_account(tmp_path, seed) as lake:
        _make_tables(spark, lake)
        # A view that lasts cannot be made of one that does not.
        spark.sql(named_tickets(titles(lake), "spark").replace("REPLACE VIEW", "REPLACE TEMP VIEW"))
        rows = [row.asDict() for row in spark.table("tickets_with_names").collect()]
        assert len(rows) == len(truth(lake)) > 10
        assert agrees({row["id"]: row for row in rows}, lake)


def _make_tables(spark: Any, lake: Lake) -> None:
    spark.read.parquet(*files(lake, "tickets")).createOrReplaceTempView("tickets_history")
    for name in ("users", "organizations"):
        frame = spark.read.parquet(*files(lake, "tickets", f"tickets__{name}"))
        people = frame.selectExpr("id", "name", "updated_at AS _sort_key").distinct()
        people.createOrReplaceTempView(f"{name}_history")
    for name in LISTS:
        spark.read.parquet(*files(lake, name)).createOrReplaceTempView(name)


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="dialect='mysql' is not possible; choose one of: duckdb, spark"):
        named_tickets({}, "mysql")  # type: ignore[arg-type]
