# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about exports by time that do not tell their end, and where that comes from."""

from __future__ import annotations

import pytest

NOW = 1795262400
DAY_AGO = NOW - 86_400
METRICS = "/api/v2/incremental/ticket_metric_events"
ARTICLES = "/api/v2/help_center/incremental/articles"
TALK = "/api/v2/channels/voice/stats/incremental/"

EACH = pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("ticket_metric_events", METRICS),
        ("articles", ARTICLES),
        ("calls", TALK + "calls"),
        ("legs", TALK + "legs"),
    ],
)


def ids(page, resource):
    return sorted(row["id"] for row in page[resource])


@EACH
class TestEnd:
    def test_the_last_second_comes_again_for_ever(self, zendesk_emulator, ask, resource, path):
        """start_time is inclusive, and end_time stays on the last row's second."""
        records = zendesk_emulator.account.records(resource)
        records.create(DAY_AGO)
        tied = records.burst(DAY_AGO + 1, 2)
        start = 0
        for _ in range(4):
            page = ask(path, start_time=start).json()
            start = page["end_time"]
            assert start == DAY_AGO + 1
            assert f"start_time={start}" in page["next_page"]
        assert ids(page, resource) == tied

    def test_nothing_tells_it(self, zendesk_emulator, ask, resource, path):
        """No end_of_stream in schema or examples."""
        zendesk_emulator.account.records(resource).create(DAY_AGO)
        assert ask(path, start_time=0).json().keys() == {resource, "count", "next_page", "end_time"}

    def test_nothing_at_all(self, zendesk_emulator, ask, resource, path):
        """Null next_page for articles (recorded); never null for Talk (Zendesk docs)."""
        next_page = None if resource == "articles" else f"{zendesk_emulator.url}{path}?start_time={DAY_AGO}"
        nothing = {"count": 0, "next_page": next_page, "end_time": DAY_AGO, resource: []}
        assert ask(path, start_time=DAY_AGO).json() == nothing

    def test_some_accounts_tell_it(self, zendesk_emulator, ask, resource, path):
        """Clients read end_of_stream here, though the schemas lack it."""
        zendesk_emulator.tells_end = True
        records = zendesk_emulator.account.records(resource)
        records.create(DAY_AGO)
        records.create(DAY_AGO + 1)
        assert ask(path, start_time=0).json()["end_of_stream"] is True
        zendesk_emulator.server_page = 1
        assert ask(path, start_time=0).json()["end_of_stream"] is False

    def test_a_page_has_a_thousand_rows_whatever_was_asked_for(self, zendesk_emulator, ask, resource, path):
        """per_page is in no document of theirs; start_time is Talk's only parameter (Zendesk docs)."""
        zendesk_emulator.account.records(resource).populate(DAY_AGO, NOW - 600, 1500)
        assert ask(path, start_time=0, per_page=1).json()["count"] == 1000
        zendesk_emulator.server_page = 10
        assert ask(path, start_time=0, per_page="many").json()["count"] == 10


class TestMetricEvents:
    def test_no_start_is_too_recent(self, zendesk_emulator, ask):
        """Clients probe it with the present moment."""
        now = zendesk_emulator.account.records("ticket_metric_events").create()
        assert ids(ask(METRICS, start_time=NOW).json(), "ticket_metric_events") == [now]
        assert ask(METRICS, start_time=NOW + 1000).json()["count"] == 0

    def test_an_event_may_show_up_late_with_a_second_already_seen(self, zendesk_emulator, ask):
        """Estuary issue 5205 (2026-09): read an overlap again and compare ids."""
        events = zendesk_emulator.account.records("ticket_metric_events")
        seen = events.create(NOW - 5)
        end = ask(METRICS, start_time=0).json()["end_time"]
        late = events.create(NOW - 5)
        assert ids(ask(METRICS, start_time=end).json(), "ticket_metric_events") == [seen, late]

    def test_deleted_ones_say_so_unless_excluded(self, zendesk_emulator, ask):
        """deleted true means: ignore the event (Zendesk docs, Ticket Metric Events)."""
        events = zendesk_emulator.account.records("ticket_metric_events")
        kept, deleted = events.create(DAY_AGO), events.create(DAY_AGO + 1, deleted=True)
        rows = ask(METRICS, start_time=0).json()["ticket_metric_events"]
        assert [(row["id"], row["deleted"]) for row in rows] == [(kept, False), (deleted, True)]
        page = ask(METRICS, start_time=0, exclude_deleted="true").json()
        assert ids(page, "ticket_metric_events") == [kept]
        truth = zendesk_emulator.truth(0, NOW, resource="ticket_metric_events", exclude_deleted=True)
        assert [row.id for row in truth] == [kept]

    def test_include_changes_is_a_boolean(self, ask):
        """Zendesk's OpenAPI names it and says no more."""
        assert ask(METRICS, start_time=0, include_changes="true").status_code == 200
        assert ask(METRICS, start_time=0, include_changes="all").status_code == 400

    def test_types_bring_their_own_objects(self, zendesk_emulator, ask):
        """sla, group_sla and status by type (Zendesk docs, Ticket Metric Events)."""
        zendesk_emulator.account.records("ticket_metric_events").burst(DAY_AGO, 100)
        rows = ask(METRICS, start_time=0).json()["ticket_metric_events"]
        brings = {"apply_sla": "sla", "apply_group_sla": "group_sla", "update_status": "status"}
        for row in rows:
            assert {"sla", "group_sla", "status"} & row.keys() == {brings.get(row["type"])} - {None}


class TestArticles:
    def test_rows_of_a_page_are_in_no_order(self, zendesk_emulator, ask):
        """Airbyte found them unsorted even with sort parameters; pages follow each other by time."""
        zendesk_emulator.account.records("articles").populate(DAY_AGO, NOW - 600, 300)
        zendesk_emulator.server_page = 100
        first = ask(ARTICLES, start_time=0).json()
        times = [row["updated_at"] for row in first["articles"]]
        assert times != sorted(times)
        second = ask(ARTICLES, start_time=first["end_time"]).json()
        assert max(times) <= min(row["updated_at"] for row in second["articles"])

    def test_a_page_within_one_second_does_not_stop_a_walk(self, zendesk_emulator, ask):
        articles = zendesk_emulator.account.records("articles")
        tied = articles.burst(DAY_AGO, 5)
        articles.create(DAY_AGO + 7)
        zendesk_emulator.server_page = 2
        page = ask(ARTICLES, start_time=0).json()
        assert (ids(page, "articles"), page["end_time"]) == (tied, DAY_AGO + 1)


class TestTalk:
    def test_more_legs_in_a_second_than_a_page_holds_are_a_loop(self, zendesk_emulator, ask):
        """A page is never filled up: Airbyte's loop on the last second."""
        zendesk_emulator.server_page = 2
        zendesk_emulator.account.records("legs").burst(DAY_AGO, 3)
        pages = [ask(TALK + "legs", start_time=DAY_AGO).json() for _ in range(2)]
        assert pages[0] == pages[1]
        assert (pages[0]["count"], pages[0]["end_time"]) == (2, DAY_AGO)

    def test_money_is_a_text(self, zendesk_emulator, ask):
        """call_charge as recorded from live answers by a connector."""
        for resource in ("calls", "legs"):
            zendesk_emulator.account.records(resource).create(DAY_AGO)
            (row,) = ask(TALK + resource, start_time=0).json()[resource]
            assert isinstance(row["call_charge"], str)
