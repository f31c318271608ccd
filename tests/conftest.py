# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import tempfile

# Before anything imports Airflow: its home is a throw-away folder, and no example of its own is loaded.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-")
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

pytest_plugins = ["airflow_provider_zendesk.emulator.pytest_plugin"]
