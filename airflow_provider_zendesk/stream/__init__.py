# SPDX-License-Identifier: Apache-2.0
"""Reading Zendesk page by page. This package uses neither storage nor Airflow."""

from __future__ import annotations
