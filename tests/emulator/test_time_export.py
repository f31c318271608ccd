# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about the time family as Support has it, and where that comes from."""

from __future__ import annotations

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

NOW = 1795262400
DAY_AGO = NOW - 86_400
SUPPORT = "/api/v2/incremental/"

RESOURCES = ["tickets", "ticket_events", "users", "organizations"]
each_resource = pytest.mark.parametrize("resource", RESOURCES)


def ids(page, resource):
    return sorted(row["id"] for row in page[resource])


@each_resource
class TestPage:
    def test_the_last_second_of_a_page_comes_again(self, zendesk_emulator, ask, resource):
        """end_time is the time of the last row (recorded 2023/24), and start_time is inclusive (Zendesk guide)."""
        records = zendesk_emulator.account.records(resource)
        records.create(DAY_AGO)
        tied = records.burst(DAY_AGO + 1, 3)
        page = ask(SUPPORT + resource, start_time=0, per_page=3).json()
        assert (page["end_time"], page["count"], page["end_of_stream"]) == (DAY_AGO + 1, 3, False)
        again = ask(SUPPORT + resource, start_time=DAY_AGO + 1, per_page=3).json()
        assert ids(again, resource) == tied
        assert set(ids(page, resource)) & set(tied)

    def test_rows_of_one_second_are_not_in_order_of_id(self, zendesk_emulator, ask, resource):
        """A page ended within a second without its lowest id (recorded 2023/24)."""
        numbers = zendesk_emulator.account.records(resource).burst(DAY_AGO, 20)
        found = [row["id"] for row in ask(SUPPORT + resource, start_time=0).json()[resource]]
        assert found != numbers
        assert sorted(found) == numbers

    def test_a_page_within_one_second_is_filled_up(self, zendesk_emulator, ask, resource):
        """Up to 10 rows for per_page=1, and end_time is the second after (recorded 2023/24)."""
        records = zendesk_emulator.account.records(resource)
        tied = records.burst(DAY_AGO, 10)
        records.create(DAY_AGO + 5)
        page = ask(SUPPORT + resource, start_time=0, per_page=1).json()
        assert ids(page, resource) == tied
        assert (page["end_time"], page["end_of_stream"]) == (DAY_AGO + 1, False)

    def test_or_not_on_some_servers(self, zendesk_emulator, ask, resource):
        """Others report a loop where more rows share a second than a page holds."""
        zendesk_emulator.over_fill = False
        zendesk_emulator.account.records(resource).burst(DAY_AGO, 10)
        page = ask(SUPPORT + resource, start_time=DAY_AGO, per_page=4).json()
        assert (page["count"], page["end_time"], page["end_of_stream"]) == (4, DAY_AGO, False)

    def test_the_end_has_a_next_page(self, zendesk_emulator, ask, resource):
        """next_page is not null at the end of the stream (recorded 2023/24)."""
        records = zendesk_emulator.account.records(resource)
        records.create(DAY_AGO)
        records.create(DAY_AGO + 9)
        page = ask(SUPPORT + resource, start_time=0, per_page=2).json()
        url = f"{zendesk_emulator.url}{SUPPORT}{resource}?start_time={DAY_AGO + 9}&per_page=2"
        assert (page["end_of_stream"], page["next_page"]) == (True, url)

    def test_with_nothing_there_is_no_end_time(self, ask, resource):
        """Both are nullable in a client's model of live answers."""
        page = ask(SUPPORT + resource, start_time=0).json()
        assert page == {resource: [], "count": 0, "end_of_stream": True, "end_time": None, "next_page": None}

    def test_a_start_within_the_last_minute_is_too_recent(self, ask, resource):
        refused = ask(SUPPORT + resource, start_time=NOW - 60)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "StartTimeTooRecent")


