# SPDX-License-Identifier: Apache-2.0
"""The parts that need an Airflow task: waiting on the worker, opening storage, sending metrics."""

from __future__ import annotations
