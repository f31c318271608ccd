# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about the routing exports; all are from Zendesk's docs, Incremental Skill-based Routing."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.emulator.walks import by_next_page

NOW = 1795262400
DAY_AGO = NOW - 86_400
ROUTING = "/api/v2/incremental/routing/"
ATTRIBUTES = ROUTING + "attributes"
INSTANCES = ROUTING + "instance_values"


@pytest.fixture
def attributes(zendesk_emulator):
    return zendesk_emulator.account.records("routing/attributes")


def cursor_of(page):
    return page["next_page"].partition("?cursor=")[2]


def test_a_walk_begins_without_anything_and_goes_on_with_a_uuid(zendesk_emulator, attributes, ask):
    """The cursor is only available in API responses; there is no start_time."""
    attributes.create(DAY_AGO)
    attributes.create(DAY_AGO + 5)
    zendesk_emulator.server_page = 1
    page = ask(ATTRIBUTES).json()
    assert page.keys() == {"attributes", "count", "end_time", "next_page"}
    assert (page["count"], page["end_time"]) == (1, DAY_AGO)
    assert page["next_page"].startswith(f"{zendesk_emulator.url}{ATTRIBUTES}?cursor=")
    assert UUID(cursor_of(page))
    assert ask(ATTRIBUTES, cursor=cursor_of(page)).json()["end_time"] == DAY_AGO + 5


def test_the_end_is_an_empty_page(zendesk_emulator, attributes, ask):
    """Stop paging when the count attribute is 0; whether next_page then is null is not known."""
    attributes.create(DAY_AGO)
    cursor = cursor_of(ask(ATTRIBUTES).json())
    nothing = {"attributes": [], "count": 0, "end_time": None, "next_page": None}
    assert ask(ATTRIBUTES, cursor=cursor).json() == nothing
    zendesk_emulator.routing_repeats_cursor = True
    assert cursor_of(ask(ATTRIBUTES, cursor=cursor).json()) == cursor


def test_an_empty_account_has_no_cursor(ask):
    assert ask(ATTRIBUTES).json()["next_page"] is None


def test_the_last_cursor_finds_what_happens_later(zendesk_emulator, attributes, ask):
    attributes.burst(DAY_AGO, 3)
    cursor = cursor_of(ask(ATTRIBUTES).json())
    attributes.create()
    assert ask(ATTRIBUTES, cursor=cursor).json()["count"] == 0
    zendesk_emulator.clock.advance(60)
    page = ask(ATTRIBUTES, cursor=cursor).json()
    assert (page["count"], page["end_time"]) == (1, NOW)


def test_going_on_from_cursors_loses_nothing_while_things_happen(zendesk_emulator, ask):
    instances = zendesk_emulator.account.records("routing/instance_values")
    zendesk_emulator.server_page = 3
    instances.burst(NOW - 70, 10)
    found, cursor = [], None
    for number in range(40):
        if number < 20:
            instances.burst(None, 2)
        page = ask(INSTANCES, **({"cursor": cursor} if cursor else {})).json()
        found += [(row["id"], row["type"]) for row in page["instance_values"]]
        cursor = cursor_of(page) if page["next_page"] else cursor
        zendesk_emulator.clock.advance(7)
    assert len(found) == len(set(found)) == 50


def test_per_page_and_start_time_do_not_apply(attributes, ask):
    attributes.burst(DAY_AGO, 10)
    assert ask(ATTRIBUTES, per_page=1, start_time=NOW).json()["count"] == 10


def test_a_page_has_at_most_3000_rows(attributes, ask):
    attributes.burst(DAY_AGO, 3001)
    assert ask(ATTRIBUTES).json()["count"] == 3000


def test_instance_values_are_grouped_and_not_chronological(zendesk_emulator, ask):
    """Changes are grouped by attribute_value_id (Zendesk's OpenAPI)."""
    zendesk_emulator.account.records("routing/instance_values").populate(DAY_AGO, NOW - 600, 100)
    rows = ask(INSTANCES).json()["instance_values"]
    values = [row["attribute_value_id"] for row in rows]
    changes = sum(value != following for value, following in zip(values, values[1:], strict=False))
    assert changes == len(set(values)) - 1 > 0
    times = [row["time"] for row in rows]
    assert times != sorted(times)


def test_attributes_are_chronological(zendesk_emulator, attributes, ask):
    attributes.populate(DAY_AGO, NOW - 600, 100)
    times = [row["time"] for row in ask(ATTRIBUTES).json()["attributes"]]
    assert times == sorted(times)


def test_one_id_has_several_events(attributes, ask):
    """An id is assigned when an attribute is created, and later events name it: even within a second."""
    attributes.burst(DAY_AGO, 4)
    rows = ask(ATTRIBUTES).json()["attributes"]
    assert [row["type"] for row in rows] == ["create", "create", "update", "delete"]
    assert len({row["id"] for row in rows}) == 2
    assert all(str(UUID(row["id"])) == row["id"] for row in rows)


def test_what_instances_gain_and_lose(zendesk_emulator, ask):
    zendesk_emulator.account.records("routing/instance_values").burst(DAY_AGO, 100)
    rows = ask(INSTANCES).json()["instance_values"]
    assert {row["type"] for row in rows} == {
        "associate_agent", "associate_ticket", "unassociate_agent", "unassociate_ticket",
    }  # fmt: skip
    associated = {(row["id"], row["instance_id"]) for row in rows if row["type"].startswith("associate")}
    ended = {(row["id"], row["instance_id"]) for row in rows if row["type"].startswith("un")}
    assert ended < associated


@pytest.mark.parametrize("cursor", ["x", "15821cba-7326-11e8-b07e-950ba849aa28"])
def test_a_broken_cursor_is_refused(ask, cursor):
    """With what custom objects are documented to answer; nobody has recorded it here."""
    assert ask(ATTRIBUTES, cursor=cursor).json()["errors"][0]["code"] == "InvalidCursor"


def test_a_short_page_is_not_the_end(zendesk_emulator, attributes, ask):
    attributes.burst(DAY_AGO, 5)
    zendesk_emulator.short_page = 2
    assert sum(len(page) for page in by_next_page(ask, ATTRIBUTES, "attributes")) == 5
