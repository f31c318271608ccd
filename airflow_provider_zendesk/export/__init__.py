# SPDX-License-Identifier: Apache-2.0
"""The engine: from a page of JSON to committed files. No Airflow here."""

from __future__ import annotations
