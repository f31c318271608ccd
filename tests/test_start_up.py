# SPDX-License-Identifier: Apache-2.0
"""A DAG file that imports an operator or the sensor is parsed often, so it loads little more than Airflow itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

OURS = "airflow_provider_zendesk"
# Airflow itself loads some of them, and not the same ones in each version.
LIBRARIES = {
    "aiohttp",
    "fsspec",
    "isal",
    "msgspec",
    "pyarrow",
    "pyiceberg",
    "requests",
    "tenacity",
    "urllib3",
}
LIGHT = {
    "exceptions",
    "get_provider_info",
    "operators",
    "runtime",
    "sensors",
    "triggers",
    "urls",
    "version_compat",
}
IMPORTED = [
    "operators.incremental_export",
    "operators.reconcile_export",
    "operators.table",
    "operators.verify_export",
    "sensors.end_of_stream",
    "triggers.position",
    "get_provider_info",
]

# Tells what is loaded after the import of the modules named on the command line, and what Airflow had loaded before.
IMPORT_AFTER_AIRFLOW = """
import importlib, json, sys
from airflow.providers.common.compat.sdk import BaseOperator
before = list(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps([before, list(sys.modules)]))
"""


def loaded_by(*modules: str) -> tuple[set[str], set[str]]:
    """
    Return what the given modules of the package load.

    :return: the libraries that Airflow had not loaded before, and the folders and files directly below the package.
    """
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_AFTER_AIRFLOW, *(f"{OURS}.{module}" for module in modules)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    before, after = map(set, json.loads(run.stdout.splitlines()[-1]))
    libraries = LIBRARIES & {name.partition(".")[0] for name in after - before}
    return libraries, {name.split(".")[1] for name in after if name.startswith(f"{OURS}.")}


def test_a_dag_file_loads_no_more_than_it_needs():
    libraries, rooms = loaded_by(*IMPORTED)
    assert libraries == set()
    assert rooms == LIGHT


@pytest.mark.parametrize(
    ("task", "needs"),
    [
        ("incremental_export", {"client", "export", "hooks", "lake", "stream"}),
        ("reconcile_export", {"client", "export", "hooks", "lake", "stream"}),
        ("end_of_stream", {"client", "hooks", "stream"}),
    ],
)
def test_what_only_the_task_needs_would_be_noticed(task, needs):
    libraries, rooms = loaded_by(*IMPORTED, f"tasks.{task}")
    assert "aiohttp" in libraries
    assert needs <= rooms
