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
extensions = ["generated", "parquet_columns", "sphinx.ext.autodoc"]
rst_epilog = SUBSTITUTIONS
html_theme = "furo"
html_title = "airflow-provider-zendesk"
html_logo = html_favicon = "images/logo.svg"
html_theme_options = {
    "source_repository": "https://github.com/airflow-provider-zendesk/airflow-provider-zendesk"
}
exclude_patterns = ["_build", "benchmarks/table.rst"]  # benchmarks.rst includes it
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
