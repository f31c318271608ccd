# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import Answer, Rewrite
from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ZendeskForbiddenError,
    ZendeskNoProgressError,
    ZendeskResponseError,
    ZendeskSecondTooFullError,
)
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.window import iso
from tests.lakes import a_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lakes import Lake

DAY = 86400
HOUR = 3600


def midnight(lake: Lake, days_ago: int = 1) -> int:
    now = int(lake.zendesk.clock.now())
    return now - now % DAY - days_ago * DAY


def truth(lake: Lake, start: int, end: int, **selection: Any) -> list[bytes]:
    return [row.raw for row in lake.zendesk.truth(start, end, **selection)]


def rewritten(change: Callable[[dict[str, Any]], object]) -> Rewrite:
    """An answer changed as a parsed document; what ``change`` returns does not matter."""

    def rewrite(body: bytes) -> bytes:
        page = json.loads(body)
        change(page)
        return json.dumps(page).encode()

    return Rewrite(rewrite)


@pytest.mark.parametrize("pagination", ["cursor", "time"])
@pytest.mark.parametrize("per_page", [1, 7, 1000])
@pytest.mark.parametrize(
    ("back", "length", "partition_by"),
    [
        pytest.param(DAY - 5 * HOUR, HOUR, None, id="an hour"),
        pytest.param(DAY, DAY, "day", id="a day"),
        pytest.param(2 * DAY, 2 * DAY, "hour", id="two days by hour"),
        pytest.param(5 * DAY + 77, 2 * DAY + 5, "day", id="across borders"),
        pytest.param(400 * DAY, DAY, "day", id="before the account existed"),
        pytest.param(3 * HOUR + 1, 1, None, id="one second"),
    ],
)
def test_a_window_holds_each_of_its_records_once_byte_for_byte(
    lake: Lake, back: int, length: int, partition_by: Any, per_page: int, pagination: Any
) -> None:
    lake.zendesk.account.populate(midnight(lake, 4), midnight(lake, 0), tickets=300)
    start = midnight(lake, 0) - back
    summary = lake.export(
        start, start + length, partition_by=partition_by, per_page=per_page, pagination=pagination
    )
    assert sorted(lake.rows()) == sorted(truth(lake, start, start + length))
    assert lake.is_tidy()
    assert summary.records == len(lake.rows())
    assert summary.windows == len(lake.manifests())


def test_a_year_cut_by_day_is_one_walk_and_365_windows(lake: Lake) -> None:
    start, end = midnight(lake, 365), midnight(lake, 0)
    lake.zendesk.account.populate(start - DAY, end, tickets=2000)
    summary = lake.export(start, end, partition_by="day")
    assert lake.rows() == truth(lake, start, end)
    assert (summary.windows, lake.is_tidy()) == (365, True)
    assert summary.requests == len(lake.zendesk.export_requests) <= 3
    assert {manifest["counts"]["records"] for manifest in lake.manifests()} > {0}


@pytest.mark.parametrize("pagination", ["cursor", "time"])
@pytest.mark.parametrize("per_page", [7, 1000])
def test_a_bound_at_a_second_with_more_records_than_a_page_cuts_at_that_second(
    lake: Lake, per_page: int, pagination: Any
) -> None:
    burst = midnight(lake) + HOUR
    lake.zendesk.account.populate(midnight(lake), midnight(lake, 0), tickets=50)
    lake.zendesk.account.burst(burst, 3500 if per_page == 1000 else 100)
    lake.export(midnight(lake), burst, per_page=per_page, pagination=pagination)
    before = lake.rows()
    assert before == truth(lake, midnight(lake), burst)
    lake.export(burst, burst + 1, per_page=per_page, pagination=pagination)
    assert sorted(lake.rows()[len(before) :]) == sorted(truth(lake, burst, burst + 1))
    assert len(lake.rows()) - len(before) >= (3500 if per_page == 1000 else 100)


def test_an_empty_window_has_a_manifest_and_no_file(lake: Lake) -> None:
    lake.export(midnight(lake), midnight(lake, 0))
    (manifest,) = lake.manifests()
    assert manifest["files"] == []
    assert manifest["stop"]["reason"] == "end_of_stream"
    assert manifest["sort_key"] == {"name": "generated_timestamp", "min": None, "max": None}


