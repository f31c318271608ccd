# SPDX-License-Identifier: Apache-2.0
"""Reconciliation: what Zendesk shows now, compared with what is committed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.verify.reconcile import put_report, reconcile, repair
from airflow_provider_zendesk.window import Window, parse_iso
from tests.export.test_disorder import with_rows
from tests.lakes import a_run

if TYPE_CHECKING:
    from airflow_provider_zendesk.verify.reconciliation import Reconciliation
    from tests.lakes import Lake

DAY = 86400
HOUR = 3600
START = 1795132800
END = START + DAY
LATE = [
    "ticket_metric_events",
    "organizations",
    "calls",
    "legs",
    "side_conversation_events",
    "engagements",
    "articles",
    "tickets",
    "ticket_events",
    "users",
]


def look(
    lake: Lake, name: str, *, full_walk: bool = False, mend: bool = False, **more: Any
) -> Reconciliation:
    account = Account.at(lake.zendesk.url)
    scope = Window(more.pop("start", START), more.pop("end", END))
    with ZendeskClient(account, sleep=lambda _: None, clock=lake.zendesk.clock.now) as client:
        client.authenticate(BearerAuth(account, lake.zendesk.oauth_token))
        result = reconcile(client, lake.storage, name, scope, full_walk=full_walk, wait=lake.wait)
        if mend:
            repair(
                client,
                lake.storage,
                result,
                a_run(),
                partition_by="day",
                full_walk=full_walk,
                wait=lake.wait,
            )
    return result


def truth(lake: Lake, name: str, start: int = START, end: int = END) -> list[bytes]:
    include = get_resource(name).include
    return sorted(row.raw for row in lake.zendesk.truth(start, end, resource=name, include=include))


def rows(lake: Lake) -> list[bytes]:
    return sorted(lake.rows())


def export_a_day_with_late_rows(
    lake: Lake, name: str, lateness: int, records: int = 300, **more: Any
) -> None:
    """A day that is exported as soon as it is over, while rows of it show up to so many seconds late."""
    lake.zendesk.late_rows = lateness
    lake.zendesk.account.records(name).populate(START, END, records)
    lake.zendesk.account.records(name).populate(END - 2 * HOUR, END, records)
    lake.zendesk.clock.set(END)
    lake.export(START, END, name=name, partition_by="day", **more)


@pytest.mark.parametrize("name", LATE)
def test_every_late_row_is_found_and_repaired_and_the_next_look_is_clean(lake: Lake, name: str) -> None:
    export_a_day_with_late_rows(lake, name, 2 * HOUR)
    missing = set(truth(lake, name)) - set(rows(lake))
    assert missing
    lake.zendesk.clock.set(END + 3 * HOUR)
    before = len(lake.zendesk.export_requests)
    result = look(lake, name)
    assert result.requests == len(lake.zendesk.export_requests) - before
    id_ = get_resource(name).id
    assert {str(row.id) for row in result.late} == {str(json.loads(row)[id_]) for row in missing}
    assert (result.windows, result.rows, result.changed) == (1, len(truth(lake, name)), 0)
    before = len(lake.zendesk.export_requests)
    mended = look(lake, name, mend=True)
    assert mended.repaired == 1
    assert mended.requests == len(lake.zendesk.export_requests) - before
    assert rows(lake) == truth(lake, name)
    assert verify(lake.storage, name, check_content=True).is_whole
    again = look(lake, name)
    assert (again.late, again.moved_on, again.changed, again.settle_enough) == ([], 0, 0, None)


@pytest.mark.parametrize("name", ["tickets", "engagements", "routing/attributes"])
def test_rows_in_columns_are_compared_by_their_values(lake: Lake, name: str) -> None:
    parquet = FORMATS["parquet"]
    lake.zendesk.account.records(name).populate(START, END, 50)
    lake.zendesk.clock.set(END + DAY)
    lake.export(START, END, name=name, partition_by="day", format=parquet, empty_files=True)
    result = look(lake, name)
    assert result.rows == len(truth(lake, name))
    assert (result.late, result.moved_on, result.changed) == ([], 0, 0)


def test_a_repair_keeps_the_format(lake: Lake) -> None:
    name, parquet = "calls", FORMATS["parquet"]
    export_a_day_with_late_rows(lake, name, 2 * HOUR, format=parquet)
    lake.zendesk.clock.set(END + 3 * HOUR)
    assert look(lake, name, mend=True).repaired == 1
    assert [one["format"] for one in lake.manifests()] == ["parquet"]
    assert look(lake, name).late == []


@pytest.mark.parametrize("name", ["ticket_metric_events", "calls", "organizations"])
def test_the_settle_time_it_proposes_would_have_caught_them_all(lake: Lake, name: str) -> None:
    export_a_day_with_late_rows(lake, name, 2 * HOUR)
    lake.zendesk.clock.set(END + 2 * HOUR + 60)
    settle = look(lake, name).settle_enough
    assert settle is not None
    lake.zendesk.clock.set(END)
    lake.export(START, END, name=name, partition_by="day", settle=timedelta(seconds=settle))
    assert rows(lake) == truth(lake, name)
    (manifest,) = lake.manifests()
    assert manifest["request"]["settle"] == settle
    lake.zendesk.clock.set(END + 3 * HOUR)
    assert look(lake, name).late == []


@pytest.mark.parametrize("lateness", [1, 60, 300, 1800])
def test_rows_that_are_no_later_than_the_settle_time_are_never_missing(lake: Lake, lateness: int) -> None:
    export_a_day_with_late_rows(lake, "ticket_metric_events", lateness)
    lake.zendesk.clock.set(END + 3 * HOUR)
    assert look(lake, "ticket_metric_events").late == []


def test_how_late_rows_are_is_told_in_seconds(lake: Lake) -> None:
    export_a_day_with_late_rows(lake, "calls", 2 * HOUR)
    lake.zendesk.clock.set(END + 3 * HOUR)
    result = look(lake, "calls")
    records = lake.zendesk.account.records("calls")
    late_by = {records.id_of(n): records.late_by(n, 2 * HOUR) for n in range(1, len(records.history) + 1)}
    for row in result.late:
        assert 300 <= row.later_than <= late_by[row.id] <= row.seen_after
        assert row.later_than == max(
            300, parse_iso(lake.manifests()[0]["stop"]["first_server_time"]) - row.sort_key
        )
        assert row.sort_key + row.seen_after == pytest.approx(END + 3 * HOUR, abs=2)
    for line in result.lateness():
        assert line.later <= sum(late_by[row.id] >= line.seconds for row in result.late)
        assert line.shown <= sum(late_by[row.id] <= line.seconds for row in result.late)
    assert result.lateness()[0].later == result.lateness()[-1].shown == len(result.late)


@pytest.mark.parametrize("size", [300, 3000])
def test_it_costs_the_calls_that_an_export_costs(lake: Lake, size: int) -> None:
    lake.zendesk.account.populate(START, END, size)
    exported = lake.export(START, END, per_page=100)
    assert look(lake, "tickets").requests == exported.requests


def test_records_that_changed_have_moved_on_and_are_not_late(lake: Lake) -> None:
    account = lake.zendesk.account
    ids = account.burst(START + HOUR, 10)
    lake.zendesk.clock.set(END + HOUR)
    lake.export(START, END)
    account.update(ids[0], END + 10)
    account.update(ids[1], START + 2 * HOUR)
    lake.zendesk.clock.set(END + 2 * HOUR)
    result = look(lake, "tickets")
    assert result.moved_on == 2
    assert [(row.id, row.sort_key) for row in result.late] == [(ids[1], START + 2 * HOUR)]


def test_rows_of_other_bytes_are_counted(lake: Lake) -> None:
    lake.zendesk.account.burst(START + HOUR, 10)
    lake.export(START, END, include=())
    changed = lake.zendesk.account.seed = 2
    assert changed
    lake.zendesk.account.records("tickets")._seed = 2
    result = look(lake, "tickets")
    assert (result.changed, result.late, result.moved_on) == (10, [], 0)


def test_rows_in_the_dataset_of_late_rows_are_not_lacking(lake: Lake) -> None:
    """A row of the first window is delivered in the second one."""
    lake.zendesk.account.records("ticket_events").populate(START, START + 2 * DAY, 60)
    moved = lake.zendesk.truth(START, END, resource="ticket_events", include=["comment_events"])[5].raw
    lake.zendesk.clock.set(START + 3 * DAY)
    lake.zendesk.answer_next(
        with_rows("ticket_events", lambda page: [row for row in page if json.loads(row) != json.loads(moved)])
    )
    lake.export(START, END, name="ticket_events")
    lake.zendesk.answer_next(with_rows("ticket_events", lambda page: [moved, *page]))
    lake.export(END, END + DAY, name="ticket_events")
    alone, both = look(lake, "ticket_events"), look(lake, "ticket_events", end=END + DAY)
    assert (len(alone.late), alone.kept_apart) == (1, 0)
    assert (len(both.late), both.kept_apart) == (0, 1)


def test_a_whole_walk_finds_and_repairs_what_comes_after_the_end_was_passed(lake: Lake) -> None:
    """A stream out of order, of which a walk that stops at the window's end sees nothing."""
    lake.zendesk.server_page = 30
    lake.zendesk.account.populate(START, START + 3 * DAY, 60)
    lake.zendesk.clock.set(START + 4 * DAY)
    everything = [row.raw for row in lake.zendesk.truth(START, START + 3 * DAY)]
    moved, last = (json.loads(everything[place])["id"] for place in (0, -1))

    def delay(page: list[bytes]) -> list[bytes]:
        kept = [row for row in page if json.loads(row)["id"] != moved]
        return [*kept, everything[0]] if any(json.loads(row)["id"] == last for row in kept) else kept

    lake.zendesk.answer_at_random(1.0, with_rows("tickets", delay))
    lake.export(START, END, partition_by="day")
    assert look(lake, "tickets").late == []
    found = look(lake, "tickets", full_walk=True, mend=True)
    assert [row.id for row in found.late] == [moved]
    assert sorted(json.loads(row)["id"] for row in rows(lake)) == sorted(
        json.loads(row)["id"] for row in truth(lake, "tickets")
    )
    assert look(lake, "tickets", full_walk=True).late == []


