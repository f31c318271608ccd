# SPDX-License-Identifier: Apache-2.0
"""No client looks up anything in a cloud, neither here nor in Airflow."""

from __future__ import annotations

import os

from tests.system.conftest import airflow, run_dag

__all__ = ["airflow", "run_dag"]

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
# gcsfs would ask a gRPC service that no emulator has, for a minute each time.
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"
