# SPDX-License-Identifier: Apache-2.0
"""The month that all readers read, exported once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.readers.month import Month, export


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "ZENDESK_READERS" in os.environ:
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason="needs the readers that `make test-readers` installs"))


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return export(tmp_path_factory.mktemp("month"))
