# SPDX-License-Identifier: Apache-2.0
"""What an answer may look like: bytes pass through as they came, or the row is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.client import client
from airflow_provider_zendesk.emulator import Answer, Rewrite
from airflow_provider_zendesk.exceptions import ZendeskGarbledError, ZendeskResponseError
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.stream.page import Page, PageDecoder
from airflow_provider_zendesk.surrogates import hide_lone_surrogates, restore_lone_surrogates
from airflow_provider_zendesk.verify.checks import verify
from tests.stream.test_ends import DAY, START, answer, truth

if TYPE_CHECKING:
    from tests.lakes import Lake

LONE = rb"half an emoji \ud83d, a whole \ud83d\ude80, an escaped \\ud83d, the other half \uDE80"


def answer_of(body: bytes) -> client.Answer:
    return client.Answer(body, float(START), "", None)


def replaced(old: bytes, new: bytes) -> Rewrite:
    def rewrite(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new)

    return Rewrite(rewrite)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="empty"),
        pytest.param(b'{"error": "RecordNotFound", "description": "Not found"}', id="an error"),
        pytest.param(b'{"tickets": null, "end_of_stream": true, "after_cursor": null}', id="null"),
        pytest.param(b'{"tickets": {}, "end_of_stream": true}', id="an object"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="nothing"),
        pytest.param(b'"try again"', id="text"),
    ],
)
def test_an_answer_without_the_records_is_a_transient_failure(lake: Lake, body: bytes) -> None:
    lake.zendesk.account.populate(START, START + DAY, 30)
    broken = Answer(status=200, body=body, headers={"Content-Type": "application/json"})
    lake.zendesk.answer_next(None, *[broken] * 3)
    lake.export(START, START + DAY, per_page=20)
    assert sorted(lake.rows()) == truth(lake, "tickets")
    lake.zendesk.answer_next(*[broken] * 6)
    with pytest.raises(ZendeskGarbledError, match="lacks its 'tickets'") as caught:
        lake.export(START, START + DAY)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("name", "envelope"),
    [
        ("routing/attributes", {"end_time": "text", "count": "3", "after_cursor": 7, "meta": [], "next_page": None}),
        ("tickets", {"end_time": "text", "next_page": 5, "after_cursor": None, "end_of_stream": True}),
        ("organizations", {"after_cursor": {}, "meta": 7, "next_page": [], "end_time": START, "end_of_stream": True}),
        ("calls", {"after_cursor": {}, "meta": "x", "next_page": 1, "end_time": START + 6, "end_of_stream": True}),
        ("custom_objects/vehicle", {"end_time": [], "next_page": {}, "meta": {"has_more": False, "x": 1}}),
        ("ticket_metric_events", {"end_time": "x", "after_cursor": [], "meta": {"has_more": False}}),
        ("engagements", {"next_page_url": None, "has_more": False, "page_size": "many", "after_cursor": 7}),
        ("side_conversation_events", {"end_time": START, "next_page": None, "after_cursor": 7, "meta": 1}),
    ],
)  # fmt: skip
def test_what_a_family_does_not_go_by_may_be_of_any_form(
    lake: Lake, name: str, envelope: dict[str, Any]
) -> None:
    resource = get_resource(name)
    moment = START + 5 if resource.sort_key == "generated_timestamp" else "2026-11-20T00:00:05"
    if not resource.zoneless and isinstance(moment, str):
        moment += "Z"
    row = {resource.id or "id": "a", resource.sort_key: moment}
    lake.zendesk.answer_next(answer(**{resource.records: [row], **envelope}))
    lake.export(START, START + DAY, name=name)
    assert [json.loads(line) for line in lake.rows()] == [row]


def test_engagements_are_followed_by_their_cursors_alone(lake: Lake) -> None:
    """The recorded ``next_page_url`` named a foreign host."""
    rows = [
        {"engagement_id": f"{number:032X}", "engagement_start_time": f"2026-11-20T00:00:0{number}"}
        for number in (1, 2)
    ]
    url = (
        "https://z3nab.zendesk-staging.com/api/v2/engagements?start_time=7&start_time_cursor=1795132801"
        "&engagement_id_cursor=00000000000000000000000000000001&page_size=10&channel=MESSAGING"
    )
    lake.zendesk.answer_next(
        answer(agent_engagement_data=rows[:1], next_page_url=url, has_more=True, page_size=1),
        answer(agent_engagement_data=rows[1:], next_page_url=None, has_more=False, page_size=1),
    )
    lake.export(START, START + DAY, name="engagements")
    assert [json.loads(line) for line in lake.rows()] == rows
    asked = [dict(request.query) for request in lake.zendesk.requests if "engagements" in request.path]
    assert asked == [
        {"start_time": str(START)},
        {
            "start_time": str(START),
            "start_time_cursor": "1795132801",
            "engagement_id_cursor": "00000000000000000000000000000001",
        },
    ]


def test_a_lone_surrogate_passes_through_as_it_came(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + DAY, 10)
    lake.zendesk.answer_next(replaced(b'"subject":"', b'"subject":"' + LONE))
    lake.export(START, START + DAY, include=["users"])
    subjects = [line.split(b'"subject":"')[1] for line in lake.rows() if b'"subject":"' in line]
    assert len(subjects) == len(truth(lake, "tickets"))
    assert all(subject.startswith(LONE) for subject in subjects)
    restored = {line.replace(LONE, b"") for line in lake.rows()}
    assert restored >= set(truth(lake, "tickets"))
    assert verify(lake.storage, "tickets", check_content=True).is_whole


def test_a_lone_surrogate_in_the_mark_of_a_deleted_record_passes_through(lake: Lake) -> None:
    row = rb'{"id":"a","updated_at":"2026-11-20T00:00:05Z","name":"half \ud83d"}'
    body = b'{"custom_object_records":[%s],"meta":{"has_more":false}}' % row
    lake.zendesk.answer_next(Answer(status=200, body=body))
    lake.export(START, START + DAY, name="custom_objects/vehicle")
    assert lake.rows() == [row]


def test_the_hook_parses_a_lone_surrogate(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", lake.zendesk.airflow_connection("oauth_token"))
    lake.zendesk.account.burst(START, 2)
    lake.zendesk.answer_next(replaced(b'"subject":"', rb'"subject":"\ud83d'))
    records = list(ZendeskHook().records("tickets", START, START + DAY))
    assert [record["subject"][0] for record in records] == ["\ud83d"] * 2


def test_the_hook_leaves_out_records_from_before_the_start(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", lake.zendesk.airflow_connection("oauth_token"))
    lake.zendesk.old_rows = 7200
    lake.zendesk.account.records("ticket_events").populate(START, START + DAY, 100)
    start = START + DAY // 2
    truth = lake.zendesk.truth(start, START + DAY, resource="ticket_events")
    records = list(ZendeskHook().records("ticket_events", start))
    assert sorted(record["id"] for record in records) == sorted(row.id for row in truth)


@pytest.mark.parametrize(
    "dirt",
    [
        pytest.param(b"a tab\t", id="raw tab"),
        pytest.param(b"\x00", id="raw nul"),
        pytest.param(b"\xed\xa0\xbd", id="raw surrogate"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_a_row_that_is_not_json_is_named(lake: Lake, dirt: bytes) -> None:
    ids = lake.zendesk.account.burst(START, 5)
    broken = Rewrite(
        lambda body: body.replace(b'"id":%d,' % ids[2], b'"id":%d,"dirt":"%b",' % (ids[2], dirt))
    )
    lake.zendesk.answer_next(*[broken] * 6)
    with pytest.raises(ZendeskResponseError, match=f"record with id {ids[2]}"):
        lake.export(START, START + DAY)
    assert lake.files() == {}


ROW = b'{"tickets":[{"id":%b,"generated_timestamp":%b,"note":%b}],"end_of_stream":true,"after_cursor":%b}'
DEEP = 1_000_000


def page_of(id_: bytes = b"1", key: bytes = b"5", note: bytes = b"0", cursor: bytes = b'"c"') -> Page:
    resource = get_resource("tickets")
    return PageDecoder(resource, resource.endpoint(), {})(answer_of(ROW % (id_, key, note, cursor)))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"note": b"[" * DEEP + b"]" * DEEP}, id="a million arrays"),
        pytest.param({"note": b'{"a":' * DEEP + b"0" + b"}" * DEEP}, id="a million objects"),
        pytest.param({"note": b"[" * DEEP}, id="a million arrays, cut"),
        pytest.param({"note": b"[" * DEEP + b"]" * DEEP, "key": b'"soon"'}, id="a million arrays, other faults"),
        pytest.param({"key": b"1e20"}, id="sort key 1e20"),
        pytest.param({"key": b"1" + b"0" * 20}, id="sort key of 21 digits"),
        pytest.param({"key": b"9" * 5000}, id="sort key of 5,000 digits"),
        pytest.param({"key": b"-1"}, id="negative sort key"),
        pytest.param({"key": b"NaN"}, id="sort key NaN"),
        pytest.param({"key": b"1e999"}, id="infinite sort key"),
        pytest.param({"key": b"253402300800"}, id="sort key in the year 10000"),
        pytest.param({"key": b'"0001-01-01T00:00:00+23:59"'}, id="sort key before the year 1"),
        pytest.param({"key": b'"9999-12-31T23:59:59-23:59"'}, id="sort key after the year 9999"),
        pytest.param({"key": b'"1969-12-31T23:59:59Z"'}, id="sort key before 1970"),
        pytest.param({"id_": b"9" * 5000}, id="id of 5,000 digits"),
        pytest.param({"cursor": b'"%b"' % (b"c" * 4097)}, id="a cursor that fits in no URL"),
    ],
)  # fmt: skip
def test_a_page_out_of_all_bounds_is_refused_by_name(values: dict[str, bytes]) -> None:
    with pytest.raises(ZendeskResponseError) as caught:
        page_of(**values)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"note": b"[" * 500 + b"]" * 500}, id="500 arrays"),
        pytest.param({"note": b"9" * 5000}, id="5,000 digits in a field that nobody reads"),
        pytest.param({"key": b"0"}, id="1970"),
        pytest.param({"key": b'"9999-12-31T23:59:59Z"'}, id="the last second"),
        pytest.param({"cursor": b'"%b"' % (b"c" * 4096)}, id="a long cursor"),
    ],
)
def test_a_page_at_the_bounds_is_read(values: dict[str, bytes]) -> None:
    (row,) = page_of(**values).rows
    assert row.id == 1


def test_a_next_page_that_is_no_url_leads_nowhere() -> None:
    resource = get_resource("engagements")
    body = b'{"agent_engagement_data":[],"next_page_url":"http://[","has_more":true}'
    assert PageDecoder(resource, resource.endpoint(), {})(answer_of(body)).after_cursor is None


@pytest.mark.parametrize("second", [b"-1", b"1e20", b"253402300800", b"9" * 5000])
def test_an_end_time_out_of_all_bounds_is_refused_by_name(second: bytes) -> None:
    resource = get_resource("organizations")
    body = b'{"organizations":[],"end_time":%b,"end_of_stream":false}' % second
    with pytest.raises(ZendeskResponseError, match="end_time"):
        PageDecoder(resource, resource.endpoint("time"), {})(answer_of(body))


def test_the_hook_names_a_number_that_python_does_not_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", lake.zendesk.airflow_connection("oauth_token"))
    lake.zendesk.account.burst(START, 2)
    lake.zendesk.answer_next(replaced(b'"subject":"', b'"number":%b,"subject":"' % (b"9" * 5000)))
    with pytest.raises(ZendeskResponseError, match=r"number of thousands of digits.*use pages"):
        list(ZendeskHook().records("tickets", START, START + DAY))


@pytest.mark.parametrize("place", [0, 1, 65_500, 65_535, 65_536, 65_537, 131_071, 131_072, 200_000])
@pytest.mark.parametrize("broken", [b"\xff", b"\xed\xa0\xbd", b"\xf0\x9f\x9a", b"\x9a"])
def test_a_byte_that_is_not_utf_8_is_found_anywhere(place: int, broken: bytes) -> None:
    before = b'{"tickets":[],"end_of_stream":true,"note":"'
    text = "🚀".encode() * 60_000
    place -= place % 4
    body = before + text[:place] + broken + b"x" + text[place:] + b'"}'
    resource = get_resource("tickets")
    decode = PageDecoder(resource, resource.endpoint(), {})
    with pytest.raises(
        ZendeskGarbledError, match=f"UnicodeDecodeError at byte {len(before) + place} of {len(body)}"
    ):
        decode(answer_of(body))


@pytest.mark.parametrize("before", range(8))
@pytest.mark.parametrize("character", ["x", "é", "€", "🚀"])
def test_characters_lie_anywhere(before: int, character: str) -> None:
    body = b'{"tickets":[],"end_of_stream":true,"%b":"%b"}' % (b"n" * before, character.encode() * 70_000)
    resource = get_resource("tickets")
    assert PageDecoder(resource, resource.endpoint(), {})(answer_of(body)).size == len(body)


@given(
    st.lists(
        st.sampled_from([rb"\ud83d", rb"\uDE80", rb"\ud83d\ude80", rb"\\", rb"\"", rb"\ue000", rb"\uE001", rb"x"])
    ).map(b"".join)
)  # fmt: skip
def test_stand_ins_are_json_and_give_back_the_very_bytes(text: bytes) -> None:
    document = b'"%b"' % text
    hidden, originals = hide_lone_surrogates(document)
    assert len(hidden) == len(document)
    assert restore_lone_surrogates(hidden, originals) == document
    json.loads(hidden).encode()  # has no lone half
