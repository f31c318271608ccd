# SPDX-License-Identifier: Apache-2.0
"""Reading Zendesk page by page. No storage and no Airflow here."""

from __future__ import annotations
