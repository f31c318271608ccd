# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import suppress

# Without pyiceberg, or with Airflow 2.11's SQLAlchemy, for which it has no SQL catalog, the test modules are skipped.
with suppress(ImportError):
    from tests.tables.tables import tables  # noqa: F401 - a fixture
