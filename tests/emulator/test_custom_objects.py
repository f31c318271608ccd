# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about the export of custom objects; most are from Zendesk's OpenAPI of 2026."""

from __future__ import annotations

import json

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

NOW = 1795262400
DAY_AGO = NOW - 86_400
CARS = "/api/v2/incremental/custom_objects/car/cursor"


@pytest.fixture
def cars(zendesk_emulator):
    return zendesk_emulator.account.records("custom_objects/car")


def test_asking_for_a_custom_object_makes_it(zendesk_emulator, cars):
    zendesk_emulator.account.records("custom_objects/boat")
    assert zendesk_emulator.account.custom_objects == ["car", "boat"]


@pytest.mark.parametrize("key", ["standard::service_catalog_item", "car_2"])
def test_keys_may_have_colons_once(zendesk_emulator, ask, key):
    """standard::service_catalog_item is in Zendesk's own theme."""
    records = zendesk_emulator.account.records(f"custom_objects/{key}")
    records.create(DAY_AGO)
    (row,) = ask(f"/api/v2/incremental/custom_objects/{key}/cursor", start_time=0).json()[
        "custom_object_records"
    ]
    assert row["custom_object_key"] == key
    assert zendesk_emulator.account.custom_objects == [key]


@pytest.mark.parametrize("key", ["a::b::c", "::a", "a:b", "a::"])
def test_but_no_other_colons(zendesk_emulator, key):
    with pytest.raises(ValueError, match="there is no resource"):
        zendesk_emulator.account.records(f"custom_objects/{key}")


def test_an_unknown_one_is_not_found(zendesk_emulator, ask):
    response = ask(CARS, start_time=0)
    assert response.status_code == 404
    assert response.json()["errors"][0]["code"] == "CustomObjectNotFound"
    assert len(zendesk_emulator.export_requests) == 1


def test_the_end_is_told_by_has_more(cars, ask):
    """No end_of_stream; after_url is null on the last page, while after_cursor stays."""
    cars.burst(DAY_AGO, 3)
    first = ask(CARS, start_time=0, per_page=2).json()
    assert first.keys() == {
        "custom_object_records", "after_cursor", "after_url", "before_cursor", "before_url", "filter", "meta",
    }  # fmt: skip
    assert first["meta"] == {"has_more": True}
    assert first["after_url"]
    last = ask(CARS, cursor=first["after_cursor"]).json()
    assert (last["meta"], last["after_url"]) == ({"has_more": False}, None)
    nothing = ask(CARS, cursor=last["after_cursor"]).json()
    assert nothing["custom_object_records"] == []
    assert nothing["after_cursor"] == last["after_cursor"] is not None


def test_ids_are_texts_in_no_order(zendesk_emulator, cars, ask):
    cars.burst(DAY_AGO, 50)
    ids = [row["id"] for row in ask(CARS, start_time=0).json()["custom_object_records"]]
    assert {(type(id_), len(id_)) for id_ in ids} == {(str, 26)}
    assert len(set(ids)) == 50
    assert ids != sorted(ids)
    assert ids == [row.id for row in zendesk_emulator.truth(0, NOW, resource="custom_objects/car")]


def test_objects_do_not_share_records(zendesk_emulator, cars):
    cars.create(DAY_AGO)
    zendesk_emulator.account.records("custom_objects/boat").create(DAY_AGO)
    (car,) = zendesk_emulator.truth(0, NOW, resource="custom_objects/car")
    (boat,) = zendesk_emulator.truth(0, NOW, resource="custom_objects/boat")
    assert car.id != boat.id
    assert json.loads(boat.raw)["custom_object_key"] == "boat"


def test_a_deleted_record_has_nothing_left_but_its_id(zendesk_emulator, cars, ask):
    """Values, name and external_id are "[DELETED]", unless the record is filtered out."""
    kept = cars.create(DAY_AGO)
    cars.delete(cars.create(DAY_AGO), DAY_AGO + 1)
    page = ask(CARS, start_time=0).json()
    assert page["filter"] == {"exclude_deleted": False}
    row = page["custom_object_records"][1]
    assert {row["name"], row["external_id"], *row["custom_object_fields"].values()} == {"[DELETED]"}
    page = ask(CARS, start_time=0, **{"filter[exclude_deleted]": "true"}).json()
    assert page["filter"] == {"exclude_deleted": True}
    truth = zendesk_emulator.truth(0, NOW, resource="custom_objects/car", exclude_deleted=True)
    assert [row["id"] for row in page["custom_object_records"]] == [row.id for row in truth]
    assert len(truth) == kept == 1


def test_values_are_texts(cars, ask):
    cars.burst(DAY_AGO, 20)
    rows = ask(CARS, start_time=0).json()["custom_object_records"]
    assert {type(value) for row in rows for value in row["custom_object_fields"].values()} == {str}


@pytest.mark.parametrize(
    ("query", "code"), [({"start_time": NOW - 60}, "StartTimeTooRecent"), ({"cursor": "x"}, "InvalidCursor")]
)
def test_errors_are_in_a_list(cars, ask, query, code):
    response = ask(CARS, **query)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, code)


def test_over_the_limit_too():
    with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=1) as zendesk:
        zendesk.account.records("custom_objects/car")
        headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}
        replies = [
            requests.get(f"{zendesk.url}{CARS}?start_time=0", headers=headers, timeout=10) for _ in range(2)
        ]
    assert [reply.status_code for reply in replies] == [200, 429]
    assert replies[1].json() == {
        "errors": [
            {
                "code": "RateLimitExceeded",
                "status": "429",
                "title": "Rate limit exceeded. Maximum 1 requests per minute.",
            }
        ]
    }
