# SPDX-License-Identifier: Apache-2.0
"""
A Zendesk on your laptop, to test and try exports against: the real paging, limits and errors, over HTTP.

Run it with ``python -m airflow_provider_zendesk.emulator``, use it as a context manager, or switch on the pytest fixture
``zendesk_emulator`` with ``pytest_plugins = ["airflow_provider_zendesk.emulator.pytest_plugin"]``.
"""

from __future__ import annotations

from airflow_provider_zendesk.emulator.emulator import LoggedRequest, ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import Answer, Hangup, Rewrite
from airflow_provider_zendesk.emulator.records import TruthRow

__all__ = ["Answer", "Hangup", "LoggedRequest", "Rewrite", "TruthRow", "ZendeskEmulator"]
