# SPDX-License-Identifier: Apache-2.0
"""Talks to Zendesk over a requests session. Does not depend on Airflow."""

from __future__ import annotations
