# SPDX-License-Identifier: Apache-2.0
"""The lists that have no stream of changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.account.rows.lists import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1763596800


@pytest.fixture
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=NOW, speed=0, requests_per_minute=50) as zendesk:
        yield zendesk


def get(zendesk: ZendeskEmulator, path: str, token: str | None = None, **query: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or zendesk.oauth_token}"}
    return requests.get(zendesk.url + path, query, headers=headers, timeout=10)


def walk(zendesk: ZendeskEmulator, name: str, size: int) -> list[dict[str, Any]]:
    kind, rows, query = LISTS[name], [], {"page[size]": size}
    while True:
        page = get(zendesk, kind.path, **query).json()
        rows += page[kind.rows]
        if not page["meta"]["has_more"]:
            return rows
        query["page[after]"] = page["meta"]["after_cursor"]


@pytest.mark.parametrize("size", [1, 5, 12, 100])
def test_a_walk_by_cursor_returns_the_truth(zendesk: ZendeskEmulator, size: int) -> None:
    assert walk(zendesk, "groups", size) == [json.loads(row) for row in zendesk.list_truth("groups")]


def test_a_page_is_capped_whatever_is_asked_for(zendesk: ZendeskEmulator) -> None:
    zendesk.list_page = 7
    assert len(get(zendesk, "/api/v2/groups", **{"page[size]": 100}).json()["groups"]) == 7


def test_without_a_page_size_pages_have_numbers(zendesk: ZendeskEmulator) -> None:
    zendesk.list_page = 7
    first = get(zendesk, "/api/v2/groups").json()
    second = requests.get(
        first["next_page"], headers={"Authorization": f"Bearer {zendesk.oauth_token}"}, timeout=10
    ).json()
    assert (len(first["groups"]), len(second["groups"]), second["next_page"]) == (7, 5, None)
    assert first["count"] == 12


def test_changes_show_at_their_moment(zendesk: ZendeskEmulator) -> None:
    groups = zendesk.account.items("groups")
    before = zendesk.list_truth("groups")
    groups.update(0, at=NOW + 10, name="Other")
    groups.delete(1, at=NOW + 20)
    groups.create(at=NOW + 30)
    assert zendesk.list_truth("groups") == before
    zendesk.clock.set(NOW + 30)
    names = [json.loads(row)["name"] for row in zendesk.list_truth("groups")]
    assert (len(names), names[0]) == (12, "Other")


def test_a_cursor_stands_where_its_record_was(zendesk: ZendeskEmulator) -> None:
    first = get(zendesk, "/api/v2/groups", **{"page[size]": 3}).json()
    zendesk.account.items("groups").delete(2)
    after = first["meta"]["after_cursor"]
    second = get(zendesk, "/api/v2/groups", **{"page[size]": 3, "page[after]": after}).json()
    assert second["groups"][0]["id"] == 361000000203
    assert get(zendesk, "/api/v2/groups", **{"page[after]": "nonsense"}).status_code == 400


@pytest.mark.parametrize(("why", "status"), [("plan", 404), ("role", 403), ("groups:read", 403)])
def test_a_list_can_be_forbidden(zendesk: ZendeskEmulator, why: str, status: int) -> None:
    zendesk.forbidden_lists = {"groups": why}
    assert get(zendesk, "/api/v2/groups").status_code == status
    assert get(zendesk, "/api/v2/brands").status_code == 200


def test_calls_count_against_the_accounts_limit_and_the_help_centers_apart(zendesk: ZendeskEmulator) -> None:
    left = [
        int(get(zendesk, path).headers["x-rate-limit-remaining"])
        for path in ("/api/v2/groups", "/api/v2/help_center/sections", "/api/v2/groups.json")
    ]
    assert left == [49, 49, 48]


def test_deleted_records_are_listed_until_they_are_scrubbed(zendesk: ZendeskEmulator) -> None:
    first, second = zendesk.account.create(NOW - 100), zendesk.account.create(NOW - 100)
    for ticket in (first, second):
        zendesk.account.delete(ticket, NOW - 50)
    zendesk.account.scrub(second, NOW - 10)
    assert [json.loads(row)["id"] for row in zendesk.list_truth("deleted_tickets")] == [first]


def test_rows_refer_to_records_of_the_lists(zendesk: ZendeskEmulator) -> None:
    zendesk.account.populate(NOW - 86400, NOW - 3600, tickets=50)

    def ids(name: str) -> set[int]:
        return {json.loads(row)["id"] for row in zendesk.list_truth(name)}

    for row in zendesk.truth(NOW - 86400, NOW):
        ticket = json.loads(row.raw)
        assert {field["id"] for field in ticket["custom_fields"]} <= ids("ticket_fields")
        if ticket["group_id"] is not None:
            assert ticket["group_id"] in ids("groups")
        assert ticket["brand_id"] in ids("brands")
        assert ticket["ticket_form_id"] in ids("ticket_forms")
        assert ticket["custom_status_id"] in ids("custom_statuses")
