# SPDX-License-Identifier: Apache-2.0
"""Loads Zendesk's incremental exports into object storage with Apache Airflow."""

from __future__ import annotations

__version__ = "0.1.0"
