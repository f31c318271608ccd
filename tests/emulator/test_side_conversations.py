# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about side conversation events, from Zendesk docs and Estuary's connector (2026-09)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

NOW = 1795262400
DAY_AGO = NOW - 86_400
PATH = "/api/v2/tickets/side_conversations/events"


@pytest.fixture
def events(zendesk_emulator):
    return zendesk_emulator.account.records("side_conversation_events")


@pytest.fixture
def page(ask):
    def page(start_time=0, **query):
        return ask(PATH, start_time=start_time, **query).json()

    return page


def test_the_boundary_second_comes_again(zendesk_emulator, events, page):
    events.create(DAY_AGO)
    events.burst(DAY_AGO + 1, 3)
    zendesk_emulator.server_page = 3
    first = page()
    assert first.keys() == {"events", "count", "end_time", "next_page"}
    assert (first["count"], first["end_time"]) == (3, DAY_AGO + 1)
    assert first["next_page"] == f"{zendesk_emulator.url}{PATH}?start_time={DAY_AGO + 1}"
    again = page(DAY_AGO + 1)["events"]
    assert len(again) == 3
    assert first["events"][1:] == again[:2]


def test_at_the_end_the_position_lies_beyond_the_last_event(events, page):
    """next_page is null there."""
    events.burst(DAY_AGO, 2)
    events.create(DAY_AGO + 9)
    last = page()
    assert (last["count"], last["end_time"], last["next_page"]) == (3, DAY_AGO + 10, None)
    assert page(DAY_AGO + 10) == {"events": [], "count": 0, "end_time": DAY_AGO + 10, "next_page": None}


def test_times_have_milliseconds_that_order_a_second(events, page):
    """2018-11-20T16:58:36.453+00:00 (Zendesk docs)."""
    events.burst(DAY_AGO, 50)
    times = [row["created_at"] for row in page()["events"]]
    assert times == sorted(times)
    assert len(set(times)) > 30
    assert all(time.startswith("2026-11-20T12:00:00.") and time.endswith("+00:00") for time in times)
    assert {int(datetime.fromisoformat(time).timestamp()) for time in times} == {DAY_AGO}


def test_per_page_does_not_apply(events, page):
    events.populate(DAY_AGO, NOW - 600, 1100)
    assert page(per_page=1)["count"] == 1000


def test_rows_are_messages_and_updates(events, page):
    """A conversation is created, replied to and closed; ids are UUIDs (Zendesk docs)."""
    events.burst(DAY_AGO, 30)
    rows = page()["events"]
    assert {row["type"] for row in rows} == {"create", "reply", "update"}
    common = {
        "actor", "created_at", "id", "side_conversation_id", "ticket_id", "type", "via",
    }  # fmt: skip
    message = {"subject", "preview_text", "body", "html_body", "from", "to", "external_ids"}
    for row in rows:
        content = "updates" if row["type"] == "update" else "message"
        assert row.keys() == common | {content}
        assert content == "updates" or row["message"].keys() == message
        assert row["actor"].keys() == {"email", "name", "user_id"}
        assert str(UUID(row["id"])) == row["id"]
    conversations = {row["side_conversation_id"]: row["ticket_id"] for row in rows}
    assert len(conversations) == 10
    assert all(row["ticket_id"] == conversations[row["side_conversation_id"]] for row in rows)


def test_events_never_change(events):
    with pytest.raises(ValueError, match="has only creations"):
        events.update(events.create(DAY_AGO))
