# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run an Airflow command in a home of its own, with a database."""
    home = tmp_path_factory.mktemp("airflow")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment = {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CLONE / "example_dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
    }

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    migrated = run("db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    return run


@pytest.fixture
def run_dag(airflow: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., str]:
    """Run a DAG for a date, which has to succeed, and return what Airflow said."""

    def run(dag_id: str, date: str, *arguments: str, **more: str) -> str:
        done = airflow("dags", "test", dag_id, date, *arguments, **more)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    return run