def test_the_manifest_is_the_proof_of_its_files(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=200)
    lake.zendesk.account.populate(end, end + HOUR, tickets=10)
    lake.export(start, end, per_page=50, partition_by="day")
    (manifest,) = lake.manifests()
    expected = lake.zendesk.truth(start, end)
    assert manifest["window"] == {"start": iso(start), "end": iso(end)}
    assert manifest["request"] == {
        "endpoint": "/api/v2/incremental/tickets/cursor",
        "parameters": {"per_page": 50, "support_type_scope": "all"},
    }
    assert manifest["stop"]["reason"] == "passed_end"
    assert manifest["counts"]["pages"] == manifest["counts"]["requests"] == len(lake.zendesk.export_requests)
    assert manifest["counts"]["records"] == len(expected)
    assert (
        manifest["counts"]["deleted"]
        == sum(json.loads(row.raw)["status"] == "deleted" for row in expected)
        > 0
    )
    assert (manifest["sort_key"]["min"], manifest["sort_key"]["max"]) == (
        expected[0].sort_key,
        expected[-1].sort_key,
    )
    assert manifest["exclusions"]["support_type_scope"] == "all"
    for file in manifest["files"]:
        data = (lake.root / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_bytes_of_a_window_do_not_depend_on_page_sizes(lake: Lake) -> None:
    lake.policy = Policy(part_records=64)
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=300)
    contents = []
    for number, per_page in enumerate((1000, 7)):
        lake.root = lake.root.with_name(str(number))
        lake.export(start, end, per_page=per_page)
        contents.append({name: data for name, data in lake.files().items() if name.startswith("tickets/")})
    assert contents[0] == contents[1]
    assert len(contents[0]) >= 4


def test_the_walk_stops_at_the_first_page_that_passes_the_end(lake: Lake) -> None:
    start = midnight(lake, 3)
    lake.zendesk.account.populate(start, midnight(lake, 0), tickets=3000)
    summary = lake.export(start, start + HOUR, per_page=1000)
    assert summary.requests == 1


def test_every_page_is_asked_for_with_all_parameters(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=60)
    lake.export(start, end, per_page=20, exclude_deleted=True, support_type_scope="agent")
    assert lake.rows() == truth(lake, start, end, exclude_deleted=True, support_type_scope="agent")
    asked = [dict(request.query) for request in lake.zendesk.export_requests]
    assert asked[0].pop("start_time") == str(start)
    assert all(query.pop("cursor") for query in asked[1:])
    assert all(
        query == {"per_page": "20", "exclude_deleted": "true", "support_type_scope": "agent"}
        for query in asked
    )
    (manifest,) = lake.manifests()
    assert manifest["exclusions"]["exclude_deleted"] is True


# Windows that are not over yet


@pytest.mark.parametrize("ahead", [-HOUR, 0, HOUR], ids=["an hour behind", "equal", "an hour ahead"])
def test_a_window_that_ends_now_is_waited_for_by_zendesks_clock(lake: Lake, ahead: int) -> None:
    import time

    now = int(time.time()) + ahead
    lake.zendesk.clock.set(now)
    lake.zendesk.account.populate(now - HOUR, now, tickets=100)
    lake.export(now - HOUR, now)
    assert lake.rows() == truth(lake, now - HOUR, now)
    assert sum(lake.waits) == pytest.approx(60, abs=2)
    assert lake.zendesk.clock.now() >= now + 60
    assert len(lake.zendesk.export_requests) == 2


@pytest.mark.parametrize("legacy", [False, True], ids=["400", "422"])
def test_a_window_inside_the_hidden_minute_is_waited_for(lake: Lake, legacy: bool) -> None:
    now = int(lake.zendesk.clock.now())
    lake.zendesk.legacy_too_recent = legacy
    lake.zendesk.account.burst(now - 10, 5)
    lake.export(now - 20, now)
    assert len(lake.rows()) == 5
    assert len(lake.zendesk.export_requests) == 2


def test_a_sweep_up_to_now_commits_what_is_over_and_waits_for_the_rest(lake: Lake) -> None:
    lake.zendesk.clock.advance(HOUR / 2)
    now = int(lake.zendesk.clock.now())
    start = now - now % HOUR - 3 * HOUR
    lake.zendesk.account.populate(start, now, tickets=40)
    committed_while_waiting: list[int] = []

    def wait(refusal: Any) -> None:
        committed_while_waiting.append(len(lake.manifests()))
        lake.wait(refusal)

    lake.export(start, now + 10, partition_by="hour", wait=wait)
    assert lake.rows() == truth(lake, start, now + 10)
    assert committed_while_waiting[0] == 3


