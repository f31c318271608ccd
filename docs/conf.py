# SPDX-License-Identifier: Apache-2.0
"""Settings of the Sphinx build."""

from __future__ import annotations

import sys
from pathlib import Path

from airflow_provider_zendesk import __version__

sys.path.insert(0, str(Path(__file__).parent))
from parquet_columns import SUBSTITUTIONS

project = "airflow-provider-zendesk"
release = __version__
extensions = ["parquet_columns"]
rst_epilog = SUBSTITUTIONS
html_theme = "alabaster"
exclude_patterns = ["_build", "benchmarks/table.rst"]  # benchmarks.rst includes it