class TestTicketEvents:
    def test_events_of_ai_agents_are_left_out_unless_asked_for(self, zendesk_emulator, ask):
        """support_type_scope applies to ticket events too (Zendesk docs)."""
        events = zendesk_emulator.account.records("ticket_events")
        human, ai = events.create(DAY_AGO), events.create(DAY_AGO, support_type="ai_agent")
        path = SUPPORT + "ticket_events"
        assert ids(ask(path, start_time=0).json(), "ticket_events") == [human]
        assert ids(ask(path, start_time=0, support_type_scope="all").json(), "ticket_events") == [human, ai]

    def test_comments_are_in_full_only_if_asked_for(self, zendesk_emulator, ask):
        """A comment without the sideload is only comment_present; with it, it has a body, and via is an object."""
        zendesk_emulator.account.records("ticket_events").burst(DAY_AGO, 50)

        def comments(**query):
            events = ask(SUPPORT + "ticket_events", start_time=0, **query).json()["ticket_events"]
            assert {type(event["via"]) for event in events} == {str}
            return [
                child
                for event in events
                for child in event["child_events"]
                if child["event_type"] == "Comment"
            ]

        hints, full = comments(), comments(include="comment_events")
        assert len(hints) == len(full) > 5
        assert all(hint["comment_present"] and "body" not in hint for hint in hints)
        assert all(comment["body"] and isinstance(comment["via"], dict) for comment in full)

    def test_they_are_audits_with_children(self, zendesk_emulator, ask):
        """Real ones are audits; the docs' sample with a metric event is a mistake."""
        zendesk_emulator.account.records("ticket_events").burst(DAY_AGO, 50)
        events = ask(SUPPORT + "ticket_events", start_time=0).json()["ticket_events"]
        assert {event["event_type"] for event in events} == {"Audit"}
        kinds = {child["event_type"] for event in events for child in event["child_events"]}
        assert kinds > {"Create", "Change", "Comment", "VoiceComment", "CommentRedactionEvent"}
        assert all(event["timestamp"] == DAY_AGO for event in events)


class TestDeletion:
    @pytest.mark.parametrize("path", ["users", "users/cursor"])
    def test_a_deleted_user_is_not_active(self, zendesk_emulator, ask, path):
        """Soft-deleted and merged users come with active false; no parameter leaves them out."""
        users = zendesk_emulator.account.records("users")
        users.delete(users.create(DAY_AGO), DAY_AGO + 1)
        (user,) = ask(SUPPORT + path, start_time=0, exclude_deleted="true").json()["users"]
        assert (user["active"], user["updated_at"]) == (False, "2026-11-20T12:00:01Z")
        users.update(1, DAY_AGO + 2)
        (user,) = ask(SUPPORT + path, start_time=0).json()["users"]
        assert user["active"] is True

    def test_a_deleted_organization_tells_when(self, zendesk_emulator, ask):
        """deleted_at is in live rows, null while the organization lives, though the docs leave it out."""
        organizations = zendesk_emulator.account.records("organizations")
        organizations.create(DAY_AGO)
        organizations.delete(organizations.create(DAY_AGO), DAY_AGO + 1)
        rows = ask(SUPPORT + "organizations", start_time=0).json()["organizations"]
        assert [row["deleted_at"] for row in rows] == [None, "2026-11-20T12:00:01Z"]

    def test_dates_of_organization_fields_have_an_offset(self, zendesk_emulator, ask):
        """+00:00 rather than Z (Zendesk docs, sample)."""
        zendesk_emulator.account.records("organizations").burst(DAY_AGO, 30)
        rows = ask(SUPPORT + "organizations", start_time=0).json()["organizations"]
        dates = {row["organization_fields"]["datepudding"] for row in rows} - {None}
        assert dates
        assert all(date.endswith("+00:00") for date in dates)


def test_users_are_of_many_kinds(zendesk_emulator, ask):
    zendesk_emulator.account.records("users").burst(DAY_AGO, 200)
    users = ask(SUPPORT + "users/cursor", start_time=0).json()["users"]
    assert {user["role"] for user in users} == {"admin", "agent", "end-user"}
    assert {user["suspended"] for user in users} == {True, False}
    assert {type(user["photo"]) for user in users} == {dict, type(None)}
    assert {type(user["custom_role_id"]) for user in users} == {int, type(None)}


class TestSample:
    @each_resource
    def test_it_has_at_most_50_rows(self, zendesk_emulator, ask, resource):
        """Zendesk docs, Incremental Sample Export: up to 50 results."""
        zendesk_emulator.account.records(resource).populate(DAY_AGO, NOW - 600, 300)
        page = ask(f"{SUPPORT}{resource}/sample", start_time=0, per_page=1000).json()
        assert (page["count"], page["end_of_stream"]) == (50, False)

    def test_it_may_be_asked_ten_times_in_twenty_minutes(self):
        """Its own limit (Zendesk docs, Limits), which the exports' calls do not use up."""
        with ZendeskEmulator(now=NOW - NOW % 1200, speed=0, exports_per_minute=1) as zendesk:
            headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}

            def call(path="users/sample"):
                url = f"{zendesk.url}{SUPPORT}{path}?start_time=0"
                return requests.get(url, headers=headers, timeout=10)

            assert [call("users").status_code for _ in range(2)] == [200, 429]
            assert [call().status_code for _ in range(11)] == [200] * 10 + [429]
            zendesk.clock.advance(60)
            refused = call()
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1140")
            assert refused.headers["zendesk-ratelimit-incremental-exports-sample"].startswith("total=10;")
            zendesk.clock.advance(1140)
            assert call().status_code == 200
