# SPDX-License-Identifier: Apache-2.0
"""The engine runs without Airflow, whose import takes seconds and a home directory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Imports the module named on the command line and all below it; tells which those were and what they brought along.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
root = importlib.import_module(sys.argv[1])
names = [root.__name__]
for module in pkgutil.walk_packages(getattr(root, "__path__", []), root.__name__ + "."):
    importlib.import_module(module.name)
    names.append(module.name)
airflow = [name for name in sys.modules if name == "airflow" or name.startswith("airflow.")]
print(json.dumps([names, sorted(airflow)]))
"""


@pytest.mark.parametrize(
    ("module", "among_them"),
    [
        ("client", "client.client"),
        ("stream", "stream.stream"),
        ("lake", "lake.commit"),
        ("export", "export.exporter"),
        ("emulator", "emulator.pytest_plugin"),
        ("verify", "verify.__main__"),
        ("reconcile", "reconcile"),
        ("window", "window"),
        ("resources", "resources"),
        ("exceptions", "exceptions"),
        ("get_provider_info", "get_provider_info"),
    ],
)
def test_importing_it_loads_no_airflow(module, among_them):
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, f"airflow_provider_zendesk.{module}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported, airflow = json.loads(run.stdout)
    assert f"airflow_provider_zendesk.{among_them}" in imported
    assert airflow == []
