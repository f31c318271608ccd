# SPDX-License-Identifier: Apache-2.0
"""
Faults for export requests, see :meth:`ZendeskEmulator.answer_next` and :meth:`ZendeskEmulator.answer_at_random`.

The classes are general; the functions return the faults that Zendesk is known to have. A callable covers the rest:
``answer_next(None, zendesk.revoke_tokens)`` revokes the OAuth tokens before the second page, and
``lambda: zendesk.clock.advance(1800)`` lets them expire.
"""

from __future__ import annotations

from airflow_provider_zendesk.emulator.faults.plans import Answer, Cut, Plan, Rewrite, Stall
from airflow_provider_zendesk.emulator.faults.ready_made import (
    PASSING,
    cursor_refused,
    firewall_page,
    html_page,
    moved,
    plain_text,
    server_error,
    too_many_requests,
    unauthenticated,
    without_records,
    wrong_content_type,
)
from airflow_provider_zendesk.emulator.http.delivery import Drip, Hangup, Reset

__all__ = [
    "PASSING",
    "Answer",
    "Cut",
    "Drip",
    "Hangup",
    "Plan",
    "Reset",
    "Rewrite",
    "Stall",
    "cursor_refused",
    "firewall_page",
    "html_page",
    "moved",
    "plain_text",
    "server_error",
    "too_many_requests",
    "unauthenticated",
    "without_records",
    "wrong_content_type",
]
