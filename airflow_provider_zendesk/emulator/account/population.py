# SPDX-License-Identifier: Apache-2.0
"""An account with something of everything, in the proportions of a help desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.account import Account

# Records for each hundred tickets.
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
    Add records of every resource, with a life each, spread over ``[start, end)``.

    :param start: epoch second
    :param end: epoch second, not included
    :returns: how many of each, by resource; of none fewer than one if there are tickets
    """
    counts = {resource: -(-tickets * share // 100) for resource, share in SHARES.items()}
    for resource, count in counts.items():
        account.records(resource).populate(start, end, count)
    return counts
