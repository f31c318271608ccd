# SPDX-License-Identifier: Apache-2.0
"""Every resource of the catalogue, by every way it can be walked: three windows and the whole history, by HTTP."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import Answer, Rewrite
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from tests.operators.test_incremental_export import START, a_task

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator

HOUR = 3600
BEGIN = int(START.timestamp()) - 2 * 86400
END = BEGIN + 3 * 86400

NAMES = [*RESOURCES, "custom_objects/vehicle"]
WALKS = [(name, endpoint.pagination) for name in NAMES for endpoint in get_resource(name).endpoints]


@pytest.fixture
def zendesk(zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> ZendeskEmulator:
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection("oauth_token"))
    return zendesk_emulator


def page_sizes(name: str, pagination: Any) -> list[int | None]:
    most = get_resource(name).endpoint(pagination).max_per_page
    return [most, 97, 1] if most else [None]


def manifests(root: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted(root.glob("_manifests/**/*.json"))]


def rows(root: Path, dataset: str) -> list[bytes]:
    """Return the rows of a dataset that the manifests list."""
    return [
        line
        for manifest in manifests(root)
        for file in manifest["files"]
        if file["dataset"] == dataset
        for line in gzip.decompress((root / file["path"]).read_bytes()).splitlines()
    ]


@pytest.mark.parametrize(
    ("name", "pagination", "per_page"),
    [(name, pagination, per_page) for name, pagination in WALKS for per_page in page_sizes(name, pagination)],
)
def test_windows_and_the_whole_history_equal_the_truth(
    zendesk: ZendeskEmulator, tmp_path: Path, name: str, pagination: Any, per_page: int | None
) -> None:
    zendesk.account.records(name).populate(BEGIN, END, 40 if per_page == 1 else 300)
    zendesk.account.records(name).burst(BEGIN + 30 * HOUR, 8)
    include = get_resource(name).include

    def truth(start: int, end: int) -> list[bytes]:
        return [row.raw for row in zendesk.truth(start, end, resource=name, include=include)]

    def export(root: Path, start: int, end: int, **more: Any) -> dict[str, Any]:
        arguments = {"resource": name, "pagination": pagination, "per_page": per_page, **more}
        return a_task(root, start_time=start, end_time=end, **arguments).execute({})

    windows = [
        (BEGIN, BEGIN + 86400),
        (BEGIN + 30 * HOUR, BEGIN + 30 * HOUR + 1),
        (END - 5 * HOUR, END + HOUR),
    ]
    for number, (start, end) in enumerate(windows):
        root = tmp_path / str(number)
        summary = export(root, start, end, partition_by=None)
        assert sorted(rows(root, name)) == sorted(truth(start, end))
        assert summary["records"] == len(truth(start, end)) > 0

    export(tmp_path / "all", BEGIN - 86400, END + 3600, partition_by="day")
    assert sorted(rows(tmp_path / "all", name)) == sorted(truth(0, END + 3600))
    assert not (tmp_path / "all" / "_staging").exists()


@pytest.mark.parametrize("name", [name for name in NAMES if get_resource(name).deletion])
def test_deleted_records_are_carried_and_counted(zendesk: ZendeskEmulator, tmp_path: Path, name: str) -> None:
    records = zendesk.account.records(name)
    if name == "ticket_metric_events":
        records.create(BEGIN, deleted=True)
    else:
        records.delete(records.create(BEGIN), BEGIN + 60)
    records.create(BEGIN + 120)
    a_task(tmp_path, resource=name, start_time=BEGIN, end_time=BEGIN + HOUR).execute({})
    (manifest,) = manifests(tmp_path)
    assert (manifest["counts"]["records"], manifest["counts"]["deleted"]) == (2, 1)
    assert manifest["exclusions"]["exclude_deleted"] is False


@pytest.mark.parametrize("name", ["tickets", "ticket_metric_events", "custom_objects/vehicle"])
def test_deleted_records_can_be_left_out_and_the_manifest_says_so(
    zendesk: ZendeskEmulator, tmp_path: Path, name: str
) -> None:
    zendesk.account.records(name).populate(BEGIN, END, 200)
    a_task(
        tmp_path, resource=name, start_time=BEGIN, end_time=END, partition_by=None, exclude_deleted=True
    ).execute({})
    truth = zendesk.truth(BEGIN, END, resource=name, exclude_deleted=True)
    assert sorted(rows(tmp_path, name)) == sorted(row.raw for row in truth)
    (manifest,) = manifests(tmp_path)
    assert manifest["exclusions"]["exclude_deleted"] is True
    assert manifest["counts"]["deleted"] == 0


TOP_LEVEL = {
    "tickets": [
        "users",
        "groups",
        "organizations",
        "sharing_agreements",
        "ticket_forms",
        "brands",
        "custom_statuses",
    ],
    "users": ["identities", "groups", "organizations", "roles", "abilities", "open_ticket_count"],
    "organizations": ["abilities"],
    "articles": ["users", "sections", "categories"],
}
# No ticket here is shared: a dataset without rows has no file.
EMPTY = ["sharing_agreements"]
EMBEDDED = {
    "tickets": ["metric_sets", "dates", "comment_count", "incident_counts"],
    "articles": ["translations"],
}


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_sideloads_become_datasets_of_their_own_or_stay_in_the_rows(
    zendesk: ZendeskEmulator, tmp_path: Path, name: str
) -> None:
    zendesk.account.records(name).populate(BEGIN, END, 300)
    include = [*TOP_LEVEL[name], *EMBEDDED.get(name, [])]
    assert sorted(include) == sorted(get_resource(name).sideloads)
    zendesk.server_page = 100
    window = {"start_time": BEGIN, "end_time": END, "partition_by": None}
    a_task(tmp_path, resource=name, include=include, **window).execute({})
    truth = zendesk.truth(BEGIN, END, resource=name, include=include)
    assert sorted(rows(tmp_path, name)) == sorted(row.raw for row in truth)
    (manifest,) = manifests(tmp_path)
    filled = [top for top in TOP_LEVEL[name] if top not in EMPTY]
    assert {file["dataset"] for file in manifest["files"]} == {name, *(f"{name}__{top}" for top in filled)}
    assert manifest["exclusions"]["sideloads_not_requested"] == []
    for sideload in filled:
        records = [json.loads(line) for line in rows(tmp_path, f"{name}__{sideload}")]
        keys = [record.get("id", record.get("key", json.dumps(record))) for record in records]
        assert len(keys) == len(set(keys)) > 0, "once a part"
    asked = [request.query for request in zendesk.export_requests]
    assert len(asked) > 2
    assert {query["include"] for query in asked} == {",".join(include)}


def test_a_metric_set_may_also_come_on_top(zendesk: ZendeskEmulator, tmp_path: Path) -> None:
    zendesk.metric_sets_on_top = True
    zendesk.account.populate(BEGIN, END, 50)
    a_task(tmp_path, start_time=BEGIN, end_time=END, partition_by=None, include=["metric_sets"]).execute({})
    assert len(rows(tmp_path, "tickets__metric_sets")) == len(rows(tmp_path, "tickets")) > 0


def test_comments_come_with_ticket_events_unless_refused(zendesk: ZendeskEmulator, tmp_path: Path) -> None:
    zendesk.account.records("ticket_events").populate(BEGIN, END, 100)
    window = {"start_time": BEGIN, "end_time": END, "partition_by": None, "resource": "ticket_events"}
    a_task(tmp_path / "with", **window).execute({})
    a_task(tmp_path / "without", **window, include=()).execute({})
    assert any(b'"plain_body"' in row for row in rows(tmp_path / "with", "ticket_events"))
    assert not any(b'"plain_body"' in row for row in rows(tmp_path / "without", "ticket_events"))
    (manifest,) = manifests(tmp_path / "without")
    assert manifest["exclusions"]["sideloads_not_requested"] == ["comment_events"]


def test_ticket_events_of_the_documentations_sample_are_taken_too(
    zendesk: ZendeskEmulator, tmp_path: Path
) -> None:
    """Zendesk's reference shows metric events, with ``time`` instead of ``timestamp``, under ``ticket_events``."""
    zendesk.account.records("ticket_metric_events").populate(BEGIN, END, 10)
    truth = [row.raw for row in zendesk.truth(BEGIN, END, resource="ticket_metric_events")]
    page = b'{"ticket_events":[%s],"count":10,"end_time":%d,"end_of_stream":true}' % (b",".join(truth), END)
    zendesk.answer_next(Answer(status=200, body=page, headers={"Content-Type": "application/json"}))
    a_task(tmp_path, resource="ticket_events", start_time=BEGIN, end_time=END, partition_by=None).execute({})
    assert rows(tmp_path, "ticket_events") == truth


def test_a_full_walk_takes_an_ordered_stream_that_goes_backwards(
    zendesk: ZendeskEmulator, tmp_path: Path
) -> None:
    zendesk.account.populate(BEGIN, END, 30)

    def reverse(body: bytes) -> bytes:
        page = json.loads(body)
        page["tickets"].reverse()
        return json.dumps(page).encode()

    window = {"start_time": BEGIN, "end_time": END, "partition_by": "day"}
    zendesk.answer_next(Rewrite(reverse))
    a_task(tmp_path, full_walk=True, **window).execute({})
    exported = {(row["id"], row["generated_timestamp"]) for row in map(json.loads, rows(tmp_path, "tickets"))}
    assert exported == {(row.id, row.sort_key) for row in zendesk.truth(BEGIN, END)}
    assert all(manifest["exclusions"]["order_trusted"] is False for manifest in manifests(tmp_path))
    assert len(manifests(tmp_path)) == 3
