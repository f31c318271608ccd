# SPDX-License-Identifier: Apache-2.0
"""Each test names a habit of live accounts that a switch turns on, whatever the export."""

from __future__ import annotations

import json

import pytest

from tests.emulator.tables import TALK, each_export, each_export_with_a_start
from tests.emulator.walks import by_next_page, by_ordinary_cursor, by_time, following, rows_of

NOW = 1795262400
DAY_AGO = NOW - 86_400


def query_of(walk, **more):
    """A query of the form that the walk is for, with a page that holds a hundred rows."""
    form = {"page[size]": 100} if walk is by_ordinary_cursor else {}
    return {"start_time": 0, "support_type_scope": "all", "page_size": 100} | form | more


def create(zendesk, resource, seconds):
    records = zendesk.account.records(resource)
    return {records.create(second): second for second in seconds}


def raws(zendesk, resource):
    """Rows by their records' numbers."""
    records = zendesk.account.records(resource)
    return {number: records.row(number, NOW + 10_000) for number in range(1, len(records.history) + 1)}


class TestServerPage:
    @each_export
    def test_no_page_has_more_rows(self, zendesk_emulator, ask, resource, path, key, walk):
        create(zendesk_emulator, resource, range(DAY_AGO, DAY_AGO + 20))
        zendesk_emulator.server_page = 3
        assert len(rows_of(ask(path, **query_of(walk)), key)) == 3

    @each_export_with_a_start
    def test_by_time_a_page_within_one_second_is_filled_up(
        self, zendesk_emulator, ask, resource, path, key, walk
    ):
        """As ever; Talk's never are."""
        zendesk_emulator.account.records(resource).burst(DAY_AGO, 8)
        zendesk_emulator.server_page = 3
        filled_up = walk is by_time and not path.startswith(TALK)
        assert len(rows_of(ask(path, **query_of(walk)), key)) == (8 if filled_up else 3)
        zendesk_emulator.over_fill = False
        assert len(rows_of(ask(path, **query_of(walk)), key)) == 3


@pytest.mark.parametrize("rows", [0, 2])
@each_export
def test_a_short_page_is_not_the_end(zendesk_emulator, ask, resource, path, key, walk, rows):
    """Its position is that of its last row, and without one it stays where it was asked for."""
    create(zendesk_emulator, resource, range(DAY_AGO, DAY_AGO + 12, 2))
    zendesk_emulator.short_page = rows
    query = query_of(walk, start_time=DAY_AGO - 9)
    first = ask(path, **query)
    assert len(rows_of(first, key)) == rows
    if walk is by_time:
        assert first.json()["end_time"] == (DAY_AGO + 2 if rows else DAY_AGO - 9)
        assert first.json().get("end_of_stream", False) is False
    second = ask(path, **query | following(first.json()))
    again = rows > 0 and walk is by_time  # its last second
    assert len(rows_of(second, key)) == 6 - rows + again
    assert {*rows_of(first, key), *rows_of(second, key)} == set(raws(zendesk_emulator, resource).values())


