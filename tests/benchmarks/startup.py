# SPDX-License-Identifier: Apache-2.0
"""What it costs to import the operator, over what Airflow costs every DAG file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from statistics import median

from tests.benchmarks.comparison import airflow_environment
from tests.benchmarks.table import Table

AIRFLOW = "from airflow.sdk import DAG, BaseOperator"
OPERATOR = (
    "from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator"
)
PRINT_CPU = "import time; print(time.process_time())"
PAIRS = 7


def imports() -> Table:
    with tempfile.TemporaryDirectory() as home:
        _cpu_of(home, AIRFLOW, OPERATOR)  # so that files are compiled, and Airflow has made its home
        pairs = [(_cpu_of(home, AIRFLOW), _cpu_of(home, AIRFLOW, OPERATOR)) for _ in range(PAIRS)]
    table = Table(f"CPU of imports, median of {PAIRS}", ("import", "CPU s"))
    table.add("Python, and Airflow's DAG and BaseOperator", median(before for before, _ in pairs))
    table.add("the operator, over that", median(after - before for before, after in pairs))
    return table


def _cpu_of(home: str, *statements: str) -> float:
    """Return the CPU seconds of a fresh interpreter that executes some statements."""
    command = [sys.executable, "-c", "\n".join([*statements, PRINT_CPU])]
    done = subprocess.run(command, env=airflow_environment(home), capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])
