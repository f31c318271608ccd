# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about Zendesk's cursor export that it stands for, and where that comes from."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

NOW = 1795262400  # the fixture's moment, 2026-11-21T12:00:00Z
DAY_AGO = NOW - 86_400


def rows(pages):
    return [ticket for page in pages for ticket in page["tickets"]]


def ids(pages):
    return [ticket["id"] for ticket in rows(pages)]


class TestOrder:
    def test_rows_come_in_order_of_timestamp_and_id_and_none_twice(self, zendesk_emulator, walk):
        """Strictly ordered by (generated_timestamp, id), no overlap between pages (recorded 2023/24)."""
        zendesk_emulator.account.populate(DAY_AGO, NOW - 600, 2500)
        keys = [(row["generated_timestamp"], row["id"]) for row in rows(walk(start_time=0, per_page=300))]
        assert len(keys) > 2300
        assert keys == sorted(set(keys))

    def test_a_full_walk_is_the_truth_byte_for_byte(self, zendesk_emulator, get):
        zendesk_emulator.account.populate(DAY_AGO, NOW - 600, 1500)
        raw, query = [], {"start_time": 0}
        for _ in range(10):
            response = get(support_type_scope="all", per_page=400, **query)
            page = msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])
            raw += [bytes(row) for row in msgspec.json.decode(page["tickets"], type=list[msgspec.Raw])]
            if response.json()["end_of_stream"]:
                break
            query = {"cursor": response.json()["after_cursor"]}
        assert raw == [row.raw for row in zendesk_emulator.truth(0, NOW)]

    def test_single_row_pages_pass_through_a_shared_second(self, zendesk_emulator, walk):
        """per_page=1 walked 100 distinct ids through equal timestamps (recorded 2023/24)."""
        created = zendesk_emulator.account.burst(DAY_AGO, 20)
        pages = walk(start_time=DAY_AGO, per_page=1)
        assert ids(pages) == created
        assert all(len(page["tickets"]) == 1 for page in pages)

    def test_more_tickets_than_a_page_may_share_a_second(self, zendesk_emulator, walk):
        created = zendesk_emulator.account.burst(DAY_AGO, 3500)
        pages = walk(start_time=DAY_AGO)
        assert [len(page["tickets"]) for page in pages] == [1000, 1000, 1000, 500]
        assert ids(pages) == created
        assert {row["generated_timestamp"] for row in rows(pages)} == {DAY_AGO}

    def test_a_ticket_changed_twice_in_a_second_is_one_row(self, zendesk_emulator, walk):
        ticket = zendesk_emulator.account.create(DAY_AGO)
        zendesk_emulator.account.update(ticket, DAY_AGO)
        assert ids(walk(start_time=0)) == [ticket]


class TestStart:
    def test_start_time_is_inclusive(self, zendesk_emulator, get):
        """Items changed at or after it (Zendesk guide; recorded 2023/24)."""
        zendesk_emulator.account.create(DAY_AGO - 1)
        at_start = zendesk_emulator.account.create(DAY_AGO)
        assert ids([get(start_time=DAY_AGO).json()]) == [at_start]

    def test_zero_is_the_beginning(self, zendesk_emulator, get):
        """Accepted by tickets and users (recorded 2023/24)."""
        ticket = zendesk_emulator.account.create(1)
        assert ids([get(start_time=0).json()]) == [ticket]

    @pytest.mark.parametrize("age", [60, 59, 0, -3600])
    def test_it_must_be_more_than_60_seconds_ago(self, zendesk_emulator, get, age):
        """400 StartTimeTooRecent (Zendesk's OpenAPI for custom objects; seen on tickets by clients in 2023/24)."""
        response = get(start_time=NOW - age)
        assert response.status_code == 400
        assert response.json() == {
            "errors": [
                {
                    "code": "StartTimeTooRecent",
                    "status": "400",
                    "title": "start_time must be more than 60 seconds ago",
                }
            ]
        }

    def test_61_seconds_ago_is_old_enough(self, get):
        assert get(start_time=NOW - 61).status_code == 200

    def test_accounts_may_still_answer_in_the_older_form(self, zendesk_emulator, get):
        """422 "Too recent start_time", as old clients met it."""
        zendesk_emulator.legacy_too_recent = True
        response = get(start_time=NOW)
        assert response.status_code == 422
        assert response.json() == {
            "error": "InvalidValue",
            "description": "Too recent start_time. Use a start_time older than 5 minutes",
        }

    @pytest.mark.parametrize(
        "query", [{}, {"start_time": ""}, {"start_time": "yesterday"}, {"start_time": "1.5"}]
    )
    def test_without_a_whole_number_it_is_an_invalid_attribute(self, get, query):
        """Zendesk's generic shape for a parameter of the wrong type."""
        response = get(**query)
        assert response.status_code == 400
        assert response.json()["error"]["title"] == "Invalid attribute"
        assert "start_time must be an integer" in response.json()["error"]["message"]