def test_a_page_that_passes_the_end_too_early_is_asked_for_again(lake: Lake) -> None:
    now = int(lake.zendesk.clock.now())
    lake.zendesk.account.burst(now - 100, 3)

    def from_the_future(page: dict[str, Any]) -> None:
        page["tickets"].append({**page["tickets"][-1], "id": 999, "generated_timestamp": now + 1})
        page["end_of_stream"] = False

    lake.zendesk.answer_next(rewritten(from_the_future))
    lake.zendesk.account.burst(now - 10, 2)
    lake.export(now - HOUR, now)
    assert lake.rows() == truth(lake, now - HOUR, now)
    assert len(lake.rows()) == 5


def test_a_date_that_stands_still_is_an_error_and_no_endless_wait(lake: Lake) -> None:
    now = int(lake.zendesk.clock.now())
    with pytest.raises(ZendeskResponseError, match="stands still"):
        lake.export(now - HOUR, now, wait=lambda refusal: None)


def test_records_that_change_during_the_walk_are_in_their_last_window(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    account = lake.zendesk.account
    ids = [account.create(start + second) for second in range(0, 200)]
    lake.zendesk.before_export(lambda number: account.update(ids[199 - number]))
    before = lake.zendesk.truth(start, end)
    lake.export(start, end, per_page=20)
    exported = [(row["id"], row["generated_timestamp"]) for row in map(json.loads, lake.rows())]
    after = {(row.id, row.sort_key) for row in lake.zendesk.truth(start, end)}
    assert after <= set(exported) <= {(row.id, row.sort_key) for row in before}
    assert len(set(exported)) == len(exported)


# Time-based paging


@pytest.mark.parametrize("per_page", [1, 7, 1000])
def test_more_records_in_a_second_than_a_page_are_walked_where_the_server_over_fills(
    lake: Lake, per_page: int
) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.account.burst(start + HOUR, 3500 if per_page == 1000 else 50)
    lake.export(start, end, per_page=per_page, pagination="time")
    assert sorted(lake.rows()) == sorted(truth(lake, start, end))


def test_a_second_that_does_not_fit_a_small_page_is_read_with_the_largest_one(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.over_fill = False
    lake.zendesk.account.populate(start, end, tickets=1500)
    lake.zendesk.account.burst(start + HOUR, 50)
    lake.export(start, end, per_page=7, pagination="time")
    assert sorted(lake.rows()) == sorted(truth(lake, start, end))
    sizes = [request.query["per_page"] for request in lake.zendesk.export_requests]
    assert sizes.count("1000") == 1
    assert sizes[-1] == "7"


def test_a_second_that_fits_no_page_is_named_with_its_count(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.over_fill = False
    lake.zendesk.account.burst(start + HOUR, 1500)
    with pytest.raises(ZendeskSecondTooFullError, match=f"{start + HOUR}.*1000 records") as caught:
        lake.export(start, end, pagination="time")
    assert (caught.value.second, caught.value.count) == (start + HOUR, 1000)
    assert len(lake.zendesk.export_requests) <= 2
    assert not (lake.root / "tickets").exists()
    lake.export(start, end, pagination="cursor")
    assert lake.rows() == truth(lake, start, end)


def test_boundary_rows_that_come_again_are_dropped_and_counted(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    for second in range(10):
        lake.zendesk.account.burst(start + second, 3)
    lake.export(start, end, per_page=5, pagination="time")
    assert sorted(lake.rows()) == sorted(truth(lake, start, end))
    (manifest,) = lake.manifests()
    assert manifest["counts"]["duplicates_dropped"] == sum(
        request.rows for request in lake.zendesk.export_requests
    ) - len(lake.rows())


def test_an_empty_window_of_a_time_based_export_ends(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.export(start, end, pagination="time")
    (manifest,) = lake.manifests()
    assert (manifest["counts"]["records"], manifest["stop"]["reason"]) == (0, "end_of_stream")


def test_a_time_based_window_that_ends_now_goes_on_where_it_stood(lake: Lake) -> None:
    now = int(lake.zendesk.clock.now())
    lake.zendesk.account.burst(now - 61, 3)
    lake.zendesk.account.burst(now - 30, 3)
    lake.export(now - HOUR, now, pagination="time")
    assert sorted(lake.rows()) == sorted(truth(lake, now - HOUR, now))
    assert len(lake.rows()) == 6


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"end_time": None, "end_of_stream": False}, id="no end_time"),
        pytest.param({"end_time": 0, "end_of_stream": False}, id="an end_time that goes back"),
    ],
)
def test_a_time_based_page_that_leads_back_is_an_error(lake: Lake, change: dict[str, Any]) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start + HOUR, end, tickets=30)
    lake.zendesk.answer_next(rewritten(lambda page: page.update(change)))
    with pytest.raises(ZendeskNoProgressError, match="round in circles"):
        lake.export(start, end, pagination="time", per_page=10)


