# SPDX-License-Identifier: Apache-2.0
"""The example DAGs, of which some need providers that are not installed everywhere."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "example_dags"
NEEDED = {
    "zendesk_to_redshift": "airflow.providers.amazon",
    "zendesk_to_athena": "airflow.providers.amazon",
    "zendesk_to_bigquery": "airflow.providers.google",
    "zendesk_to_snowflake": "airflow.providers.snowflake",
    "zendesk_to_databricks": "airflow.providers.databricks",
}
NEEDED_BY_ALL = "airflow.providers.common.sql"


def load_example(name: str) -> Any:
    """Return the module of an example; skip the test if a provider that it is known to need is not installed."""
    for provider in (NEEDED.get(name), NEEDED_BY_ALL) if name in NEEDED else ():
        if not is_installed(provider):
            pytest.skip(f"{name} needs {provider}, which is not installed")
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_installed(provider: str | None) -> bool:
    try:
        return provider is not None and importlib.util.find_spec(provider) is not None
    except ModuleNotFoundError:
        return False
