# SPDX-License-Identifier: Apache-2.0
"""Fills an account with records of every resource, in the proportions of a real help desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.account import Account

# Records per hundred tickets.
SHARES = {
    "tickets": 100,
    "ticket_events": 300,
    "ticket_metric_events": 300,
    "users": 50,
    "organizations": 5,
    "articles": 3,
    "calls": 10,
    "legs": 30,
    "side_conversation_events": 15,
    "engagements": 80,
    "routing/attributes": 1,
    "routing/attribute_values": 4,
    "routing/instance_values": 40,
    "custom_objects/vehicle": 10,
}


def populate(account: Account, start: int, end: int, tickets: int) -> dict[str, int]:
    """
    Add records of every resource with a history, spread over ``[start, end)``.

    :param start: epoch second
    :param end: epoch second, not included
    :returns: number of records by resource, at least one each if ``tickets`` is positive
    """
    counts = {resource: -(-tickets * share // 100) for resource, share in SHARES.items()}
    for resource, count in counts.items():
        account.records(resource).populate(start, end, count)
    return counts
