# SPDX-License-Identifier: Apache-2.0
"""
What is kept in storage: names, documents and the commit protocol. This package uses neither Zendesk nor Airflow.

:class:`Lake` reads it.
"""

from __future__ import annotations

from airflow_provider_zendesk.lake.reader import Lake

__all__ = ["Lake"]
