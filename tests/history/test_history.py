# SPDX-License-Identifier: Apache-2.0
"""The history that is made from exported ticket events is the account's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.exceptions import ExportConflictError, ExportNotCommittedError
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from tests.history.making import (
    CHANGES,
    COMMENTS,
    DAY,
    START,
    as_comment,
    as_row,
    data,
    events,
    make,
    manifests,
    rows,
    told,
)
from tests.lakes import Lake

if TYPE_CHECKING:
    from airflow_provider_zendesk.window import PartitionBy


@pytest.fixture(autouse=True)
def _some_days_later(zendesk_emulator: ZendeskEmulator) -> None:
    zendesk_emulator.clock.set(START + 10 * DAY)


def populate(lake: Lake, count: int = 300, days: int = 2) -> None:
    lake.zendesk.account.records("ticket_events").populate(START, START + days * DAY, count)


def check_truth(lake: Lake, start: int, end: int) -> None:
    truth = lake.zendesk.ticket_history(start, end)
    assert told(lake) == [as_row(one) for one in truth.changes]
    assert told(lake, COMMENTS) == [as_comment(one) for one in truth.comments]
    assert truth.changes
    assert truth.comments


def check_whole(lake: Lake) -> None:
    for name in (CHANGES, COMMENTS):
        report = verify(lake.storage, name, check_content=True)
        assert report.is_whole, report.findings
    assert lake.is_tidy()


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_history_is_the_accounts_own(lake: Lake, suffix: str) -> None:
    populate(lake)
    events(lake, START, START + 2 * DAY, format=FORMATS[suffix])
    summary = make(lake)
    calls = len(lake.zendesk.requests)
    truth = lake.zendesk.ticket_history(START, START + 2 * DAY)
    assert (summary.windows, summary.made, summary.doubts) == (2, 2, 0)
    assert (summary.field_changes, summary.comments) == (len(truth.changes), len(truth.comments))
    check_truth(lake, START, START + 2 * DAY)
    check_whole(lake)
    assert {one["format"] for one in lake.manifests()} == {suffix}
    assert len(lake.zendesk.requests) == calls
    assert not any(
        file.get("drift") for one in lake.manifests() for file in one["files"] if "events" not in file["path"]
    )


def test_values_are_those_very_texts_that_zendesk_sent(lake: Lake) -> None:
    populate(lake)
    events(lake, START, START + 2 * DAY)
    make(lake)
    texts = {text for one in lake.zendesk.ticket_history(START, START + 2 * DAY).changes for text in one[5:7]}
    found = b"".join(lake.rows()).decode()
    assert "0.30000000000000000001" in texts
    assert all(f'"new_value":{text},' in found or f'"old_value":{text},' in found for text in texts)


CUTS = st.lists(st.integers(1, 2 * DAY - 1), max_size=3, unique=True).map(sorted)


@given(
    seed=st.integers(1, 10_000),
    count=st.integers(1, 250),
    cuts=CUTS,
    by=st.sampled_from(["hour", "day", "month", None]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_any_history_cut_anywhere_is_the_accounts_own(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, cuts: list[int], by: PartitionBy
) -> None:
    with ZendeskEmulator(seed=seed, now=START + 10 * DAY, speed=0) as zendesk:
        lake = Lake(zendesk, tmp_path_factory.mktemp("lake"), policy=Policy(part_records=37))
        zendesk.account.records("ticket_events").populate(START, START + 2 * DAY, count)
        zendesk.account.records("ticket_events").burst(START + 2 * DAY - 1, 30)
        bounds = [START, *(START + cut for cut in cuts), START + 2 * DAY]
        for start, end in zip(bounds, bounds[1:], strict=False):
            events(lake, start, end, by)
        make(lake)
        truth = zendesk.ticket_history(START, START + 2 * DAY)
        assert told(lake) == [as_row(one) for one in truth.changes]
        assert told(lake, COMMENTS) == [as_comment(one) for one in truth.comments]
        assert not [row for row in rows(lake) if row["doubt"]]
        inputs = {(one["window"]["start"], one["window"]["end"]) for one in manifests(lake, "ticket_events")}
        for name in (CHANGES, COMMENTS):
            assert {(one["window"]["start"], one["window"]["end"]) for one in manifests(lake, name)} == inputs
        folders = {file["path"].rpartition("/")[0].partition("/")[2] for file in events_files(lake)}
        assert {name.rpartition("/")[0].partition("/")[2] for name in data(lake)} <= folders
        check_whole(lake)


def events_files(lake: Lake) -> list[dict[str, Any]]:
    return [file for one in manifests(lake, "ticket_events") for file in one["files"]]


def test_tags_are_told_as_added_and_removed(lake: Lake) -> None:
    populate(lake)
    events(lake, START, START + 2 * DAY)
    make(lake)
    tags = [row for row in rows(lake) if row["field"] == "tags"]
    assert {row["change"] for row in tags} == {"create", "change"}
    for row in tags:
        old, new = set(row["old_value"] or ()), set(row["new_value"])
        assert (set(row["added"]), set(row["removed"])) == (new - old, old - new)
    assert all("added" not in row for row in rows(lake) if row["field"] != "tags")


def test_events_that_are_neither_change_nor_comment_are_counted_by_type(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    populate(lake)
    events(lake, START, START + 2 * DAY)
    caplog.set_level("INFO")
    make(lake)
    truth = lake.zendesk.truth(START, START + 2 * DAY, resource="ticket_events")
    kinds = [child["event_type"] for row in truth for child in json.loads(row.raw)["child_events"]]
    others = {"Notification", "CommentRedactionEvent", "AttachmentRedactionEvent", "CommentPrivacyChange"}
    left_out = [one["derivation"]["left_out"] for one in manifests(lake)]
    assert {kind: sum(one[kind] for one in left_out) for kind in others} == {
        kind: kinds.count(kind) for kind in others
    }
    assert "events of no use here, by type: AttachmentRedactionEvent " in caplog.text


def test_comments_without_content_are_rows_and_said(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    populate(lake, 50, 1)
    events(lake, START, START + DAY, include=())
    make(lake)
    truth = lake.zendesk.ticket_history(START, START + DAY).comments
    found = rows(lake, COMMENTS)
    assert [(row["id"], row["public"]) for row in found] == [(str(one.id), one.public) for one in truth]
    assert {(row["body"], row["author_id"], row["attachments"]) for row in found} == {(None, None, None)}
    assert manifests(lake, COMMENTS)[0]["derivation"]["doubts"] == {"no_body": len(truth)}
    assert "export ticket_events with include=('comment_events',)" in caplog.text


class TestNames:
    def test_custom_fields_have_the_titles_of_a_snapshot(self, lake: Lake) -> None:
        populate(lake, 200, 1)
        events(lake, START, START + DAY)
        lake.snapshot("ticket_fields", START, START + DAY)
        make(lake)
        titles = {
            str(field["id"]): field["title"]
            for field in map(json.loads, lake.zendesk.list_truth("ticket_fields"))
        }
        found = rows(lake)
        assert len({row["field"] for row in found if row["field_name"]}) > 10
        assert all(row["field_name"] == titles.get(row["field"]) for row in found)
        (snapshot,) = manifests(lake, "ticket_fields")
        assert manifests(lake)[0]["inputs"][1] == {
            "manifest": "_manifests/ticket_fields/2025-11/20251120T000000Z-20251121T000000Z-r0.json",
            "committed_at": snapshot["committed_at"],
        }
        assert len(manifests(lake, COMMENTS)[0]["inputs"]) == 1

    def test_without_a_snapshot_there_are_none(self, lake: Lake) -> None:
        populate(lake, 50, 1)
        events(lake, START, START + DAY)
        make(lake)
        assert {row["field_name"] for row in rows(lake)} == {None}

    def test_the_last_snapshot_before_the_windows_end_counts_and_else_the_first_after_it(
        self, lake: Lake
    ) -> None:
        populate(lake, 90, 3)
        events(lake, START, START + 3 * DAY)
        fields = lake.zendesk.account.items("ticket_fields")
        for day, title in ((1, "One"), (3, "Three")):
            fields.update(0, title=title)
            lake.zendesk.clock.advance(1)
            lake.snapshot("ticket_fields", START + day * DAY, START + (day + 1) * DAY)
        lake.zendesk.forbidden_lists = {"ticket_fields": "role"}
        lake.snapshot("ticket_fields", START + 2 * DAY, START + 3 * DAY, on_forbidden="record")
        make(lake)
        used = [one["inputs"][1]["manifest"].rpartition("/")[2] for one in manifests(lake)]
        assert used == ["20251121T000000Z-20251122T000000Z-r0.json"] * 3

    def test_a_new_snapshot_forces_nothing_unless_asked(self, lake: Lake) -> None:
        populate(lake, 50, 1)
        events(lake, START, START + DAY)
        make(lake)
        lake.snapshot("ticket_fields", START, START + DAY)
        assert make(lake).made == 0
        assert make(lake, refresh_names=True).made == 1
        assert [one["revision"] for one in (*manifests(lake), *manifests(lake, COMMENTS))] == [1, 0]
        assert any(row["field_name"] for row in rows(lake))
        assert make(lake, refresh_names=True).made == 0
        check_whole(lake)


class TestAgain:
    def test_what_is_up_to_date_is_left_alone(self, lake: Lake) -> None:
        populate(lake)
        events(lake, START, START + 2 * DAY)
        first = make(lake)
        before = lake.files()
        again = make(lake)
        assert again.made == 0
        assert again.field_changes == first.field_changes
        assert lake.files() == before

    def test_the_same_input_is_the_same_bytes(self, lake: Lake) -> None:
        lake.policy = Policy(part_records=100)
        populate(lake)
        events(lake, START, START + 2 * DAY)
        lake.snapshot("ticket_fields", START, START + DAY)
        make(lake)
        first = data(lake)
        for name in [name for name in lake.files() if CHANGES in name or COMMENTS in name]:
            (lake.root / name).unlink()
        make(lake)
        assert data(lake) == first
        assert len(first) > 6

    def test_a_new_revision_of_the_input_makes_a_new_one_of_its_history(self, lake: Lake) -> None:
        populate(lake)
        events(lake, START, START + 2 * DAY)
        make(lake)
        lake.zendesk.account.records("ticket_events").burst(START + DAY + 5, 20)
        events(lake, START + DAY, START + 2 * DAY)
        assert make(lake).made == 1
        assert [one["revision"] for one in manifests(lake)] == [0, 1]
        check_truth(lake, START, START + 2 * DAY)
        check_whole(lake)

    def test_an_input_that_has_become_empty_empties_its_history(self, lake: Lake) -> None:
        populate(lake, 50, 1)
        events(lake, START, START + DAY)
        make(lake)
        lake.zendesk.account.clear(2)
        events(lake, START, START + DAY)
        make(lake)
        assert data(lake) == {}
        assert manifests(lake)[0]["counts"]["records"] == 0
        check_whole(lake)

    def test_another_format_is_made_again(self, lake: Lake) -> None:
        populate(lake, 50, 1)
        events(lake, START, START + DAY)
        make(lake)
        assert make(lake, format=FORMATS["parquet"]).made == 1
        assert make(lake, format=FORMATS["parquet"]).made == 0
        check_truth(lake, START, START + DAY)
        check_whole(lake)


def test_a_period_that_is_not_exported_is_an_error(lake: Lake) -> None:
    populate(lake, 20, 1)
    with pytest.raises(ExportNotCommittedError, match="no window of ticket_events is committed at any time"):
        make(lake)
    events(lake, START, START + DAY)
    with pytest.raises(
        ExportNotCommittedError, match=r"for \[2025-11-21T00:00:00Z, 2025-11-22T00:00:00Z.*export it first"
    ):
        make(lake, START, START + 2 * DAY)
    assert manifests(lake) == []


def test_only_the_windows_of_the_period_are_made(lake: Lake) -> None:
    populate(lake)
    events(lake, START, START + 2 * DAY)
    assert make(lake, START + DAY, START + 2 * DAY).windows == 1
    assert [one["window"]["start"] for one in manifests(lake)] == ["2025-11-21T00:00:00Z"]


def test_windows_that_are_cut_otherwise_are_a_conflict(lake: Lake) -> None:
    populate(lake)
    events(lake, START, START + 2 * DAY)
    make(lake)
    for name in [name for name in lake.files() if "ticket_events" in name]:
        (lake.root / name).unlink()
    events(lake, START, START + 2 * DAY, None)
    with pytest.raises(ExportConflictError, match="ticket_field_history overlaps"):
        make(lake)
