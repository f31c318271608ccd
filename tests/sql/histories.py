# SPDX-License-Identifier: Apache-2.0
"""A lake whose tickets change, are deleted and scrubbed, and the truth about them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.reader import Lake as Reader

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from airflow_provider_zendesk.emulator.account.records import TruthRow
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
DAYS = 6
END = START + DAYS * DAY

Ticket = tuple[int, int, str, str]
"""Id, sort key, status and subject: what changes with an update, a deletion and a scrub."""
COLUMNS = "id, generated_timestamp, status, subject"


def day(number: int) -> tuple[int, int]:
    return START + number * DAY, START + (number + 1) * DAY


def files(lake: Lake, number: int) -> list[str]:
    """Return the files of the current revision of a day."""
    return Reader(lake.root).files("tickets", *day(number))


def export(lake: Lake, number: int) -> None:
    lake.export(*day(number), partition_by="day", format=FORMATS["parquet"], empty_files=True)


def live_through(lake: Lake) -> None:
    """
    Let the days pass, and export each when it is over.

    Between the end of a day and its export no ticket changes, so that the exports see the state at the end of each day.
    The last day but one has no changes.
    """
    draw = random.Random(7)
    account, deleted = lake.zendesk.account, list[int]()
    tickets = list[int]()
    for number in range(DAYS):
        start, end = day(number)
        lake.zendesk.clock.set(end + 3600)
        if number == DAYS - 2:
            export(lake, number)
            continue
        tickets += [account.create(start + 3600 + draw.randrange(30000)) for _ in range(12)]
        for ticket in deleted[:2]:
            account.scrub(ticket, start + 7200)
        deleted = deleted[2:]
        for ticket in draw.sample(tickets, len(tickets) // 3):
            account.update(ticket, start + 40000 + draw.randrange(9000))
        for ticket in draw.sample(tickets, 4):
            account.system_update(ticket, start + 50000)
        for ticket in draw.sample(tickets, 3):
            account.delete(ticket, start + 60000 + draw.randrange(9000))
            deleted.append(ticket)
            tickets.remove(ticket)
        tickets.append(account.create(start))  # the very moment at which the window before ends
        export(lake, number)


def as_tickets(rows: list[TruthRow]) -> set[Ticket]:
    found = [json.loads(row.raw) for row in rows]
    return {(one["id"], one["generated_timestamp"], one["status"], one["subject"]) for one in found}


def not_deleted(zendesk: ZendeskEmulator, moment: int) -> set[Ticket]:
    """Return the tickets that the account had at a moment."""
    tickets = as_tickets(zendesk.truth(START, moment + 1, at=moment))
    return {ticket for ticket in tickets if ticket[2] != "deleted"}
