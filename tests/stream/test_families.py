# SPDX-License-Identifier: Apache-2.0
"""The stop rule and the progress guard of each paging family: what would go on for ever, or stop early, without them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from airflow_provider_zendesk import resources
from airflow_provider_zendesk.exceptions import (
    ZendeskNoProgressError,
    ZendeskResponseError,
    ZendeskSecondTooFullError,
)
from airflow_provider_zendesk.resources import USERS
from tests.stream.test_ends import DAY, START, answer, truth

if TYPE_CHECKING:
    from tests.lakes import Lake

UNSAID = ["calls", "legs", "ticket_metric_events", "articles"]


@pytest.mark.parametrize("name", UNSAID)
def test_an_export_whose_last_second_comes_again_for_ever_ends(lake: Lake, name: str) -> None:
    records = lake.zendesk.account.records(name)
    records.populate(START, START + DAY // 2, 20)
    records.burst(START + DAY // 2, 5)
    lake.export(START, START + DAY, name=name, pagination="time")
    assert sorted(lake.rows()) == truth(lake, name)
    # The rows, their last second again, and the look after it.
    assert len(lake.zendesk.export_requests) == 3


@pytest.mark.parametrize("name", UNSAID)
def test_an_export_without_an_end_ends_when_it_is_empty(lake: Lake, name: str) -> None:
    lake.export(START, START + DAY, name=name, pagination="time")
    assert lake.rows() == []
    assert len(lake.zendesk.export_requests) == 2


@pytest.mark.parametrize("name", ["calls", "ticket_metric_events", "articles"])
def test_a_full_page_that_stands_still_is_no_end(lake: Lake, name: str) -> None:
    lake.zendesk.over_fill = False
    lake.zendesk.account.records(name).burst(START, 1500)
    with pytest.raises(ZendeskSecondTooFullError, match=f"{START}.*1000"):
        lake.export(START, START + DAY, name=name, pagination="time")
    assert lake.files() == {}


@pytest.mark.parametrize("tells_end", [False, True])
def test_metric_events_may_tell_their_end(lake: Lake, tells_end: bool) -> None:
    lake.zendesk.tells_end = tells_end
    lake.zendesk.account.records("ticket_metric_events").populate(START, START + DAY, 20)
    lake.export(START, START + DAY, name="ticket_metric_events", pagination="time")
    assert sorted(lake.rows()) == truth(lake, "ticket_metric_events")


@pytest.mark.parametrize("pagination", ["cursor", "time"])
def test_metric_events_of_a_second_already_seen_are_waited_for(lake: Lake, pagination: Any) -> None:
    """A record may be stamped with a second that a page has shown; none is trusted before the settle time."""
    now = int(lake.zendesk.clock.now())
    records = lake.zendesk.account.records("ticket_metric_events")
    records.create(now - 20)
    came_late: list[int] = []

    def come_late(number: int) -> None:
        if number == 1:
            came_late.extend(records.create(now - ago) for ago in (30, 20, 10))

    lake.zendesk.before_export(come_late)
    lake.export(now - 60, now, name="ticket_metric_events", pagination=pagination)
    assert len(came_late) == 3
    assert len(lake.rows()) == 4
    assert lake.zendesk.clock.now() >= now + 1800


@pytest.mark.parametrize("repeats", [False, True], ids=["next_page null", "next_page repeats the cursor"])
@pytest.mark.parametrize("page", [None, 1, 7])
@pytest.mark.parametrize(
    "name", ["routing/attributes", "routing/attribute_values", "routing/instance_values"]
)
def test_a_routing_stream_ends_with_nothing_behind_its_cursor(
    lake: Lake, name: str, page: int | None, repeats: bool
) -> None:
    lake.zendesk.server_page, lake.zendesk.routing_repeats_cursor = page, repeats
    lake.zendesk.account.records(name).populate(START - DAY, START + 2 * DAY, 60)
    lake.export(START, START + DAY, name=name)
    assert sorted(lake.rows()) == truth(lake, name)
    assert all("start_time" not in request.query for request in lake.zendesk.export_requests)


def test_custom_objects_end_without_more_and_say_so(lake: Lake) -> None:
    name = "custom_objects/vehicle"
    lake.zendesk.account.records(name).populate(START, START + DAY, 30)
    lake.export(START, START + DAY, name=name, per_page=10)
    assert sorted(lake.rows()) == truth(lake, name)
    lake.zendesk.answer_next(answer(custom_object_records=[], after_cursor="x"))
    with pytest.raises(ZendeskResponseError, match=r"meta\.has_more"):
        lake.export(START, START + DAY, name=name)


def test_users_by_cursor_guard_their_progress_like_tickets(lake: Lake) -> None:
    lake.zendesk.answer_next(*[answer(users=[], after_cursor="a", end_of_stream=False)] * 6)
    with pytest.raises(ZendeskNoProgressError):
        lake.export(START, START + DAY, name="users", pagination="cursor")


@pytest.mark.parametrize("name", ["organizations", "ticket_events", "users"])
def test_time_based_exports_that_tell_their_end_must_tell_it(lake: Lake, name: str) -> None:
    lake.zendesk.answer_next(answer(**{name: []}, end_time=None, next_page=None, count=0))
    with pytest.raises(ZendeskResponseError, match="end_of_stream"):
        lake.export(START, START + DAY, name=name, pagination="time")


def test_a_moment_without_a_zone_is_not_taken_for_the_workers(lake: Lake) -> None:
    row = {"id": 1, "updated_at": "2026-11-20T10:00:00"}
    lake.zendesk.answer_next(answer(users=[row], after_cursor="a", end_of_stream=True))
    with pytest.raises(ZendeskResponseError, match=r"timezone.*updated_at"):
        lake.export(START, START + DAY, name="users")


def test_a_made_up_resource_takes_one_entry_in_the_catalogue(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = msgspec.structs.replace(USERS, name="people", id="url", sideloads=("identities",))
    monkeypatch.setitem(resources.RESOURCES, "people", people)
    lake.zendesk.account.records("users").populate(START, START + DAY, 50)
    lake.export(START, START + DAY, name="people", per_page=20, include=["identities"])
    rows = [json.loads(row) for row in lake.rows() if b'"time_zone"' in row]
    assert len(rows) == len(truth(lake, "users"))
    (manifest,) = lake.manifests()
    assert {file["dataset"] for file in manifest["files"]} == {"people", "people__identities"}


def test_no_code_outside_the_catalogue_asks_for_a_resource_by_name() -> None:
    import re
    from pathlib import Path

    package = Path(resources.__file__).parent
    names = "|".join(re.escape(name) for name in [*resources.RESOURCES, "custom_objects"])
    comparison = re.compile(rf"""(==|!=|\bin\b|case)\s*[\[({{]?\s*["']({names})["']""")
    found = [
        f"{path.name}: {line.strip()}"
        for path in package.rglob("*.py")
        if path.name != "resources.py" and "emulator" not in path.parts
        for line in path.read_text().splitlines()
        if comparison.search(line)
    ]
    assert found == []
