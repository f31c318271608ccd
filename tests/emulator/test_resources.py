# SPDX-License-Identifier: Apache-2.0
"""What holds for every export; what is particular to one is in the tests of its family."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.emulator.tables import SUPPORT, TALK, each_export
from tests.emulator.walks import by_cursor, by_engagement, by_next_page, by_ordinary_cursor

NOW = 1795262400
DAY_AGO = NOW - 86_400


@pytest.mark.parametrize("rows", [1, 7, 1000])
@each_export
def test_a_naive_walk_is_the_truth_byte_for_byte(zendesk_emulator, ask, resource, path, key, walk, rows):
    records = zendesk_emulator.account.records(resource)
    records.populate(DAY_AGO, NOW - 600, 60)
    records.burst(NOW - 500, 5)
    records.burst(NOW - 499, 1)
    # Where a page is never filled up, it must hold the second with five rows.
    zendesk_emulator.server_page = max(rows, 7) if path.startswith(TALK) else rows
    pages = list(walk(ask, path, key, support_type_scope="all"))
    truth = [row.raw for row in zendesk_emulator.truth(0, NOW, resource=resource)]
    found = [row for page in pages for row in page]
    assert set(found) == set(truth)
    if walk in (by_cursor, by_ordinary_cursor, by_engagement):
        assert found == truth
    elif walk is by_next_page:
        assert sorted(found) == sorted(truth)


@each_export
def test_the_path_may_end_in_json(zendesk_emulator, ask, resource, path, key, walk):
    """Both forms answer (clients use either); next pages have the form that was asked."""
    zendesk_emulator.account.records(resource).burst(DAY_AGO, 2)
    zendesk_emulator.server_page = 1
    page = ask(path + ".json", start_time=0).json()
    assert page[key]
    if after := page.get("next_page") or page.get("after_url"):
        assert f"{path}.json?" in after
    assert len(zendesk_emulator.export_requests) == 1


@each_export
def test_only_articles_and_custom_objects_are_for_agents_too(zendesk_emulator, resource, path, key, walk):
    """403 for others than admins (Zendesk docs, allowed for)."""
    zendesk_emulator.account.records(resource)
    headers = {"Authorization": f"Bearer {ZendeskEmulator.agent_oauth_token}"}
    status = requests.get(
        zendesk_emulator.url + path + "?start_time=0", headers=headers, timeout=10
    ).status_code
    assert status == (200 if resource in ("articles", "custom_objects/car") else 403)


@each_export
def test_the_last_minute_is_hidden_from_all_but_metric_events(
    zendesk_emulator, ask, resource, path, key, walk
):
    """Zendesk's guide states it for all exports; of metric events a connector's issue tells otherwise."""
    zendesk_emulator.account.records(resource).create(NOW - 59)
    assert len(ask(path, start_time=0).json()[key]) == (resource == "ticket_metric_events")
    zendesk_emulator.clock.advance(1)
    assert len(ask(path, start_time=0).json()[key]) == 1


@each_export
def test_the_same_seed_makes_the_same_rows_and_another_does_not(zendesk_emulator, resource, path, key, walk):
    def rows(seed):
        zendesk_emulator.reset(seed=seed)
        zendesk_emulator.account.records(resource).populate(DAY_AGO, NOW, 50)
        return [row.raw for row in zendesk_emulator.truth(0, NOW, resource=resource)]

    first = rows(1)
    assert rows(1) == first
    assert not set(rows(2)) & set(first)


@each_export
def test_a_row_has_its_id_and_its_time_where_the_export_says(zendesk_emulator, resource, path, key, walk):
    field = {
        "tickets": "generated_timestamp",
        "ticket_events": "timestamp",
        "ticket_metric_events": "time",
        "attributes": "time",
        "attribute_values": "time",
        "instance_values": "time",
        "events": "created_at",
        "agent_engagement_data": "engagement_start_time",
    }.get(key, "updated_at")
    zendesk_emulator.account.records(resource).populate(DAY_AGO, NOW, 50)
    for truth in zendesk_emulator.truth(0, NOW, resource=resource):
        row = json.loads(truth.raw)
        assert row["engagement_id" if resource == "engagements" else "id"] == truth.id
        assert _epoch(row[field]) == truth.sort_key


def _epoch(moment):
    """The whole second of a moment, which is UTC even if it does not say so."""
    return (
        moment
        if isinstance(moment, int)
        else int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    )


class TestAccount:
    def test_numbers_count_up_from_one_for_each_resource(self, zendesk_emulator):
        account = zendesk_emulator.account
        assert [account.records("users").create(DAY_AGO) for _ in range(2)] == [1, 2]
        assert account.records("organizations").burst(DAY_AGO, 2) == [1, 2]
        assert account.create(DAY_AGO) == 1

    @pytest.mark.parametrize(
        ("resource", "method", "has"),
        [
            ("ticket_events", "update", "only creations"),
            ("ticket_metric_events", "delete", "only creations"),
            ("articles", "delete", "updates"),
            ("calls", "delete", "updates"),
            ("users", "scrub", "updates, deletions"),
            ("organizations", "system_update", "updates, deletions"),
            ("routing/attributes", "update", "only creations"),
        ],
    )
    def test_what_a_resource_lacks_is_refused_by_name(self, zendesk_emulator, resource, method, has):
        records = zendesk_emulator.account.records(resource)
        number = records.create(DAY_AGO)
        with pytest.raises(ValueError, match=f"resource '{resource}' has no .*; it has {has}$"):
            getattr(records, method)(number)

    def test_traits_belong_to_resources(self, zendesk_emulator):
        records = zendesk_emulator.account.records
        with pytest.raises(ValueError, match="'users' has no support_type"):
            records("users").create(DAY_AGO, support_type="ai_agent")
        with pytest.raises(ValueError, match="'tickets' has no records that are created deleted"):
            records("tickets").create(DAY_AGO, deleted=True)

    def test_a_resource_there_is_not_is_refused_with_those_there_are(self, zendesk_emulator):
        for name in ("macros", "custom_objects/", "custom_objects/../x"):
            with pytest.raises(ValueError, match="there is no resource .* tickets, ticket_events, .*<key>"):
                zendesk_emulator.account.records(name)

    def test_a_reset_empties_them_all(self, zendesk_emulator):
        zendesk_emulator.account.records("custom_objects/car").create(DAY_AGO)
        zendesk_emulator.account.records("users").create(DAY_AGO)
        zendesk_emulator.reset()
        assert zendesk_emulator.account.custom_objects == []
        assert zendesk_emulator.truth(0, NOW, resource="users") == []


def test_filters_that_a_resource_lacks_are_passed_over(zendesk_emulator, ask):
    """Only tickets and ticket events have a scope, and neither users nor organizations leave out deleted ones."""
    users = zendesk_emulator.account.records("users")
    users.delete(users.create(DAY_AGO), DAY_AGO)
    query = {"support_type_scope": "ai_agent", "exclude_deleted": "perhaps"}
    assert len(ask(SUPPORT + "users", start_time=0, **query).json()["users"]) == 1
    query["support_type_scope"] = "robots"
    assert ask(SUPPORT + "users", start_time=0, **query).status_code == 200
    assert ask(SUPPORT + "ticket_events", start_time=0, **query).status_code == 400
