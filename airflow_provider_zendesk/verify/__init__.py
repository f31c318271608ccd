# SPDX-License-Identifier: Apache-2.0
"""Checks that committed data is complete, and reconciles it with Zendesk. Does not depend on Airflow."""

from __future__ import annotations
