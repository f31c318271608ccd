# SPDX-License-Identifier: Apache-2.0
"""What the events do not say for certain is marked in the row and counted, and never guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator.faults import Answer
from airflow_provider_zendesk.erasure.erasure import Eraser
from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.history.last_values import LastValues, checksum
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.verify.checks import verify
from tests.history.making import CHANGES, COMMENTS, DAY, START, events, make, manifests, rows, told
from tests.lakes import a_run

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from tests.lakes import Lake


@pytest.fixture(autouse=True)
def _some_days_later(zendesk_emulator: ZendeskEmulator) -> None:
    zendesk_emulator.clock.set(START + 10 * DAY)


def an_event(number: int, *children: dict[str, Any], ticket: Any = 7, **more: Any) -> dict[str, Any]:
    return {
        "child_events": [
            {"id": number * 10 + place, "via": "Mail", **child} for place, child in enumerate(children)
        ],
        "id": number,
        "ticket_id": ticket,
        "timestamp": START + number,
        "created_at": "2025-11-20T00:00:00Z",
        "updater_id": 9,
        "via": "Web form",
        "event_type": "Audit",
        **more,
    }


def created(field: str, value: Any) -> dict[str, Any]:
    return {field: value, "event_type": "Create"}


def changed(field: str, old: Any, new: Any) -> dict[str, Any]:
    return {field: new, "event_type": "Change", "previous_value": old}


def export(lake: Lake, *found: dict[str, Any] | bytes, suffix: str = "jsonl.gz") -> None:
    """Export these events, as Zendesk would send them."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in found]
    page = b'{"ticket_events":[%s],"count":1,"end_time":%d,"end_of_stream":true}' % (
        b",".join(texts),
        START + DAY,
    )
    lake.zendesk.answer_next(Answer(status=200, body=page, headers={"Content-Type": "application/json"}))
    events(lake, START, START + DAY, format=FORMATS[suffix])


def doubts(lake: Lake) -> list[str | None]:
    return [row["doubt"] for row in rows(lake)]