class TestLateRows:
    @each_export
    def test_a_row_shows_when_its_time_has_come(self, zendesk_emulator, ask, resource, path, key, walk):
        """One in four comes up to so many seconds after its sort key; the truth has it all the same."""
        seconds = create(zendesk_emulator, resource, range(NOW - 180, NOW - 80))
        zendesk_emulator.late_rows = 300
        late = {number: zendesk_emulator.late_by(resource, number, 300) for number in seconds}
        assert 15 < sum(delay > 0 for delay in late.values()) < 35
        assert max(late.values()) <= 300
        rows = raws(zendesk_emulator, resource)
        # Routing's batches are as of a whole minute after what they hold, which is now.
        here = {rows[number] for number, second in seconds.items() if second + late[number] <= NOW}
        assert set(rows_of(ask(path, **query_of(walk)), key)) == here
        assert 70 < len(here) < 100
        zendesk_emulator.clock.advance(300)
        assert set(rows_of(ask(path, **query_of(walk)), key)) == set(rows.values())
        assert len(zendesk_emulator.truth(0, NOW, at=NOW, resource=resource)) == 100

    def test_it_appears_behind_a_walk_that_has_passed_its_place(self, zendesk_emulator, get):
        seconds = create(zendesk_emulator, "tickets", range(NOW - 180, NOW - 80))
        zendesk_emulator.late_rows = 300
        first = get(start_time=0, support_type_scope="all").json()
        zendesk_emulator.clock.advance(300)
        second = get(cursor=first["after_cursor"], support_type_scope="all").json()
        last = first["tickets"][-1]["id"]
        found = [row["id"] for page in (first, second) for row in page["tickets"]]
        lost = {
            number for number, second in seconds.items() if second + late_by(zendesk_emulator, number) > NOW
        }
        assert set(seconds) - set(found) == {number for number in lost if number < last}

    def test_records_tell_when(self, zendesk_emulator):
        records = zendesk_emulator.account.records("calls")
        number = next(n for n in range(1, 99) if zendesk_emulator.late_by("calls", n, 60))
        delay = zendesk_emulator.late_by("calls", number, 60)
        assert records.shown_at(number, NOW, 60) == NOW + delay
        assert records.shown_at(number, NOW, 0) == NOW

    def test_a_new_version_is_as_late_as_the_first(self, zendesk_emulator, get):
        """Until it shows, the record is not there at all, as in the hidden minute."""
        numbers = zendesk_emulator.account.burst(DAY_AGO, 20)
        for number in numbers:
            zendesk_emulator.account.update(number, NOW - 61)
        zendesk_emulator.late_rows = 10_000
        found = [row["id"] for row in get(start_time=0).json()["tickets"]]
        assert found == [
            number for number in numbers if zendesk_emulator.late_by("tickets", number, 10_000) <= 61
        ]


def late_by(zendesk, number):
    return zendesk.late_by("tickets", number, 300)


class TestOldRows:
    @each_export_with_a_start
    def test_a_walk_is_given_rows_older_than_its_start(
        self, zendesk_emulator, ask, resource, path, key, walk
    ):
        """Delivery of ticket events follows a place that may lie a day behind (a live reader, 2026-10)."""
        seconds = create(zendesk_emulator, resource, range(DAY_AGO, DAY_AGO + 100))
        zendesk_emulator.old_rows = 300
        start, rows = DAY_AGO + 50, raws(zendesk_emulator, resource)
        places = {
            number: second + zendesk_emulator.old_by(resource, number, 300)
            for number, second in seconds.items()
        }
        found = rows_of(ask(path, **query_of(walk, start_time=start)), key)
        assert set(found) == {rows[number] for number, place in places.items() if place >= start}
        assert any(place >= start > seconds[number] for number, place in places.items())
        truth = zendesk_emulator.truth(start, NOW, resource=resource)
        assert {row.raw for row in truth} == {
            rows[number] for number, second in seconds.items() if second >= start
        }

    def test_pages_and_positions_follow_the_place(self, zendesk_emulator, ask):
        seconds = create(zendesk_emulator, "ticket_events", range(DAY_AGO, DAY_AGO + 40))
        zendesk_emulator.old_rows, zendesk_emulator.server_page = 300, 20
        places = {
            number: second + zendesk_emulator.old_by("ticket_events", number, 300)
            for number, second in seconds.items()
        }
        page = ask("/api/v2/incremental/ticket_events", start_time=0).json()
        found = [places[row["id"]] for row in page["ticket_events"]]
        assert found == sorted(places.values())[:20]
        assert page["end_time"] == found[-1]

    def test_the_hidden_minute_is_that_of_the_place(self, zendesk_emulator, get):
        number = next(n for n in range(1, 99) if zendesk_emulator.old_by("tickets", n, 100) > 20)
        for _ in range(number):
            zendesk_emulator.account.create(NOW - 70)
        zendesk_emulator.old_rows = 100
        assert number not in [row["id"] for row in get(start_time=0).json()["tickets"]]
        zendesk_emulator.clock.advance(90)
        assert number in [row["id"] for row in get(start_time=0).json()["tickets"]]

    def test_no_row_is_both_late_and_old(self, zendesk_emulator):
        for number in range(1, 300):
            late, old = (
                tell("users", number, 9) for tell in (zendesk_emulator.late_by, zendesk_emulator.old_by)
            )
            assert not (late and old)


