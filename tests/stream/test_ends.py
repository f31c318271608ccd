# SPDX-License-Identifier: Apache-2.0
"""A walk ends on proof: the server's word or, where it has none, a look after the last second. Never on an assumption."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import Answer
from airflow_provider_zendesk.exceptions import ZendeskNoProgressError, ZendeskSecondTooFullError
from airflow_provider_zendesk.resources import RESOURCES, get_resource

if TYPE_CHECKING:
    from tests.lakes import Lake

DAY = 86400
START = 1795132800
UNSAID = [("ticket_metric_events", "time"), ("articles", "time"), ("calls", "time"), ("legs", "time")]
WALKS = [
    (name, endpoint.pagination)
    for name in [*RESOURCES, "custom_objects/vehicle", "custom_objects/standard::service_catalog_item"]
    for endpoint in get_resource(name).endpoints
]


def answer(**envelope: Any) -> Answer:
    return Answer(
        status=200, body=json.dumps(envelope).encode(), headers={"Content-Type": "application/json"}
    )


def truth(lake: Lake, name: str) -> list[bytes]:
    include = get_resource(name).include
    return sorted(row.raw for row in lake.zendesk.truth(START, START + DAY, resource=name, include=include))


@pytest.mark.parametrize("over_fill", [True, False])
@pytest.mark.parametrize(("name", "pagination"), WALKS)
def test_a_server_page_of_any_size_loses_nothing(
    lake: Lake, name: str, pagination: Any, over_fill: bool
) -> None:
    zendesk = lake.zendesk
    zendesk.server_page, zendesk.over_fill = 7, over_fill
    records = zendesk.account.records(name)
    records.populate(START - DAY, START + 2 * DAY, 60)
    records.burst(START + DAY // 2, 4)
    lake.export(START, START + DAY, name=name, pagination=pagination)
    assert sorted(lake.rows()) == truth(lake, name)


@pytest.mark.parametrize("tells_end", [False, True])
@pytest.mark.parametrize(
    ("name", "before", "burst", "after"),
    [("ticket_metric_events", 5, 250, 40), ("articles", 0, 130, 30), ("calls", 5, 250, 40)],
)
def test_a_second_that_a_smaller_page_cuts_is_an_error_that_names_it(
    lake: Lake, name: str, before: int, burst: int, after: int, tells_end: bool
) -> None:
    zendesk = lake.zendesk
    zendesk.server_page, zendesk.over_fill, zendesk.tells_end = 100, False, tells_end
    records = zendesk.account.records(name)
    for second in range(before):
        records.create(START + second)
    records.burst(START + 100, burst)
    for second in range(after):
        records.create(START + 200 + second)
    with pytest.raises(ZendeskSecondTooFullError, match=f"{START + 100}.*100 records") as caught:
        lake.export(START, START + DAY, name=name, pagination="time")
    assert (caught.value.second, caught.value.count) == (START + 100, 100)
    assert lake.files() == {}


def test_the_cursor_form_of_metric_events_passes_the_second_that_the_time_form_cannot(lake: Lake) -> None:
    lake.zendesk.over_fill = False
    records = lake.zendesk.account.records("ticket_metric_events")
    records.populate(START, START + DAY, 30)
    records.burst(START + 100, 250)
    lake.export(START, START + DAY, name="ticket_metric_events")
    assert lake.rows() == [
        row.raw for row in lake.zendesk.truth(START, START + DAY, resource="ticket_metric_events")
    ]
    asked = [request.query for request in lake.zendesk.export_requests]
    assert {query["page[size]"] for query in asked} == {"100"}
    assert {query["start_time"] for query in asked} == {str(START)}
    assert ["page[after]" in query for query in asked] == [False] + [True] * (len(asked) - 1)
    (manifest,) = lake.manifests()
    assert manifest["stop"]["reason"] == "end_of_stream"


@pytest.mark.parametrize(("name", "pagination"), UNSAID)
def test_a_last_second_as_full_as_a_page_that_was_cut_is_no_end(
    lake: Lake, name: str, pagination: Any
) -> None:
    """Nothing lies after it, yet the second may have been cut as the page before was."""
    zendesk = lake.zendesk
    zendesk.server_page, zendesk.over_fill = 30, False
    records = zendesk.account.records(name)
    records.populate(START, START + 3600, 50)
    records.burst(START + 7200, 80)
    with pytest.raises(ZendeskSecondTooFullError, match=f"{START + 7200}.*30 records"):
        lake.export(START, START + DAY, name=name, pagination=pagination)


@pytest.mark.parametrize(("name", "pagination"), UNSAID)
def test_what_cannot_be_known_is_not_called_the_end_of_the_stream(
    lake: Lake, name: str, pagination: Any
) -> None:
    """One second is all there is, and the page that cuts it has a size that was never seen before."""
    lake.zendesk.server_page, lake.zendesk.over_fill = 7, False
    lake.zendesk.account.records(name).burst(START, 12)
    lake.export(START, START + DAY, name=name, pagination=pagination)
    (manifest,) = lake.manifests()
    assert (manifest["counts"]["records"], manifest["stop"]["reason"]) == (7, "no_later_rows")


@pytest.mark.parametrize("tells_end", [False, True])
@pytest.mark.parametrize(("name", "pagination"), UNSAID)
def test_the_servers_word_spares_the_look_and_is_written_down(
    lake: Lake, name: str, pagination: Any, tells_end: bool
) -> None:
    lake.zendesk.tells_end = tells_end
    lake.zendesk.account.records(name).populate(START, START + DAY, 20)
    lake.export(START, START + DAY, name=name, pagination=pagination)
    assert sorted(lake.rows()) == truth(lake, name)
    (manifest,) = lake.manifests()
    asked = [int(request.query["start_time"]) for request in lake.zendesk.export_requests]
    if tells_end:
        assert (manifest["stop"]["reason"], len(asked)) == ("end_of_stream", 1)
    else:
        assert (manifest["stop"]["reason"], len(asked)) == ("no_later_rows", 3)
        assert asked[2] == asked[1] + 1
    assert manifest["counts"]["requests"] == len(asked)


@pytest.mark.parametrize("ends", ["has_more", "end_of_stream", "both"])
def test_custom_objects_may_tell_their_end_in_any_way(lake: Lake, ends: Any) -> None:
    lake.zendesk.custom_objects_end = ends
    lake.zendesk.account.records("custom_objects/vehicle").populate(START, START + DAY, 30)
    lake.export(START, START + DAY, name="custom_objects/vehicle", per_page=10)
    assert sorted(lake.rows()) == truth(lake, "custom_objects/vehicle")


def test_an_end_that_only_one_of_two_words_tells_is_no_end(lake: Lake) -> None:
    name = "custom_objects/vehicle"
    lake.zendesk.account.records(name).populate(START, START + DAY, 30)
    lake.zendesk.answer_next(
        answer(custom_object_records=[], after_cursor=None, end_of_stream=True, meta={"has_more": True})
    )
    lake.export(START, START + DAY, name=name)
    assert sorted(lake.rows()) == truth(lake, name)


def test_rows_that_come_up_behind_the_last_second_meanwhile_are_no_cut(lake: Lake) -> None:
    """The look shows rows, and asking again shows that the account has moved on."""
    records = lake.zendesk.account.records("calls")
    records.burst(START, 3)

    def move_on(number: int) -> None:
        if number == 1:
            for second in range(5):
                records.create(START + 10 + second)

    lake.zendesk.before_export(move_on)
    lake.export(START, START + DAY, name="calls")
    assert sorted(lake.rows()) == truth(lake, "calls")


def test_articles_whose_page_ends_with_its_oldest_row_are_walked_on(lake: Lake) -> None:
    """Their ``end_time`` is that of the page's last item, and pages are not sorted."""
    rows = [{"id": number, "updated_at": f"2026-11-20T00:00:0{number}Z"} for number in (1, 2, 3)]
    backwards = rows[::-1]
    lake.zendesk.answer_next(
        answer(articles=backwards, end_time=START + 1, next_page="x", count=3),
        answer(articles=backwards, end_time=START + 1, next_page="x", count=3),
        answer(articles=backwards[:2], end_time=START + 2, next_page="x", count=2),
        answer(articles=backwards[:2], end_time=START + 2, next_page="x", count=2),
        answer(articles=backwards[:1], end_time=START + 3, next_page="x", count=1),
        answer(articles=backwards[:1], end_time=START + 3, next_page="x", count=1),
        answer(articles=[], end_time=START + 4, next_page=None, count=0),
    )
    lake.export(START, START + DAY, name="articles")
    assert [json.loads(row)["id"] for row in lake.rows()] == [3, 2, 1] or len(lake.rows()) == 3