class TestCursor:
    def test_its_text_names_the_last_row(self, zendesk_emulator, get):
        """base64 of <epoch>.0||<id>| with padding (recorded 2023/24; Zendesk docs, sample)."""
        ticket = zendesk_emulator.account.create(DAY_AGO)
        cursor = get(start_time=0).json()["after_cursor"]
        assert base64.b64decode(cursor) == b"%d.0||%d|" % (DAY_AGO, ticket)

    def test_a_recorded_cursor_is_understood(self, zendesk_emulator, get):
        zendesk_emulator.account.create(1576613540)
        page = get(cursor="MTU3NjYxMzUzOS4wfHw0Njd8").json()  # 1576613539.0||467|
        assert len(page["tickets"]) == 1

    def test_after_url_repeats_per_page_and_percent_encodes_the_cursor(self, zendesk_emulator, get):
        """(recorded 2023/24); that it repeats the filters is not known, so it does not."""
        zendesk_emulator.account.burst(DAY_AGO, 2)
        page = get(start_time=0, per_page=1, support_type_scope="all").json()
        assert page["after_url"].startswith(zendesk_emulator.url + "/api/v2/incremental/tickets/cursor?")
        assert "=" not in page["after_cursor"] or "%3D" in page["after_url"]
        assert parse_qs(urlsplit(page["after_url"]).query) == {
            "cursor": [page["after_cursor"]],
            "per_page": ["1"],
        }

    def test_there_is_nothing_before(self, get):
        """before_cursor and before_url are null on every recorded page."""
        page = get(start_time=0).json()
        assert page["before_cursor"] is None
        assert page["before_url"] is None

    @pytest.mark.parametrize(
        "cursor", ["x", "äöü", "MTU3NjYxMzUzOS4wfHw0Njd", "MTIzNA==", "OTk5OTk5OTk5OTkuMHx8MXw="]
    )
    def test_a_broken_one_is_refused(self, get, cursor):
        """400 InvalidCursor (Zendesk's OpenAPI for custom objects; nobody has recorded it for tickets)."""
        response = get(cursor=cursor)
        assert response.status_code == 400
        assert response.json()["errors"][0]["code"] == "InvalidCursor"

    def test_an_old_one_still_works(self, zendesk_emulator, get):
        """No expiry is documented: it is only a time and an id."""
        _, second = zendesk_emulator.account.create(DAY_AGO), zendesk_emulator.account.create(DAY_AGO + 1)
        cursor = get(start_time=0, per_page=1).json()["after_cursor"]
        zendesk_emulator.clock.advance(400 * 86_400)
        assert ids([get(cursor=cursor).json()]) == [second]