@each_export
def test_shuffled_rows_leave_pages_what_they_are(zendesk_emulator, ask, resource, path, key, walk):
    """Zendesk's documentation promises order for metric events alone."""
    create(zendesk_emulator, resource, range(DAY_AGO, DAY_AGO + 30))
    zendesk_emulator.server_page = 10
    usual = list(walk(ask, path, key))
    zendesk_emulator.shuffled_rows = True
    shuffled = list(walk(ask, path, key))
    assert [sorted(page) for page in shuffled] == [sorted(page) for page in usual]
    if resource != "articles":  # they never are in order
        assert shuffled[0] != usual[0]


@pytest.mark.parametrize(
    ("told", "has_more", "end_of_stream"), [("has_more", 1, 0), ("end_of_stream", 0, 1), ("both", 1, 1)]
)
def test_custom_objects_tell_their_end_in_several_ways(zendesk_emulator, ask, told, has_more, end_of_stream):
    """Zendesk's OpenAPI has meta.has_more, a guide of Zendesk's end_of_stream."""
    path = "/api/v2/incremental/custom_objects/car/cursor"
    create(zendesk_emulator, "custom_objects/car", [DAY_AGO, DAY_AGO + 1])
    zendesk_emulator.custom_objects_end = told
    for rows, last in ((1, False), (2, True)):
        page = ask(path, start_time=0, per_page=rows).json()
        assert page.get("meta") == ({"has_more": not last} if has_more else None)
        assert page.get("end_of_stream") == (last if end_of_stream else None)


def test_an_end_that_is_not_known_is_an_error(zendesk_emulator):
    with pytest.raises(ValueError, match="custom_objects_end is 'never'; choose one of: has_more, "):
        zendesk_emulator.custom_objects_end = "never"


def test_habits_go_together(zendesk_emulator, ask):
    """A walk that begins early enough and reads on late enough finds everything."""
    create(zendesk_emulator, "ticket_events", range(DAY_AGO, DAY_AGO + 90))
    zendesk_emulator.late_rows, zendesk_emulator.old_rows, zendesk_emulator.shuffled_rows = 60, 60, True
    zendesk_emulator.server_page = 7
    found = {
        json.loads(row)["id"]
        for page in by_time(
            ask, "/api/v2/incremental/ticket_events", "ticket_events", support_type_scope="all"
        )
        for row in page
    }
    assert found == {row.id for row in zendesk_emulator.truth(0, NOW, resource="ticket_events")}


def test_reset_ends_them(zendesk_emulator):
    zendesk_emulator.late_rows, zendesk_emulator.old_rows, zendesk_emulator.server_page = 60, 60, 7
    zendesk_emulator.reset()
    assert (zendesk_emulator.late_rows, zendesk_emulator.old_rows, zendesk_emulator.server_page) == (
        0,
        0,
        None,
    )


def test_a_routing_batch_stays_as_it_was_begun(zendesk_emulator, ask):
    """Its cursor counts rows, so one that shows later does not move those to come."""
    create(zendesk_emulator, "routing/attributes", range(NOW - 180, NOW - 80))
    zendesk_emulator.late_rows, zendesk_emulator.server_page = 300, 10
    zendesk_emulator.before_export(lambda _number: zendesk_emulator.clock.advance(5))
    rows = [
        row
        for page in by_next_page(ask, "/api/v2/incremental/routing/attributes", "attributes")
        for row in page
    ]
    assert len(rows) == len(set(rows)) > 70