# No walk is endless

CURSORS = [("tickets", "after_cursor"), ("users", "after_cursor"), ("ticket_metric_events", "meta")]


def cursor_page(name: str, place: str, cursor: str, rows: list[dict[str, Any]]) -> Answer:
    records = get_resource(name).records
    if place == "meta":
        return answer(**{records: rows, "meta": {"has_more": True, "after_cursor": cursor}})
    return answer(**{records: rows, "after_cursor": cursor, "end_of_stream": False})


def rows_of_one_second(name: str) -> list[dict[str, Any]]:
    key = get_resource(name).sort_key
    moment = START + 5 if key == "generated_timestamp" else "2026-11-20T00:00:05Z"
    return [{"id": number, key: moment} for number in (1, 2)]


@pytest.mark.parametrize("full_walk", [False, True])
@pytest.mark.parametrize(("name", "place"), CURSORS)
def test_cursors_that_lead_in_a_circle_are_an_error(
    lake: Lake, name: str, place: str, full_walk: bool
) -> None:
    rows = rows_of_one_second(name)
    lake.zendesk.answer_next(*(cursor_page(name, place, cursor, rows) for cursor in "ABAB" * 75))
    with pytest.raises(ZendeskNoProgressError, match="does not move on"):
        lake.export(START, START + DAY, name=name, full_walk=full_walk)
    assert len(lake.zendesk.export_requests) < 10
    assert lake.files() == {}