def test_a_previous_value_that_contradicts_the_last_one(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    export(
        lake,
        an_event(1, created("status", "new")),
        an_event(2, changed("status", "new", "open")),
        an_event(3, changed("status", "pending", "solved")),
        an_event(4, changed("status", "solved", "closed")),
        an_event(5, changed("status", "hold", "open"), ticket=8),
    )
    assert make(lake).doubts == 1
    assert doubts(lake) == [None, None, "contradicts_last_value", None, None]
    assert [row["old_value"] for row in rows(lake)] == [None, "new", "pending", "solved", "hold"]
    assert manifests(lake)[0]["derivation"]["doubts"] == {"contradicts_last_value": 1}
    assert "in doubt of what was before, by reason: contradicts_last_value 1" in caplog.text


def test_a_value_before_the_creation(lake: Lake) -> None:
    export(lake, an_event(1, changed("priority", None, "high")), an_event(2, created("priority", "low")))
    make(lake)
    assert doubts(lake) == [None, "value_before_creation"]


@pytest.mark.parametrize(
    ("last", "previous"),
    [(5, "5"), (None, ""), ("", None), (None, []), (["b", "a"], ["a", "b"]), (1.5, "1.5")],
)
def test_the_same_value_written_otherwise_is_no_contradiction(lake: Lake, last: Any, previous: Any) -> None:
    export(lake, an_event(1, created("due_at", last)), an_event(2, changed("due_at", previous, "x")))
    make(lake)
    assert doubts(lake) == [None, None]


def test_a_change_that_does_not_say_what_was_before(lake: Lake) -> None:
    export(
        lake,
        an_event(1, {"status": "open", "event_type": "Change"}),
        an_event(2, {"status": "hold", "priority": "low", "event_type": "Change", "previous_value": "open"}),
    )
    make(lake)
    assert doubts(lake) == ["no_previous_value", "several_fields", "several_fields"]
    assert [row["old_value"] for row in rows(lake)] == [None, "open", "open"]


@pytest.mark.parametrize("suffix", ["jsonl.gz", "parquet"])
def test_several_custom_fields_at_once(lake: Lake, suffix: str) -> None:
    both = {"123": "b", "456": None}
    export(
        lake,
        an_event(1, created("custom_ticket_fields", {"123": "a", "456": [1, 2]})),
        an_event(2, changed("custom_ticket_fields", {"123": "a", "456": [1, 2]}, both)),
        an_event(3, changed("123", "b", "c")),
        suffix=suffix,
    )
    make(lake)
    assert [(row["field"], row.get("old_value"), row.get("new_value")) for row in rows(lake)] == [
        ("123", None, "a"),
        ("456", None, ["1", "2"]),
        ("123", "a", "b"),
        ("456", ["1", "2"], None),
        ("123", "b", "c"),
    ]
    assert not any(row.get("doubt") for row in rows(lake))
    assert len({row["id"] for row in rows(lake)}) == 5


def test_tags_without_the_list_of_all(lake: Lake) -> None:
    export(
        lake,
        an_event(1, {"added_tags": ["a"], "removed_tags": ["b"], "event_type": "Change"}),
        an_event(2, {"tags": ["c"], "event_type": "Create"}),
        an_event(3, changed("tags", ["c"], ["d", "é"])),
        an_event(4, changed("tags", "c d", ["d"])),
    )
    make(lake)
    found = rows(lake)
    assert [(row["added"], row["removed"]) for row in found] == [
        (["a"], ["b"]),
        (["c"], []),
        (["d", "é"], ["c"]),
        (None, None),
    ]
    assert found[0]["doubt"] == "no_previous_value"


def test_odd_events_are_rows_or_counted(lake: Lake) -> None:
    export(
        lake,
        an_event(1),
        an_event(2, {"event_type": "Change", "previous_value": 1}, {"event_type": "Wei\nrd"}, {}),
        an_event(3, {"event_type": "FacebookComment", "body": "hi", "public": True}),
        b'{"id":4,"ticket_id":null,"timestamp":%d,"child_events":null}' % (START + 4),
        b'{"id":5,"time":"2025-11-20T00:00:05Z","metric":"agent_work_time"}',
        b'{"id":6,"timestamp":%d,"ticket_id":1,"child_events":[{"event_type":"Change","subject":"half \\ud83d","previous_value":"\\ud83d"}]}'
        % (START + 6),
    )
    make(lake)
    assert manifests(lake)[0]["derivation"] == {
        "events": 6,
        "left_out": {"(no child events)": 3, "Change (no field)": 1, "Wei\\nrd": 1, "null": 1},
    }
    (comment,) = rows(lake, COMMENTS)
    assert (comment["type"], comment["body"], comment["via"]) == ("FacebookComment", "hi", "Mail")
    (row,) = rows(lake)
    assert (row["new_value"], row["old_value"], row["via"]) == ("half \ud83d", "\ud83d", None)
    for name in (CHANGES, COMMENTS):
        assert verify(lake.storage, name, check_content=True).is_whole


def test_what_is_erased_from_the_events_is_gone_from_the_history_too(lake: Lake) -> None:
    export(lake, an_event(1, created("status", "new")), an_event(2, created("status", "open"), ticket=8))
    make(lake)
    for mark in (True, False):
        eraser = Eraser(lake.storage, "tickets", a_run(), mark=mark)
        assert eraser.erase(["7"] if mark else ["8"]).rows
        make(lake)
        assert [row["ticket_id"] for row in rows(lake)] == (["8"] if mark else [])
        left_out = manifests(lake)[0]["derivation"].get("left_out", {})
        assert left_out == {"(erased)": 1}
    for name in (CHANGES, COMMENTS):
        assert verify(lake.storage, name, check_content=True).is_whole


def test_a_row_that_is_no_ticket_event_is_an_error(lake: Lake) -> None:
    export(lake, b'{"id":4,"timestamp":%d,"child_events":7}' % (START + 4))
    with pytest.raises(ExportStorageError, match="is no ticket event: Expected `array . null`, got `int`"):
        make(lake)
    assert manifests(lake) == []


def test_late_events_have_datasets_of_their_own(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    """They are before their window, so their history has no place in it."""
    lake.zendesk.account.records("ticket_events").populate(START - DAY, START + DAY, 400)
    lake.zendesk.old_rows = 40_000
    events(lake, START, START + DAY)
    late = sum(one["counts"]["late"] for one in manifests(lake, "ticket_events"))
    assert late
    summary = make(lake)
    assert summary.late == len(rows(lake, f"{CHANGES}__late")) + len(rows(lake, f"{COMMENTS}__late")) >= late
    assert all(row["at"] < "2025-11-20" for row in rows(lake, f"{CHANGES}__late"))
    assert sorted(map(str, told(lake))) == sorted(map(str, told_by_account(lake, START, START + DAY)))
    assert "rows are from late events" in caplog.text
    for name in (CHANGES, COMMENTS):
        assert verify(lake.storage, name, check_content=True).is_whole
    assert lake.is_tidy()


def told_by_account(lake: Lake, start: int, end: int) -> list[dict[str, Any]]:
    from tests.history.making import as_row

    return [as_row(one) for one in lake.zendesk.ticket_history(start, end).changes]


def test_what_is_compared_does_not_grow_with_the_window() -> None:
    last = LastValues(most=10)
    for ticket in range(100):
        assert last.replace(ticket, "status", b'"new"') is None
    assert last.replace(95, "status", b'"open"') == checksum(b'"new"')
    assert last.replace(1, "status", b'"open"') is None
    assert last.has_forgotten