class TestEndOfStream:
    def test_the_last_page_carries_a_cursor_to_go_on_from(self, zendesk_emulator, get):
        """end_of_stream is true and after_cursor still set; polling it returns what changed since (recorded 2023/24)."""
        first = zendesk_emulator.account.create(DAY_AGO)
        last = get(start_time=0).json()
        assert last["end_of_stream"]
        assert ids([last]) == [first]
        second = zendesk_emulator.account.create(NOW - 100)
        assert ids([get(cursor=last["after_cursor"]).json()]) == [second]

    def test_an_exactly_full_last_page_is_the_end(self, zendesk_emulator, get):
        zendesk_emulator.account.burst(DAY_AGO, 5)
        assert get(start_time=0, per_page=5).json()["end_of_stream"] is True
        assert get(start_time=0, per_page=4).json()["end_of_stream"] is False

    def test_with_nothing_new_the_cursor_stays(self, zendesk_emulator, get):
        zendesk_emulator.account.create(DAY_AGO)
        cursor = get(start_time=0).json()["after_cursor"]
        page = get(cursor=cursor).json()
        assert (page["tickets"], page["end_of_stream"], page["after_cursor"]) == ([], True, cursor)

    def test_or_is_null_on_some_accounts(self, zendesk_emulator, get):
        """All four cursor and url keys are nullable in Zendesk's OpenAPI."""
        zendesk_emulator.account.create(DAY_AGO)
        cursor = get(start_time=0).json()["after_cursor"]
        zendesk_emulator.null_last_cursor = True
        page = get(cursor=cursor).json()
        assert page["after_cursor"] is None
        assert page["after_url"] is None
        assert get(start_time=0).json()["after_cursor"] == cursor

    def test_an_empty_account_has_no_cursor(self, get):
        page = get(start_time=0).json()
        assert (page["tickets"], page["end_of_stream"], page["after_cursor"]) == ([], True, None)


class TestHiddenMinute:
    """What changed in the minute before the request is left out (Zendesk announcement, 2024-10-28)."""

    def test_a_new_ticket_shows_after_60_seconds(self, zendesk_emulator, get):
        ticket = zendesk_emulator.account.create()
        zendesk_emulator.clock.advance(59)
        hidden = get(start_time=0).json()
        assert (hidden["tickets"], hidden["end_of_stream"]) == ([], True)
        zendesk_emulator.clock.advance(1)
        assert ids([get(start_time=0).json()]) == [ticket]

    def test_a_ticket_that_changed_within_it_is_not_there_at_all(self, zendesk_emulator, get):
        """The export knows only the latest version of a ticket."""
        ticket = zendesk_emulator.account.create(DAY_AGO)
        zendesk_emulator.account.update(ticket)
        assert get(start_time=0).json()["tickets"] == []
        zendesk_emulator.clock.advance(60)
        assert [row["generated_timestamp"] for row in rows([get(start_time=0).json()])] == [NOW]

    def test_going_on_from_the_cursor_loses_nothing(self, zendesk_emulator, get):
        account, clock = zendesk_emulator.account, zendesk_emulator.clock
        account.create(NOW - 61)
        late = [account.create(NOW - 60 + second) for second in range(60)]
        seen, query = [], {"start_time": 0}
        for _ in range(8):
            page = get(**query).json()
            seen += ids([page])
            query = {"cursor": page["after_cursor"]}
            clock.advance(10)
        assert seen == [1, *late]

    def test_the_truth_does_not_hide_it(self, zendesk_emulator):
        ticket = zendesk_emulator.account.create()
        assert [row.id for row in zendesk_emulator.truth(NOW, NOW + 1)] == [ticket]

    def test_what_lies_ahead_of_the_clock_has_not_happened(self, zendesk_emulator, get):
        ticket = zendesk_emulator.account.create(DAY_AGO)
        zendesk_emulator.account.update(ticket, NOW + 10)
        assert [row["generated_timestamp"] for row in get(start_time=0).json()["tickets"]] == [DAY_AGO]
        zendesk_emulator.clock.advance(70)
        assert [row["generated_timestamp"] for row in get(start_time=0).json()["tickets"]] == [NOW + 10]


class TestChangesDuringAWalk:
    def test_a_changed_ticket_moves_to_the_end_and_comes_again(self, zendesk_emulator, walk):
        """A ticket updated meanwhile is returned again with new values."""
        account = zendesk_emulator.account
        tickets = account.burst(DAY_AGO, 4)

        def change(number: int) -> None:
            if number == 2:
                account.update(tickets[0])
                zendesk_emulator.clock.advance(60)

        zendesk_emulator.before_export(change)
        assert ids(walk(start_time=0, per_page=1)) == [1, 2, 3, 4, 1]

    def test_one_not_reached_yet_is_skipped_where_it_stood(self, zendesk_emulator, walk):
        account = zendesk_emulator.account
        tickets = account.burst(DAY_AGO, 4)
        zendesk_emulator.answer_next(None, lambda: account.update(tickets[2], NOW - 100))
        assert ids(walk(start_time=0, per_page=1)) == [1, 2, 4, 3]


