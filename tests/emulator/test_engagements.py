# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about engagements; most are from recordings of 2025-06 (zenpy)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

NOW = 1795262400
DAY_AGO = NOW - 86_400
PATH = "/api/v2/engagements"


@pytest.fixture
def engagements(zendesk_emulator):
    return zendesk_emulator.account.records("engagements")


@pytest.fixture
def page(ask):
    def page(**query):
        return ask(PATH, **{"start_time": 0} | query).json()

    return page


def cursor_of(row):
    begun = datetime.fromisoformat(row["engagement_start_time"]).replace(tzinfo=UTC)
    return {"start_time_cursor": int(begun.timestamp()), "engagement_id_cursor": row["engagement_id"]}


def test_the_next_page_has_a_foreign_host(engagements, page):
    """A client that follows it sends its credentials to a stranger."""
    engagements.burst(DAY_AGO, 12)
    first = page()
    assert first.keys() == {"agent_engagement_data", "next_page_url", "has_more", "page_size"}
    assert (len(first["agent_engagement_data"]), first["page_size"], first["has_more"]) == (10, 10, True)
    url = urlsplit(first["next_page_url"])
    assert (url.netloc, url.path) == ("z3nab-staging.zendesk-staging.com", PATH)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    cursor = cursor_of(first["agent_engagement_data"][-1])
    assert query == {name: str(value) for name, value in cursor.items()} | {
        "start_time": "0", "page_size": "10", "channel": "MESSAGING",
    }  # fmt: skip
    last = page(**cursor)
    assert (last["page_size"], last["has_more"], last["next_page_url"]) == (2, False, None)


def test_the_last_rows_cursor_finds_what_begins_later(zendesk_emulator, engagements, page):
    engagements.burst(DAY_AGO, 2)
    cursor = cursor_of(page()["agent_engagement_data"][-1])
    assert page(**cursor)["agent_engagement_data"] == []
    engagements.create(NOW - 100)
    assert page(**cursor)["page_size"] == 1


@pytest.mark.parametrize(("query", "rows"), [({}, 10), ({"page_size": 3}, 3), ({"page_size": 100}, 100)])
def test_a_page_has_ten_rows_unless_others_are_asked_for(engagements, page, query, rows):
    engagements.populate(DAY_AGO, NOW - 600, 120)
    assert page(**query)["page_size"] == rows


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"page_size": 101}, 400),
        ({"start_time_cursor": "x", "engagement_id_cursor": "x"}, 400),
        ({"engagement_id_cursor": "427D197760BEA298AD626B16DB46BAAE"}, 400),
        ({"start_time_cursor": DAY_AGO, "engagement_id_cursor": "427D197760BEA298AD626B16DB46BAAE"}, 400),
        ({"start_time": NOW - 60}, 400),
    ],
)
def test_what_it_does_not_take(ask, query, status):
    """What Zendesk answers to a broken cursor is not known."""
    assert ask(PATH, **{"start_time": 0} | query).status_code == status


def test_rows_are_as_recorded(engagements, page):
    """Ids of 32 hex digits, times without Z; an engagement begins at the record's second and takes a while."""
    engagements.burst(DAY_AGO, 100)
    rows = page(page_size=100)["agent_engagement_data"]
    lengths = set()
    for row in rows:
        assert re.fullmatch("[0-9A-F]{32}", row["engagement_id"])
        assert row["engagement_start_time"] == "2026-11-20T12:00:00"
        begun, ended = (datetime.fromisoformat(row[f"engagement_{name}_time"]) for name in ("start", "end"))
        lengths.add((ended - begun).total_seconds())
    assert len(rows[0]) == 20
    assert min(lengths) >= 0
    assert 60 < max(lengths) <= 120


def test_rows_are_in_order_of_their_start(zendesk_emulator, engagements, page):
    late, early = engagements.burst(DAY_AGO + 5, 2), engagements.burst(DAY_AGO, 3)
    found = [row["engagement_id"] for row in page()["agent_engagement_data"]]
    assert found == [engagements.id_of(number) for number in early + late]
