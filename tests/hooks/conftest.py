# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import tempfile

# Airflow reads these when it is first imported.
_home = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ["AIRFLOW_HOME"] = _home.name
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "True"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