@pytest.mark.parametrize("name", ["tickets", "articles", "routing/attributes"])
def test_windows_with_holes_between_them_are_compared_each(lake: Lake, name: str) -> None:
    lake.zendesk.account.records(name).populate(START, START + 5 * DAY, 200)
    lake.zendesk.clock.set(START + 6 * DAY)
    for day in (0, 1, 3):
        lake.export(START + day * DAY, START + (day + 1) * DAY, name=name, partition_by="day")
    result = look(lake, name, end=START + 5 * DAY)
    expected = sum(len(truth(lake, name, START + day * DAY, START + (day + 1) * DAY)) for day in (0, 1, 3))
    assert (result.windows, result.rows, result.late, result.moved_on) == (3, expected, [], 0)


@pytest.mark.parametrize(
    ("name", "pagination"), [("ticket_metric_events", "time"), ("ticket_metric_events", "cursor")]
)
def test_a_window_is_compared_in_the_form_it_was_exported_in(lake: Lake, name: str, pagination: Any) -> None:
    lake.zendesk.account.records(name).populate(START, END, 50)
    lake.zendesk.clock.set(END + HOUR)
    lake.export(START, END, name=name, pagination=pagination)
    look(lake, name)
    asked = lake.zendesk.export_requests[-1].query
    assert ("page[size]" in asked) is (pagination == "cursor")