@pytest.mark.parametrize("full_walk", [False, True])
@pytest.mark.parametrize("with_rows", [False, True])
@pytest.mark.parametrize(("name", "place"), CURSORS)
def test_ever_new_cursors_that_bring_nothing_new_are_an_error(
    lake: Lake, name: str, place: str, with_rows: bool, full_walk: bool
) -> None:
    rows = rows_of_one_second(name) if with_rows else []
    lake.zendesk.answer_next(*(cursor_page(name, place, f"c{number}", rows) for number in range(150)))
    with pytest.raises(ZendeskNoProgressError, match="brought no row"):
        lake.export(START, START + DAY, name=name, full_walk=full_walk)
    assert len(lake.zendesk.export_requests) <= 102


def test_a_routing_walk_that_brings_nothing_new_is_an_error(lake: Lake) -> None:
    rows = [{"id": "a", "time": "2026-11-20T00:00:05Z", "type": "create"}]
    pages = [
        answer(attributes=rows, count=1, end_time="text", next_page=f"https://x/y?cursor=c{number}")
        for number in range(150)
    ]
    lake.zendesk.answer_next(*pages)
    with pytest.raises(ZendeskNoProgressError, match="brought no row"):
        lake.export(START, START + DAY, name="routing/attributes")


@pytest.mark.parametrize("name", ["tickets", "organizations", "calls", "side_conversation_events"])
def test_a_time_based_walk_that_brings_nothing_new_is_an_error(lake: Lake, name: str) -> None:
    records = get_resource(name).records
    lake.zendesk.answer_next(
        *(
            answer(**{records: [], "end_time": START + number, "end_of_stream": False, "next_page": "x"})
            for number in range(1, 150)
        )
    )
    with pytest.raises(ZendeskNoProgressError, match="brought no row"):
        lake.export(START, START + DAY, name=name, pagination="time")


def test_a_few_empty_pages_in_mid_stream_are_read_over(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + DAY, 30)
    lake.zendesk.answer_next(
        *(
            cursor_page("tickets", "after_cursor", cursor, [])
            for cursor in ("MTc5NTEzMjcwMC4wfHwxfA==", "MTc5NTEzMjcwMS4wfHwxfA==")
        )
    )
    lake.export(START, START + DAY)
    assert sorted(lake.rows()) == truth(lake, "tickets")
