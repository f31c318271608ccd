# SPDX-License-Identifier: Apache-2.0
"""Talking to Zendesk over a requests session. No Airflow here."""

from __future__ import annotations
