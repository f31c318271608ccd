# SPDX-License-Identifier: Apache-2.0
"""Five accounts, each in a root of its own, and their tickets with names as the emulator knows them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.reader import Lake as Reader
from tests.lakes import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86400
START = 1763596800
END = START + 2 * DAY
ACCOUNTS = 5
LISTS = ("ticket_fields", "groups", "brands", "ticket_forms", "custom_statuses")

Row = dict[str, Any]


@contextmanager
def an_account(root: Path, seed: int) -> Iterator[Lake]:
    """Export an account's tickets with their users and organizations, and its lists."""
    with ZendeskEmulator(now=END + 3600, speed=0, seed=seed) as zendesk:
        lake = Lake(zendesk, root)
        zendesk.account.populate(START, END, tickets=60)
        parquet = FORMATS["parquet"]
        lake.export(START, END, format=parquet, partition_by="day", include=["users", "organizations"])
        fields = zendesk.account.items("ticket_fields")
        # Titles that are there twice, or are another column's.
        fields.update(0, title="Größe", name="")
        fields.update(1, title="größe")
        fields.update(2, title="status")
        zendesk.account.items("groups").update(3, name='Group "3" `x`')
        for name in LISTS:
            lake.snapshot(name, START, START + DAY, format=parquet)
        yield lake


def files(lake: Lake, name: str, dataset: str | None = None) -> list[str]:
    return Reader(str(lake.root)).files(name, dataset=dataset)


def titles(lake: Lake) -> dict[int, str]:
    return {row["id"]: row["title"] for row in map(json.loads, lake.zendesk.list_truth("ticket_fields"))}


def column_of(lake: Lake, field: int) -> str:
    title = titles(lake)[field]
    return f"{title} {field}" if title.lower() in ("größe", "status") else title


def truth(lake: Lake) -> dict[int, Row]:
    """The tickets by id, with names and custom fields as the emulator's own records say."""
    zendesk = lake.zendesk
    names = {
        name: {
            row["id"]: row.get("agent_label", row.get("name"))
            for row in map(json.loads, zendesk.list_truth(name))
        }
        for name in LISTS[1:]
    }
    people: dict[str, dict[int, str]] = {"users": {}, "organizations": {}}
    page = zendesk.truth(START, END, include=("users", "organizations"))
    rows = [json.loads(row.raw) for row in page]
    for manifest in lake.manifests():
        if manifest["resource"] != "tickets":
            continue
        for kind in people:
            for file in (one for one in manifest["files"] if one["dataset"] == f"tickets__{kind}"):
                text = FORMATS["parquet"].read(
                    (lake.root / file["path"]).read_bytes(), file["uncompressed_bytes"]
                )
                people[kind] |= {row["id"]: row["name"] for row in map(json.loads, text.splitlines())}
    found = {}
    for row in rows:
        if row["status"] == "deleted":
            continue
        found[row["id"]] = {
            "subject": row["subject"],
            "requester_name": people["users"].get(row["requester_id"]),
            "assignee_name": people["users"].get(row["assignee_id"]),
            "organization_name": people["organizations"].get(row["organization_id"]),
            "group_name": names["groups"].get(row["group_id"]),
            "brand_name": names["brands"][row["brand_id"]],
            "ticket_form_name": names["ticket_forms"][row["ticket_form_id"]],
            "custom_status_name": names["custom_statuses"].get(row["custom_status_id"]),
            **{column_of(lake, one["id"]): one["value"] for one in row["custom_fields"]},
        }
    return found


def agrees(found: dict[int, Row], lake: Lake) -> bool:
    """Return True if the view's rows are the truth; values that are no text are JSON text in the view."""
    wanted = truth(lake)
    return found.keys() == wanted.keys() and all(
        _same(found[ticket][name], value) for ticket, row in wanted.items() for name, value in row.items()
    )


def _same(found: Any, value: Any) -> bool:
    if value is None or isinstance(value, str):
        return bool(found == value)
    return bool(json.loads(found) == value)
