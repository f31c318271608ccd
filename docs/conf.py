# SPDX-License-Identifier: Apache-2.0
"""Settings of the Sphinx build."""

from __future__ import annotations

from airflow_provider_zendesk import __version__

project = "airflow-provider-zendesk"
release = __version__
html_theme = "alabaster"
exclude_patterns = ["_build", "benchmarks/table.rst"]  # benchmarks.rst includes it
