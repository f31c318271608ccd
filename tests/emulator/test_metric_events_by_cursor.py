# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about the cursor form of metric events; most are from Zendesk docs, Ticket Metric Events."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

NOW = 1795262400
DAY_AGO = NOW - 86_400
PATH = "/api/v2/incremental/ticket_metric_events"


@pytest.fixture
def events(zendesk_emulator):
    return zendesk_emulator.account.records("ticket_metric_events")


@pytest.fixture
def page(ask):
    def page(size=2, start_time=0, **query):
        return ask(PATH, start_time=start_time, **{"page[size]": size} | query).json()

    return page


def ids(page):
    return [row["id"] for row in page["ticket_metric_events"]]


def test_the_envelope_is_that_of_zendesks_lists(zendesk_emulator, events, page):
    numbers = events.burst(DAY_AGO, 3)
    first = page()
    assert first.keys() == {"ticket_metric_events", "meta", "links"}
    assert first["meta"].keys() == {"has_more", "after_cursor", "before_cursor"}
    assert (ids(first), first["meta"]["has_more"], first["links"]["prev"]) == (numbers[:2], True, None)
    url = urlsplit(first["links"]["next"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == zendesk_emulator.url + PATH
    after = first["meta"]["after_cursor"]
    assert parse_qs(url.query) == {"start_time": ["0"], "page[size]": ["2"], "page[after]": [after]}
    last = page(**{"page[after]": after})
    assert (ids(last), last["meta"]["has_more"], last["links"]["next"]) == (numbers[2:], False, None)


def test_an_empty_page_has_no_cursor(events, page):
    """Estuary's connector."""
    events.create(DAY_AGO)
    after = page()["meta"]["after_cursor"]
    assert page(**{"page[after]": after}) == {
        "ticket_metric_events": [],
        "meta": {"has_more": False, "before_cursor": None},
        "links": {"next": None, "prev": None},
    }


def test_rows_are_in_order_of_time_and_id(events, page):
    late, early = events.burst(DAY_AGO + 5, 2), events.burst(DAY_AGO, 30)
    assert ids(page(size=100)) == early + late


def test_the_last_cursor_finds_what_happens_later(events, page):
    """No minute is hidden, as in the time form."""
    events.create(NOW - 5)
    after = page()["meta"]["after_cursor"]
    new = events.create()
    assert ids(page(**{"page[after]": after})) == [new]


def test_page_after_alone_will_do(zendesk_emulator, events, page, ask):
    events.burst(DAY_AGO, 150)
    after = page()["meta"]["after_cursor"]
    assert len(ids(ask(PATH, start_time=0, **{"page[after]": after}).json())) == 100


def test_without_either_it_is_the_form_by_time(events, ask):
    events.burst(DAY_AGO, 150)
    page = ask(PATH, start_time=0, per_page=2).json()
    assert (page["count"], page["end_time"]) == (150, DAY_AGO)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"start_time": 0, "page[size]": 101}, "page[size]"),
        ({"start_time": 0, "page[size]": 0}, "page[size]"),
        ({"page[size]": 10}, "start_time"),
        ({"page[after]": "MTc5NTE3NjAwMC4wfHwxfA=="}, "start_time"),
    ],
)
def test_what_it_does_not_take(ask, query, name):
    """At most 100 a page; start_time is needed on every call."""
    refused = ask(PATH, **query)
    assert (refused.status_code, refused.json()["error"]["title"]) == (400, "Invalid attribute")
    assert f"invalid value for the {name} attribute" in refused.json()["error"]["message"]


def test_a_broken_cursor_is_refused(ask):
    refused = ask(PATH, start_time=0, **{"page[after]": "x"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "InvalidCursor")


def test_deleted_ones_can_be_left_out(events, page):
    kept = events.create(DAY_AGO)
    events.create(DAY_AGO, deleted=True)
    assert ids(page(exclude_deleted="true")) == [kept]
