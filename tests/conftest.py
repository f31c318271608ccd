# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.lakes import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

# Before anything imports Airflow: its home is a throw-away folder, and no example of its own is loaded.
_home = tempfile.TemporaryDirectory(prefix="airflow-")
os.environ["AIRFLOW_HOME"] = _home.name
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

# Examples are the same in every run, but for `make test-long`, which looks for new ones.
settings.register_profile("test", derandomize=True, max_examples=50, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("test")

pytest_plugins = ["airflow_provider_zendesk.emulator.pytest_plugin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The slowest files begin first, so that two processes end together.
    items.sort(key=lambda item: "system" not in item.path.parts)


@pytest.fixture
def lake(zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> Lake:
    return Lake(zendesk_emulator, tmp_path / "lake")
