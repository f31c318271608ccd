# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.command_line import CLONE, CommandLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Return the command line of a home that knows the example DAGs."""
    settings = {"AIRFLOW__CORE__TEST_CONNECTION": "Enabled", "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG"}
    with CommandLine(tmp_path_factory.mktemp("airflow"), CLONE / "example_dags", **settings) as line:
        yield line


@pytest.fixture
def run_dag(airflow: CommandLine) -> Callable[..., str]:
    """Run a DAG for a date, which has to succeed, and return what Airflow said."""

    def run(dag_id: str, date: str, *arguments: str, **more: str) -> str:
        return airflow.succeed("dags", "test", dag_id, date, *arguments, **more)

    return run
