# SPDX-License-Identifier: Apache-2.0
"""Reading back what was committed: is it whole, and does Zendesk show rows that it lacks? No Airflow here."""

from __future__ import annotations
