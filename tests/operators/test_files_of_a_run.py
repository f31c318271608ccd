# SPDX-License-Identifier: Apache-2.0
"""What a run tells the tasks behind it: the files of its windows."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_zendesk.export import listing
from airflow_provider_zendesk.lake import Lake
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from tests.operators.test_deferral import slept  # noqa: F401  a fixture
from tests.operators.test_incremental_export import DAY, START, a_context, a_task

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator


class TaskInstance(SimpleNamespace):
    """Keeps what is pushed."""

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms = {**getattr(self, "xcoms", {}), key: value}


@pytest.fixture
def zendesk(zendesk_emulator: ZendeskEmulator, monkeypatch: pytest.MonkeyPatch) -> ZendeskEmulator:
    """Three days of tickets, the second of them without any."""
    zendesk_emulator.clock.set((START + 5 * DAY).timestamp())
    for day in (0, 2):
        start = START + day * DAY
        zendesk_emulator.account.populate(int(start.timestamp()), int((start + DAY).timestamp()), tickets=60)
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_DEFAULT", zendesk_emulator.airflow_connection())
    return zendesk_emulator


def run(
    root: Path, days: tuple[int, int] = (0, 3), run_id: str = "run", event: Any = None, **arguments: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Export some days; return the summary, and what else was pushed."""
    instance = TaskInstance(dag_id="dag", run_id=run_id, task_id="export", map_index=-1, max_tries=0)
    context = a_context(START + days[0] * DAY, START + days[1] * DAY, ti=instance)
    summary = a_task(root, **arguments).execute(context, event)
    return summary, getattr(instance, "xcoms", {})


def stored(root: Path, pattern: str) -> list[str]:
    return sorted(map(str, root.glob(pattern)))


def expected(root: Path) -> dict[str, list[str]]:
    return {
        "manifests": stored(root, "_manifests/*/*/*.json"),
        "files": sorted(stored(root, "tickets*/*/*.jsonl.gz"), key=lambda name: name.rpartition("/")[2]),
    }


@pytest.mark.usefixtures("zendesk")
class TestTheLists:
    def test_have_the_urls_of_all_manifests_and_files(self, tmp_path: Path) -> None:
        summary, xcoms = run(tmp_path, include=("users",))
        assert {key: sorted(urls) for key, urls in xcoms.items()} == {
            key: sorted(urls) for key, urls in expected(tmp_path).items()
        }
        assert (
            (summary["windows"], summary["files"]) == (len(xcoms["manifests"]), len(xcoms["files"])) == (3, 4)
        )
        assert [url.rpartition("/")[2][:8] for url in xcoms["files"]] == ["20261120"] * 2 + ["20261122"] * 2
        assert {"revision", "prefix"}.isdisjoint(summary)
        own = [url for url in xcoms["files"] if "/tickets/" in url]
        assert own == Lake(tmp_path).files("tickets", START, START + 3 * DAY)

    def test_are_the_same_on_a_retry_and_when_windows_are_kept(self, tmp_path: Path) -> None:
        run(tmp_path, (2, 3), "before")
        _, first = run(tmp_path, on_existing="keep")
        assert first == expected(tmp_path)
        assert run(tmp_path, on_existing="keep")[1] == first
        assert run(tmp_path, run_id="later", on_existing="keep")[1] == first

    def test_are_empty_where_nothing_happened(self, tmp_path: Path) -> None:
        summary, xcoms = run(tmp_path, (1, 2))
        assert xcoms["files"] == []
        assert len(xcoms["manifests"]) == 1
        assert (summary["records"], summary["revision"]) == (0, 0)

    def test_are_not_pushed_by_a_task_that_shall_push_nothing(self, tmp_path: Path) -> None:
        assert run(tmp_path, do_xcom_push=False)[1] == {}

    def test_are_left_out_with_a_word_if_they_are_too_long(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(listing, "MOST_LISTED", 2)
        summary, xcoms = run(tmp_path)
        assert list(xcoms) == ["files"]
        assert summary["windows"] == 3
        said = caplog.text + capsys.readouterr().out
        assert "the XCom 'manifests' is left out" in said
        assert "airflow_provider_zendesk.lake.Lake" in said


@pytest.mark.usefixtures("slept")
def test_the_lists_are_the_same_after_deferrals(zendesk: ZendeskEmulator, tmp_path: Path) -> None:
    """That no manifest is read for them: tests/export/test_costs.py counts the same operations as without them."""
    zendesk.limit("tickets", 3)
    event, left = None, 0
    while True:
        try:
            summary, xcoms = run(tmp_path, event=event, deferrable=True, per_page=10)
            break
        except TaskDeferred as deferred:
            left += 1
            event = deferred.trigger.moment
            zendesk.clock.set(max(event.timestamp(), zendesk.clock.now()))
    assert left >= 2
    assert xcoms == expected(tmp_path)
    assert summary["records"] == 120


@pytest.mark.usefixtures("zendesk")
class TestThePrefix:
    def test_finds_the_files_of_the_window_and_no_others(self, tmp_path: Path) -> None:
        run(tmp_path, include=("users",))
        summary, xcoms = run(tmp_path, (0, 1), "again", include=("users",))
        assert summary["revision"] == 1
        assert stored(tmp_path, summary["prefix"].removeprefix(f"{tmp_path}/") + "*") == [xcoms["files"][0]]
        assert len(json.dumps(summary)) < 2048

    def test_is_where_a_kept_window_really_is(self, tmp_path: Path) -> None:
        run(tmp_path, (0, 1))
        summary, xcoms = run(tmp_path, (0, 1), "later", on_existing="keep", partition_by=None)
        assert xcoms["files"][0].startswith(summary["prefix"])
        assert "/dt=2026-11-20/" in summary["prefix"]


@pytest.mark.usefixtures("zendesk")
class TestAssets:
    """What happens without Airflow; tests/system/test_assets.py has the events."""

    def test_an_alias_stands_for_what_only_the_run_knows(self) -> None:
        def outlets(**arguments: Any) -> list[Any]:
            arguments = {"resource": "tickets", "path": "s3://aws_default@lake/zendesk/", **arguments}
            return list(ZendeskIncrementalExportOperator(task_id="export", **arguments).outlets)

        (asset,) = outlets(emit_asset=True)
        assert asset.uri == "s3://lake/zendesk/tickets"
        assert outlets() == []
        assert outlets(emit_asset=True, outlets=[asset]) == [asset]
        for unknown in ("{{ var.value.lake }}", "lake", "s3://lake/ü", 7):
            (alias,) = outlets(emit_asset=True, path=unknown)
            assert alias.name == "zendesk_exports"

    def test_an_empty_window_that_replaces_records_is_news(
        self, tmp_path: Path, zendesk: ZendeskEmulator
    ) -> None:
        def left(**arguments: Any) -> list[Any]:
            task = a_task(tmp_path, emit_asset=True, **arguments)
            task.execute(a_context(START, START + DAY, ti=None))
            return list(task.outlets)

        assert len(left()) == 1
        zendesk.account.clear(1)
        assert len(left()) == 1
        assert left() == []
        assert len(left(emit_empty=True)) == 1
