# SPDX-License-Identifier: Apache-2.0
"""Zendesk's incremental exports, landed in object storage by Apache Airflow."""

from __future__ import annotations

__version__ = "0.1.0"
