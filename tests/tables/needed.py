# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest


def skip_without_sql_catalog() -> None:
    """Skip unless pyiceberg is installed, and its SQL catalog works: not with Airflow 2.11's SQLAlchemy."""
    try:
        import airflow.providers.apache.iceberg.hooks.iceberg  # noqa: F401
        import pyiceberg.catalog.sql  # noqa: F401
    except ImportError as error:
        pytest.skip(f"no SQL catalog of pyiceberg: {error}", allow_module_level=True)
