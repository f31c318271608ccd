# SPDX-License-Identifier: Apache-2.0
"""
A local Zendesk to test and try exports against: the real paging, limits and errors, over HTTP.

Run it with ``python -m airflow_provider_zendesk.emulator``, use it as a context manager, or enable the pytest fixture
``zendesk_emulator`` with ``pytest_plugins = ["airflow_provider_zendesk.emulator.pytest_plugin"]``.
"""

from __future__ import annotations

from airflow_provider_zendesk.emulator.account.records import TruthRow
from airflow_provider_zendesk.emulator.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import Answer, Cut, Drip, Hangup, Reset, Rewrite, Stall
from airflow_provider_zendesk.emulator.log import LoggedRequest

__all__ = [
    "Answer",
    "Cut",
    "Drip",
    "Hangup",
    "LoggedRequest",
    "Reset",
    "Rewrite",
    "Stall",
    "TruthRow",
    "ZendeskEmulator",
]
