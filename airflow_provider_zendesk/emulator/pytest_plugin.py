# SPDX-License-Identifier: Apache-2.0
"""The fixture ``zendesk_emulator``: enable it with ``pytest_plugins = ["airflow_provider_zendesk.emulator.pytest_plugin"]``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.emulator.emulator import ZendeskEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def zendesk_emulator() -> Iterator[ZendeskEmulator]:
    """An empty account without rate limits, with its clock stopped at 2026-11-21T12:00:00Z."""
    with ZendeskEmulator(now=NOW, speed=0) as zendesk:
        yield zendesk