class TestParameters:
    def test_a_page_has_a_thousand_rows_unless_told(self, zendesk_emulator, get):
        """Zendesk docs: per_page at most and by default 1000."""
        zendesk_emulator.account.burst(DAY_AGO, 1001)
        assert len(get(start_time=0).json()["tickets"]) == 1000
        assert len(get(start_time=0, per_page=7).json()["tickets"]) == 7

    @pytest.mark.parametrize("per_page", ["0", "1001", "-1", "many", ""])
    def test_per_page_is_1_to_1000(self, get, per_page):
        response = get(start_time=0, per_page=per_page)
        assert response.status_code == 400
        assert "per_page" in response.json()["error"]["message"]

    def test_per_page_may_change_within_a_walk(self, zendesk_emulator, get):
        zendesk_emulator.account.burst(DAY_AGO, 10)
        cursor = get(start_time=0, per_page=2).json()["after_cursor"]
        assert ids([get(cursor=cursor, per_page=5).json()]) == [3, 4, 5, 6, 7]

    def test_tickets_of_ai_agents_are_left_out_unless_asked_for(self, zendesk_emulator, get):
        """support_type_scope defaults to agent (Zendesk docs, OpenAPI of 2026)."""
        human = zendesk_emulator.account.create(DAY_AGO)
        ai = zendesk_emulator.account.create(DAY_AGO, support_type="ai_agent")
        assert ids([get(start_time=0).json()]) == [human]
        assert ids([get(start_time=0, support_type_scope="agent").json()]) == [human]
        assert ids([get(start_time=0, support_type_scope="ai_agent").json()]) == [ai]
        everything = get(start_time=0, support_type_scope="all").json()["tickets"]
        assert [(row["id"], row["support_type"]) for row in everything] == [
            (human, "agent"),
            (ai, "ai_agent"),
        ]
        assert get(start_time=0, support_type_scope="robots").status_code == 400

    def test_deleted_tickets_are_there_unless_excluded(self, zendesk_emulator, get):
        """status "deleted", full row otherwise; exclude_deleted=true drops them (Zendesk docs)."""
        account = zendesk_emulator.account
        kept, deleted = account.burst(DAY_AGO, 2)
        account.delete(deleted, DAY_AGO + 10)
        everything = get(start_time=0).json()["tickets"]
        assert [(row["id"], row["status"] == "deleted") for row in everything] == [
            (kept, False),
            (deleted, True),
        ]
        assert ids([get(start_time=0, exclude_deleted="true").json()]) == [kept]
        assert get(start_time=0, exclude_deleted="perhaps").status_code == 400

    def test_the_path_may_end_in_json(self, zendesk_emulator, session):
        """Both forms answer; recorded next urls have the form that was asked."""
        zendesk_emulator.account.create(DAY_AGO)
        response = session.get(f"{zendesk_emulator.url}/api/v2/incremental/tickets/cursor.json?start_time=0")
        assert len(response.json()["tickets"]) == 1
        assert "/cursor.json?" in response.json()["after_url"]

    def test_rows_may_hold_raw_newlines(self, zendesk_emulator, get):
        zendesk_emulator.account.burst(DAY_AGO, 2)
        compact = zendesk_emulator.truth(0, NOW)
        zendesk_emulator.pretty_rows = True
        page = msgspec.json.decode(get(start_time=0).content, type=dict[str, msgspec.Raw])
        spread = [bytes(row) for row in msgspec.json.decode(page["tickets"], type=list[msgspec.Raw])]
        assert all(b"\n" in row for row in spread)
        assert [msgspec.json.format(row, indent=-1) for row in spread] == [row.raw for row in compact]
