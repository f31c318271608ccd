# SPDX-License-Identifier: Apache-2.0
"""Spark, in one process. It needs Java."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.readers.month import Row

CALLS = ("spark.read.json(files)", "spark.read.parquet(*files)")


def missing() -> str:
    """Return what is not installed, with the way to install it."""
    return "" if shutil.which("java") else "Spark needs Java: apt-get install -y default-jre-headless"


@cache
def _spark() -> Any:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.log.level": "OFF",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    return SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()


def json_ids(files: str | list[str], field: str) -> list[str]:
    rows = _spark().read.json(files).collect()
    return [str(row[field]) for row in rows]


def parquet_rows(files: str | list[str], field: str) -> list[Row]:
    from pyspark.sql.functions import col, unix_micros

    frame = _spark().read.parquet(*([files] if isinstance(files, str) else files))
    rows = frame.withColumn("micros", unix_micros(col("_sort_key"))).collect()
    return [(str(row[field]), row["micros"]) for row in rows]
