# SPDX-License-Identifier: Apache-2.0
"""A list that is taken whole is the list of one moment, or its manifest says that it changed while it was read."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ZendeskForbiddenError,
    ZendeskNotFoundError,
    ZendeskResponseError,
)
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.reader import Lake as Reader
from airflow_provider_zendesk.reference_data import REFERENCE_LISTS
from airflow_provider_zendesk.verify.checks import verify
from tests.lake.test_commit import KillableStorage, Killed
from tests.lakes import Lake, a_run
from tests.operations import CountingStorage

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86400
START = 1763596800  # 2025-11-20
ALL = [*REFERENCE_LISTS, "custom_object_fields/book"]


@pytest.fixture(autouse=True)
def _some_days_later(zendesk_emulator: ZendeskEmulator) -> None:
    zendesk_emulator.clock.set(START + 2 * DAY)


def take(lake: Lake, name: str = "groups", day: int = 0, **more: Any) -> Any:
    return lake.snapshot(name, START + day * DAY, START + (day + 1) * DAY, **more)


def calls(lake: Lake) -> int:
    return len(lake.zendesk.requests)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ALL)
def test_every_list_is_stored_as_it_is(lake: Lake, name: str, suffix: str) -> None:
    for records in ("tickets", "users"):
        lake.zendesk.account.records(records).populate(START - DAY, START, 60)
    summary = take(lake, name, format=FORMATS[suffix])
    truth = lake.zendesk.list_truth(name)
    assert summary.records == len(truth) > 0
    if suffix == "parquet":
        without_nulls = [
            {key: value for key, value in json.loads(row).items() if value is not None} for row in truth
        ]
        assert [json.loads(row) for row in lake.rows()] == without_nulls
    else:
        assert lake.rows() == truth
    (manifest,) = lake.manifests()
    assert manifest["stop"]["reason"] == "end_of_list"
    assert manifest["snapshot"] == {"as_of": manifest["stop"]["server_time"]}
    assert manifest["sort_key"] is None
    assert not any(file.get("drift") for file in manifest["files"])
    report = verify(lake.storage, name, check_content=True)
    assert report.is_whole, report.findings
    assert lake.is_tidy()


def test_a_list_has_the_folder_of_its_day(lake: Lake) -> None:
    take(lake)
    (file,) = lake.listed()
    assert file == "groups/dt=2025-11-20/20251120T000000Z-20251121T000000Z-r0-00000.jsonl.gz"
    assert Reader(str(lake.root)).files("groups", "2025-11-20", "2025-11-21") == [str(lake.root / file)]


@pytest.mark.parametrize(("page", "needed"), [(None, 1), (12, 1), (6, 4), (5, 6), (1, 24)])
def test_a_list_of_one_page_takes_one_call_and_any_other_is_read_twice(
    lake: Lake, page: int | None, needed: int
) -> None:
    lake.zendesk.list_page = page
    assert take(lake).requests == calls(lake) == needed
    assert lake.manifests()[0]["counts"]["requests"] == needed
    assert lake.rows() == lake.zendesk.list_truth("groups")


def changing(lake: Lake, changes: dict[int, Callable[[], object]]) -> None:
    """Make each change before the page of that number."""
    lake.zendesk.before_list_page(lambda page: changes.pop(page, lambda: None)())


def test_a_list_that_changes_once_is_read_until_it_stands(lake: Lake) -> None:
    groups = lake.zendesk.account.items("groups")
    lake.zendesk.list_page = 6
    changing(lake, {1: lambda: groups.delete(0)})
    assert take(lake).requests == 6
    assert lake.rows() == lake.zendesk.list_truth("groups")
    assert "changed_while_read" not in lake.manifests()[0]["snapshot"]


def test_a_list_that_keeps_changing_is_stored_with_a_word_about_it(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    groups = lake.zendesk.account.items("groups")
    lake.zendesk.list_page = 6
    changing(lake, {page: lambda page=page: groups.update(page, description=str(page)) for page in range(6)})
    assert take(lake).requests == 6
    assert lake.manifests()[0]["snapshot"]["changed_while_read"] is True
    assert "changed each of the 3 times" in caplog.text


Change = tuple[int, str, int]
CHANGES = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["create", "update", "delete"]), st.integers(0, 11)),
    max_size=8,
)


@given(changes=CHANGES, page=st.integers(2, 13))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_that_of_one_moment_or_says_that_it_changed(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Change], page: int
) -> None:
    with ZendeskEmulator(now=START + 2 * DAY, speed=0) as zendesk:
        lake = Lake(zendesk, tmp_path_factory.mktemp("lake"))
        groups, deleted = zendesk.account.items("groups"), set[int]()
        zendesk.list_page = page
        moments = []

        def before(number: int) -> None:
            moments.append(zendesk.list_truth("groups"))
            for when, what, which in changes:
                if when != number:
                    continue
                zendesk.clock.advance(1)
                if what == "create":
                    groups.create()
                elif which not in deleted:
                    getattr(groups, what)(which)
                    deleted.update({which} if what == "delete" else ())
                moments.append(zendesk.list_truth("groups"))

        zendesk.before_list_page(before)
        take(lake)
        moments.append(zendesk.list_truth("groups"))
        if lake.manifests()[0]["snapshot"].get("changed_while_read"):
            assert changes
        else:
            assert lake.rows() in moments


def test_rows_that_come_twice_are_stored_once(lake: Lake) -> None:
    """A record that is moved between two pages is on both."""
    lake.zendesk.list_page = 6
    groups = lake.zendesk.account.items("groups")
    changing(lake, {1: lambda: groups.create(id=361000000200), 3: lambda: groups.delete(12)})
    take(lake)
    ids = [json.loads(row)["id"] for row in lake.rows()]
    assert len(ids) == len(set(ids))


def test_an_answer_that_says_nothing_of_the_end_is_an_error(lake: Lake) -> None:
    """The SLA policies are paged by number only: a second page would need what a cursor does not give."""
    lake.zendesk.list_page = 2
    with pytest.raises(ZendeskResponseError, match="slas/policies has neither"):
        take(lake, "sla_policies")
    assert lake.files() == {}


class TestForbidden:
    @pytest.mark.parametrize(
        ("why", "error", "says"),
        [
            (
                "plan",
                ZendeskNotFoundError,
                "check the resource name, and that the account's plan includes it",
            ),
            ("role", ZendeskForbiddenError, "exports need an admin"),
        ],
    )
    def test_it_is_an_error_that_says_why(
        self, lake: Lake, why: str, error: type[Exception], says: str
    ) -> None:
        lake.zendesk.forbidden_lists = {"groups": why}
        with pytest.raises(error, match=says):
            take(lake)
        assert lake.files() == {}

    @pytest.mark.parametrize("why", ["plan", "role"])
    def test_it_can_be_recorded_and_is_never_an_empty_list(self, lake: Lake, why: str) -> None:
        lake.zendesk.forbidden_lists = {"groups": why}
        assert take(lake, on_forbidden="record", empty_files=True).files == 0
        (manifest,) = lake.manifests()
        assert manifest["stop"]["reason"] == "forbidden"
        assert "/api/v2/groups" in manifest["snapshot"]["forbidden"]
        assert lake.listed() == set()
        report = verify(lake.storage, "groups")
        assert report.is_whole
        assert any("forbidden" in line for line in report.lines())
        with pytest.raises(Exception, match="groups.*forbidden"):
            Reader(str(lake.root)).files("groups", "2025-11-20", "2025-11-21")

    def test_a_missing_scope_or_object_is_an_error_all_the_same(self, lake: Lake) -> None:
        lake.zendesk.forbidden_lists = {"groups": "groups:read"}
        with pytest.raises(ZendeskForbiddenError, match="groups:read"):
            take(lake, on_forbidden="record")
        assert lake.files() == {}

    def test_once_it_is_allowed_it_is_taken(self, lake: Lake) -> None:
        lake.zendesk.forbidden_lists = {"groups": "plan"}
        take(lake, on_forbidden="record")
        lake.zendesk.forbidden_lists = {}
        assert take(lake, on_forbidden="record").records == 12
        assert lake.is_tidy()


class TestOtherRuns:
    def test_the_same_run_takes_it_once(self, lake: Lake) -> None:
        run = a_run()
        take(lake, run=run)
        before = calls(lake)
        assert take(lake, run=run).records == 12
        assert calls(lake) == before

    def test_another_run_replaces_it(self, lake: Lake) -> None:
        take(lake)
        lake.zendesk.account.items("groups").delete(3)
        assert take(lake).records == 11
        assert lake.manifests()[0]["revision"] == 1
        assert lake.is_tidy()

    def test_or_keeps_it_or_fails(self, lake: Lake) -> None:
        take(lake)
        before = calls(lake)
        assert take(lake, on_existing="keep").records == 12
        with pytest.raises(ExportConflictError, match="committed already"):
            take(lake, on_existing="fail")
        assert calls(lake) == before

    def test_a_window_of_several_days_is_refused(self, lake: Lake) -> None:
        with pytest.raises(ValueError, match="a snapshot is one list; use partition_by=None"):
            lake.snapshot("groups", START, START + 2 * DAY)
        assert lake.snapshot("groups", START, START + 2 * DAY, partition_by=None).records == 12


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fresh", [True, False], ids=["first", "replacing"])
def test_a_snapshot_killed_at_any_storage_operation_is_taken_by_its_retry(
    lake: Lake, fresh: bool, after: bool
) -> None:
    root, truth = lake.root, lake.zendesk.list_truth("groups")
    for operations in itertools.count():
        lake.root = root.with_name(f"killed at {operations}")
        if not fresh:
            take(lake)
        run = a_run()
        try:
            take(lake, run=run, storage=KillableStorage(lake.storage, operations, after=after))
        except Killed:
            killed = True
        else:
            killed = False
        take(lake, run=run)
        assert lake.rows() == truth
        assert len(lake.manifests()) == 1
        assert lake.is_tidy()
        if not killed:
            break
    assert operations > 5


@pytest.mark.parametrize("days", [3, 60])
def test_storage_operations_do_not_grow_with_what_is_committed(lake: Lake, days: int) -> None:
    lake.zendesk.clock.set(START + 100 * DAY)
    for day in range(days):
        take(lake, day=day)
    storage = CountingStorage(lake.storage)
    take(lake, day=days, storage=storage)
    assert dict(+storage.operations) == {"get": 1, "list": 6, "put": 2, "create": 2, "delete": 2}


def test_the_reserve_holds_on_the_accounts_limit(tmp_path: Any) -> None:
    with ZendeskEmulator(now=START + 2 * DAY, speed=0, requests_per_minute=10) as zendesk:
        lake = Lake(zendesk, tmp_path)
        zendesk.list_page = 2
        take(lake, reserve=4)
        assert lake.rows() == zendesk.list_truth("groups")
        minutes = [int(request.at // 60) for request in zendesk.requests]
        assert max(minutes.count(minute) for minute in set(minutes)) <= 6
        assert not any(request.status == 429 for request in zendesk.requests)
