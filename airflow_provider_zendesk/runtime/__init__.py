# SPDX-License-Identifier: Apache-2.0
"""What only an Airflow task knows: its worker, its storage, its metrics."""

from __future__ import annotations