def test_a_time_based_stream_that_stands_still_on_a_short_page_is_asked_again_and_then_given_up(
    lake: Lake,
) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    still = {"tickets": [], "end_time": start, "end_of_stream": False}
    answer = Answer(status=200, body=json.dumps(still).encode(), headers={"Content-Type": "application/json"})
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.answer_next(*[answer] * 3)
    lake.export(start, end, pagination="time")
    assert sorted(lake.rows()) == sorted(truth(lake, start, end))
    lake.zendesk.answer_next(*[answer] * 4)
    with pytest.raises(ZendeskNoProgressError, match="does not move on"):
        lake.export(start, end, pagination="time")


# What the API may do


def cursor_of(moment: int) -> str:
    return base64.b64encode(f"{moment}.0||0|".encode()).decode()


def empty_page(cursor: str | None) -> Answer:
    body = {"tickets": [], "after_cursor": cursor, "end_of_stream": False}
    return Answer(status=200, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def test_an_empty_page_in_mid_stream_is_not_the_end(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.answer_next(
        empty_page(None), empty_page(cursor_of(start - 2)), empty_page(cursor_of(start - 1))
    )
    lake.export(start, end)
    assert lake.rows() == truth(lake, start, end)


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([empty_page(None)] * 4, id="no cursor"),
        pytest.param([empty_page("a")] * 5, id="the same cursor"),
        pytest.param([empty_page("a"), empty_page("b")] * 4, id="two cursors in turn"),
    ],
)
def test_empty_pages_that_lead_nowhere_are_an_error(lake: Lake, pages: list[Answer]) -> None:
    lake.zendesk.answer_next(*pages)
    with pytest.raises(ZendeskNoProgressError, match="does not move on"):
        lake.export(midnight(lake), midnight(lake, 0))
    assert lake.files() == {}