def test_nothing_committed_is_an_error_before_any_call(lake: Lake) -> None:
    with pytest.raises(ExportConflictError, match="no window of tickets"):
        look(lake, "tickets")
    assert lake.zendesk.export_requests == []


def test_a_root_of_another_account_is_refused_before_any_call(lake: Lake) -> None:
    lake.export(START, END)
    (path,) = (lake.root / "_manifests" / "tickets").glob("*/*")
    path.write_bytes(path.read_bytes().replace(b'"127.0.0.1"', b'"other.zendesk.com"'))
    calls = len(lake.zendesk.requests)
    with pytest.raises(ExportConflictError, match=r"'other\.zendesk\.com'.*'127\.0\.0\.1'"):
        look(lake, "tickets")
    assert len(lake.zendesk.requests) == calls


def test_nothing_is_written_but_the_report(lake: Lake) -> None:
    export_a_day_with_late_rows(lake, "calls", 2 * HOUR)
    lake.zendesk.clock.set(END + 3 * HOUR)
    before = lake.files()
    result = look(lake, "calls")
    assert lake.files() == before
    name = put_report(lake.storage, result)
    report = json.loads(lake.files()[name])
    assert name.startswith("_reconciliations/calls/20261120T000000Z-20261121T000000Z-")
    assert report["late"] == len(report["late_rows"]) == len(result.late)
    assert lake.files().keys() - before.keys() == {name}
    assert verify(lake.storage, "calls").is_whole


def test_an_alarm_says_that_events_never_change(lake: Lake) -> None:
    lake.zendesk.account.records("ticket_events").populate(START, END, 20)
    lake.zendesk.clock.set(END + HOUR)
    lake.export(START, END, name="ticket_events")
    lake.zendesk.account.clear(1)
    result = look(lake, "ticket_events")
    assert result.moved_on == 20
    assert "although events never change" in result.lines(immutable=True)[0]
