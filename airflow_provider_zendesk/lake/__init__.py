# SPDX-License-Identifier: Apache-2.0
"""What is kept in storage: names, documents and the commit protocol. This package uses neither Zendesk nor Airflow."""

from __future__ import annotations