def test_a_full_page_that_leads_back_is_an_error(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.answer_next(rewritten(lambda page: page.update(after_cursor=None)))
    with pytest.raises(ZendeskNoProgressError, match="10 rows"):
        lake.export(start, end, per_page=10)


def test_a_record_that_comes_twice_is_written_once_and_counted(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.burst(start + 5, 20)
    lake.zendesk.answer_next(
        None,
        Rewrite(
            lambda body: body.replace(b'"tickets":[', b'"tickets":[' + truth(lake, start, end)[9] + b",")
        ),
    )
    lake.export(start, end, per_page=10)
    assert lake.rows() == truth(lake, start, end)
    (manifest,) = lake.manifests()
    assert manifest["counts"]["duplicates_dropped"] == 1


def test_rows_with_raw_newlines_are_put_on_one_line_and_counted(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.pretty_rows = True
    lake.export(start, end)
    assert lake.rows() == truth(lake, start, end)
    (manifest,) = lake.manifests()
    assert manifest["counts"]["compacted"] == len(lake.rows())


@pytest.mark.parametrize(
    ("rewrite", "said"),
    [
        pytest.param(rewritten(lambda page: page["tickets"][3].pop("id")), "id", id="no id"),
        pytest.param(rewritten(lambda page: page["tickets"][3].update(id=None)), "id", id="null id"),
        pytest.param(
            rewritten(lambda page: page["tickets"][3].pop("generated_timestamp")),
            "generated_timestamp",
            id="no key",
        ),
        pytest.param(rewritten(lambda page: page.pop("end_of_stream")), "end_of_stream", id="no stop rule"),
    ],
)
def test_a_page_that_is_not_the_documented_form_is_an_error(lake: Lake, rewrite: Rewrite, said: str) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.answer_next(rewrite)
    with pytest.raises(ZendeskResponseError, match=said):
        lake.export(start, end)
    assert lake.files() == {}


def test_a_page_that_is_not_utf_8_is_an_error_if_it_stays_so(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.answer_next(*[Rewrite(lambda body: body.replace(b'"subject":"', b'"subject":"\xff'))] * 6)
    with pytest.raises(ZendeskResponseError, match="not JSON in UTF-8"):
        lake.export(start, end)
    lake.export(start, end)
    assert lake.rows() == truth(lake, start, end)


def test_a_rate_limit_in_mid_walk_is_waited_for(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    lake.zendesk.answer_next(None, Answer(status=429, body=b"slow down", headers={"Retry-After": "17"}))
    lake.export(start, end, per_page=10)
    assert lake.rows() == truth(lake, start, end)
    assert lake.waits == [pytest.approx(18, abs=1.5)]


# What lies there already


def test_another_run_replaces_the_window_by_a_revision_one_higher(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    for revision in range(3):
        lake.export(start, end, partition_by="day")
        (manifest,) = lake.manifests()
        assert manifest["revision"] == revision
        assert lake.rows() == truth(lake, start, end)
        assert lake.is_tidy()
    assert manifest["replaced"]["revision"] == 1


def test_a_window_committed_by_this_run_costs_no_call(lake: Lake) -> None:
    start, end = midnight(lake, 3), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=30)
    run = a_run()
    first = lake.export(start, end, partition_by="day", run=run)
    files = lake.files()
    again = lake.export(start, end, partition_by="day", run=run)
    assert again.requests == 0
    assert (again.records, again.files, again.bytes, again.windows) == (
        first.records,
        first.files,
        first.bytes,
        first.windows,
    )
    assert lake.files() == files


def test_other_parameters_of_the_same_run_are_another_export(lake: Lake) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=200)
    run = a_run()
    lake.export(start, end, run=run)
    lake.export(start, end, run=run, exclude_deleted=True)
    assert lake.rows() == truth(lake, start, end, exclude_deleted=True)


def test_a_failed_sweep_keeps_what_was_committed_and_the_retry_does_the_rest(lake: Lake) -> None:
    start, end = midnight(lake, 3), midnight(lake, 0)
    lake.zendesk.account.populate(start, end, tickets=60)
    run = a_run()
    lake.zendesk.answer_next(*[None] * 5, Answer(status=403, body=b"{}"))
    with pytest.raises(ZendeskForbiddenError):
        lake.export(start, end, partition_by="day", per_page=10, run=run)
    committed = lake.manifests()
    assert 0 < len(committed) < 3
    lake.export(start, end, partition_by="day", per_page=10, run=run)
    assert lake.rows() == truth(lake, start, end)
    assert lake.manifests()[: len(committed)] == committed
    assert lake.is_tidy()


@pytest.mark.parametrize(
    ("start", "end", "partition_by"),
    [(-HOUR, HOUR, None), (HOUR, 2 * HOUR, None), (0, DAY, "hour"), (-DAY, 2 * DAY, None)],
)
def test_a_committed_window_that_overlaps_is_named_before_any_call(
    lake: Lake, start: int, end: int, partition_by: Any
) -> None:
    day = midnight(lake, 3)
    lake.export(day, day + DAY, partition_by="day")
    files, calls = lake.files(), len(lake.zendesk.requests)
    with pytest.raises(ExportConflictError, match=iso(day)) as caught:
        lake.export(day + start, day + end, partition_by=partition_by)
    assert "partition border" in str(caught.value)
    assert (lake.files(), len(lake.zendesk.requests)) == (files, calls)


@pytest.mark.parametrize("marked", [True, False])
def test_a_root_of_another_account_is_refused_before_any_call(lake: Lake, marked: bool) -> None:
    start, end = midnight(lake), midnight(lake, 0)
    lake.export(start, end)
    marker = lake.root / "_lake.json"
    (path,) = [marker] if marked else (lake.root / "_manifests" / "tickets").glob("*/*")
    path.write_bytes(path.read_bytes().replace(b'"127.0.0.1"', b'"other.zendesk.com"'))
    if not marked:
        marker.unlink()
    calls = len(lake.zendesk.requests)
    with pytest.raises(ExportConflictError, match=r"'other\.zendesk\.com'.*'127\.0\.0\.1'"):
        lake.export(end, end + HOUR)
    assert len(lake.zendesk.requests) == calls
