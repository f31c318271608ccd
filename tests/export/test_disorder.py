# SPDX-License-Identifier: Apache-2.0
"""Rows in the wrong place are kept: neither fatal nor dropped, and never silent."""

from __future__ import annotations

import gzip
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import Answer, Rewrite
from airflow_provider_zendesk.exceptions import ZendeskForbiddenError
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.verify.checks import verify
from tests.lakes import a_run
from tests.stream.test_ends import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lakes import Lake

DAY = 86400
HOUR = 3600
START = 1795132800
END = START + DAY


@pytest.fixture(autouse=True)
def _all_of_it_is_over(lake: Lake) -> None:
    lake.zendesk.clock.set(START + 5 * DAY)


def truth(lake: Lake, start: int = START, end: int = END, name: str = "tickets") -> list[bytes]:
    include = get_resource(name).include
    return sorted(row.raw for row in lake.zendesk.truth(start, end, resource=name, include=include))


def rows(lake: Lake, dataset: str) -> list[bytes]:
    return sorted(
        line
        for manifest in lake.manifests()
        for file in manifest["files"]
        if file["dataset"] == dataset
        for line in gzip.decompress((lake.root / file["path"]).read_bytes()).splitlines()
    )


def with_rows(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Rewrite:
    """An answer with other rows, or in another order, byte for byte as they are."""

    def rewrite(body: bytes) -> bytes:
        page = json.loads(body)
        parts = [json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() for row in page[name]]
        page[name] = []
        empty = json.dumps(page).encode()
        head, mark, tail = empty.partition(b'"%s": []' % name.encode())
        assert mark
        return head + b'"%s": [%s]' % (name.encode(), b",".join(change(parts))) + tail

    return Rewrite(rewrite)


def counts(lake: Lake) -> dict[str, int]:
    total: dict[str, int] = {}
    for manifest in lake.manifests():
        for name, number in manifest["counts"].items():
            total[name] = total.get(name, 0) + number
    return total


def is_whole(lake: Lake, name: str) -> bool:
    report = verify(lake.storage, name, check_content=True)
    return report.is_whole


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize(
    "name", ["ticket_events", "organizations", "calls", "tickets", "custom_objects/vehicle"]
)
def test_a_row_older_than_the_window_is_kept_apart(
    lake: Lake, caplog: pytest.LogCaptureFixture, name: str, place: str
) -> None:
    caplog.set_level(logging.WARNING)
    resource = get_resource(name)
    records = lake.zendesk.account.records(name)
    records.create(START - DAY)
    for second in range(20):
        records.create(START + second * 60)
    (old,) = truth(lake, START - DAY, START, name)

    def insert(page: list[bytes]) -> list[bytes]:
        return [old, *page] if place == "first" else [*page, old]

    lake.zendesk.answer_next(with_rows(resource.records, insert))
    lake.export(START, END, name=name)
    assert len(rows(lake, name)) == 20
    assert [json.loads(row) for row in rows(lake, f"{name}__late")] == [json.loads(old)]
    (manifest,) = lake.manifests()
    assert (manifest["counts"]["late"], manifest["counts"]["records"]) == (1, 20)
    assert manifest["exclusions"]["order_trusted"] is False
    assert caplog.text.count("is not in order") == 1
    assert f"{name}__late" in caplog.text
    assert lake.is_tidy()
    assert is_whole(lake, name)


@pytest.mark.parametrize("partition_by", [None, "hour"])
@pytest.mark.parametrize("name", ["tickets", "ticket_events", "organizations", "calls"])
def test_rows_that_go_backwards_within_the_window_are_written_there(
    lake: Lake, name: str, partition_by: Any
) -> None:
    lake.zendesk.shuffled_rows = True
    lake.zendesk.account.records(name).populate(START, END, 100)
    lake.export(START, END, name=name, partition_by=partition_by)
    assert rows(lake, name) == truth(lake, name=name)
    assert counts(lake)["out_of_order"] > 0
    assert not rows(lake, f"{name}__late")
    assert is_whole(lake, name)
    assert lake.is_tidy()


def test_after_disorder_the_walk_goes_on_to_the_end_of_the_stream(lake: Lake) -> None:
    """A row of the window comes two days after its end was passed."""
    lake.zendesk.account.populate(START, START + 3 * DAY, 300)
    (moved, *_) = truth(lake)

    def delay(page: list[bytes]) -> list[bytes]:
        return [row for row in page[::-1] if json.loads(row)["id"] != json.loads(moved)["id"]]

    def bring(page: list[bytes]) -> list[bytes]:
        return [*page, moved]

    lake.zendesk.answer_next(with_rows("tickets", delay), None, None, None, with_rows("tickets", bring))
    lake.export(START, END, per_page=60)
    exported = {json.loads(row)["id"] for row in rows(lake, "tickets")}
    assert exported == {json.loads(row)["id"] for row in truth(lake)}
    (manifest,) = lake.manifests()
    assert manifest["stop"]["reason"] == "end_of_stream"
    assert manifest["counts"]["outside"] > 0


def test_rows_written_before_the_disorder_are_not_written_again(lake: Lake) -> None:
    lake.policy = Policy(part_records=4)
    lake.zendesk.account.populate(START, END, 60)
    first, second, third = truth(lake)[:3]

    def repeat(page: list[bytes]) -> list[bytes]:
        return [first, *page[:5], second, third, *page[5:]]

    lake.zendesk.answer_next(None, None, with_rows("tickets", repeat))
    lake.export(START, END, per_page=15)
    exported = [(row["id"], row["generated_timestamp"]) for row in map(json.loads, rows(lake, "tickets"))]
    assert sorted(exported) == sorted((row.id, row.sort_key) for row in lake.zendesk.truth(START, END))
    deleted = sum(json.loads(row)["status"] == "deleted" for row in truth(lake))
    (manifest,) = lake.manifests()
    assert manifest["counts"]["records"] == len(exported)
    assert manifest["counts"]["deleted"] == deleted
    assert manifest["counts"]["duplicates_dropped"] == 3
    assert is_whole(lake, "tickets")


def test_windows_committed_before_the_disorder_stay_and_later_rows_of_theirs_are_kept_apart(
    lake: Lake,
) -> None:
    lake.zendesk.account.populate(START, START + 3 * DAY, 300)
    stray = json.loads(truth(lake)[0]) | {"id": 10**6}

    def bring(page: list[bytes]) -> list[bytes]:
        return [*page, json.dumps(stray).encode()]

    lake.zendesk.answer_next(*[None] * 4, with_rows("tickets", bring))
    lake.export(START, START + 3 * DAY, per_page=50, partition_by="day")
    assert [manifest["exclusions"]["order_trusted"] for manifest in lake.manifests()] == [True, True, False]
    assert [json.loads(row)["id"] for row in rows(lake, "tickets__late")] == [10**6]
    assert [manifest["counts"]["late"] for manifest in lake.manifests()] == [0, 0, 1]
    keys = [(row["id"], row["generated_timestamp"]) for row in map(json.loads, rows(lake, "tickets"))]
    assert sorted(keys) == sorted(
        (row.id, row.sort_key) for row in lake.zendesk.truth(START, START + 3 * DAY)
    )


@pytest.mark.parametrize("name", ["tickets", "ticket_events", "organizations", "legs", "engagements"])
def test_a_stream_whose_position_follows_delivery_loses_no_row_over_its_windows(
    lake: Lake, name: str
) -> None:
    """Rows lie up to two hours behind their own time: what comes after its window is in that of its delivery."""
    lake.zendesk.old_rows = 2 * HOUR
    lake.zendesk.account.records(name).populate(START, END, 200)
    for hour in range(0, 28, 4):
        lake.export(START + hour * HOUR, START + (hour + 4) * HOUR, name=name, partition_by=None)
    kept = rows(lake, name) + rows(lake, f"{name}__late")
    assert set(kept) >= set(truth(lake, name=name))
    assert rows(lake, f"{name}__late")


# What belongs to no window


@pytest.mark.parametrize("full_walk", [False, True])
def test_sideloads_go_only_to_windows_that_got_rows_of_their_page(lake: Lake, full_walk: bool) -> None:
    for second in range(5):
        lake.zendesk.account.create(START + second)
    for second in range(400):
        lake.zendesk.account.create(END + second)
    lake.export(START, END, per_page=5, include=["users"], full_walk=full_walk)
    tickets = [json.loads(row) for row in rows(lake, "tickets")]
    assert len(tickets) == 5
    referred = {
        ticket[key]
        for ticket in tickets
        for key in ("requester_id", "submitter_id", "assignee_id")
        if ticket[key] is not None
    }
    assert {json.loads(row)["id"] for row in rows(lake, "tickets__users")} == referred


def test_rows_of_a_whole_walk_outside_every_window_are_counted(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + 2 * DAY, 200)
    lake.export(START, END, full_walk=True)
    outside = len(lake.zendesk.truth(END, START + 2 * DAY))
    assert counts(lake)["outside"] == outside > 0
    assert counts(lake)["late"] == 0


def test_what_routing_had_before_the_window_is_not_late(lake: Lake) -> None:
    lake.zendesk.account.records("routing/attributes").populate(START - DAY, START + 2 * DAY, 90)
    lake.export(START, END, name="routing/attributes")
    outside = 90 - len(truth(lake, name="routing/attributes"))
    assert (counts(lake)["late"], counts(lake)["outside"]) == (0, outside)


def test_articles_older_than_the_window_are_kept_apart(lake: Lake) -> None:
    page = [
        {"id": 1, "updated_at": "2026-11-19T00:00:00Z"},
        {"id": 2, "updated_at": "2026-11-20T00:00:05Z"},
    ]
    lake.zendesk.answer_next(answer(articles=page, end_time=START + 5, next_page="x", end_of_stream=True))
    lake.export(START, END, name="articles")
    assert [json.loads(row)["id"] for row in rows(lake, "articles__late")] == [1]


def test_a_wait_after_disorder_keeps_its_worker(lake: Lake) -> None:
    """What was spooled lies on this worker alone."""
    lake.zendesk.account.populate(START, START + 3 * DAY, 300)
    lake.zendesk.answer_next(with_rows("tickets", lambda page: page[::-1]))
    deferred: list[Any] = []
    lake.defers = lambda refusal: deferred.append(refusal) or True  # type: ignore[func-returns-value,method-assign]
    lake.zendesk.limit("tickets", 1)
    lake.export(START, END, per_page=100)
    assert max(lake.waits) > 30
    assert not deferred
    assert len(rows(lake, "tickets")) == len(truth(lake))


def test_what_was_kept_apart_goes_with_the_revision_that_held_it(lake: Lake) -> None:
    lake.zendesk.account.create(START - DAY)
    lake.zendesk.account.burst(START + HOUR, 20)
    (old,) = truth(lake, START - DAY, START)
    lake.zendesk.answer_next(with_rows("tickets", lambda page: [old, *page]))
    lake.export(START, END, partition_by="day")
    assert rows(lake, "tickets__late")
    lake.export(START, END, partition_by="day")
    (manifest,) = lake.manifests()
    assert (manifest["revision"], manifest["counts"]["late"]) == (1, 0)
    assert not list(lake.root.glob("tickets__late/**/*.gz"))
    assert lake.is_tidy()


@pytest.mark.parametrize("resumed", [False, True], ids=["before a checkpoint", "after a checkpoint"])
def test_a_retry_of_a_walk_that_was_out_of_order_ends_with_each_row_once(lake: Lake, resumed: bool) -> None:
    """Also where the disorder repeats rows that the attempt before had written."""
    lake.policy = Policy(part_records=16)
    lake.zendesk.account.populate(START, END, 150)
    first = sorted(truth(lake), key=lambda row: json.loads(row)["generated_timestamp"])[:40]
    run = a_run()
    lake.zendesk.answer_next(*[None] * (12 if resumed else 4), Answer(status=403, body=b"{}"))
    with pytest.raises(ZendeskForbiddenError):
        lake.export(START, END, per_page=5, run=run)
    assert lake.manifests() == []
    repeat = with_rows("tickets", lambda page: [*page[:2], *first, *page[2:]])
    lake.zendesk.answer_next(*[None] * 9, repeat, Answer(status=403, body=b"{}"))
    with pytest.raises(ZendeskForbiddenError):
        lake.export(START, END, per_page=5, run=run)
    lake.zendesk.answer_next(*[None] * 9, repeat)
    lake.export(START, END, per_page=5, run=run)
    exported = [(row["id"], row["generated_timestamp"]) for row in map(json.loads, rows(lake, "tickets"))]
    assert sorted(exported) == sorted((row.id, row.sort_key) for row in lake.zendesk.truth(START, END))
    (manifest,) = lake.manifests()
    assert manifest["exclusions"]["order_trusted"] is False
    assert manifest["counts"]["records"] == len(exported)
    assert is_whole(lake, "tickets")
    assert lake.is_tidy()
