# SPDX-License-Identifier: Apache-2.0
"""The events that real Airflow makes for the outlets of exports, and what a DAG that waits for them gets."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.system.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "example_dags"
START, END = 1795132800, 1795219200  # 2026-11-20

DAG = """
from datetime import datetime, timezone
from airflow.providers.common.compat.sdk import DAG, Asset, AssetAlias
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator as Export

LAKE = "file://{root}"
window = {{"start_time": "2026-11-20", "end_time": "2026-11-21"}}
empty = {{"start_time": "2026-11-18", "end_time": "2026-11-19"}}
templated = LAKE + "/{{{{ 'templated' }}}}"

with DAG("outlets", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    def export(name, **more):
        Export(task_id=name, **{{"resource": "tickets", "path": LAKE + "/" + name, **window, **more}})

    export("plain", outlets=[Asset("x-lake://plain"), Asset("x-lake://second")])
    export("of_its_url", emit_asset=True)
    export("templated", path=templated, emit_asset=True)
    export("to_an_alias", emit_asset=True, outlets=[AssetAlias("my_alias")])
    export("beside", emit_asset=True, outlets=[Asset("x-lake://beside"), AssetAlias("my_alias")])
    export("empty_plain", outlets=[Asset("x-lake://empty_plain")], **empty)
    export("empty_url", emit_asset=True, **empty)
    export("empty_templated", path=templated + "_too", emit_asset=True, **empty)
    export("empty_on_purpose", emit_asset=True, emit_empty=True, **empty)
    Export.partial(task_id="mapped", path=LAKE + "/mapped", emit_asset=True, **window).expand(resource=["tickets", "users"])
    Export.partial(
        task_id="mapped_alias", path=LAKE + "/mapped_alias", emit_asset=True, outlets=[AssetAlias("mine")], **window
    ).expand(resource=["tickets", "users"])

with DAG("waits_for_users", schedule=[Asset("file://{root}/mapped/users")], start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    pass
"""


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + 7200) as emulator:
        for name in ("tickets", "users"):
            emulator.account.records(name).populate(START, END, 50)
        yield emulator


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def airflow(
    zendesk: ZendeskEmulator, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    """Return a home that knows the DAG above and the example of a producer."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    (home / "dags" / "outlets.py").write_text(DAG.format(root=root))
    shutil.copy(EXAMPLES / "zendesk_asset_producer.py", home / "dags")
    connection = zendesk.airflow_connection()
    with CommandLine(
        home, home / "dags", AIRFLOW_CONN_ZENDESK_DEFAULT=connection, **of_example(root)
    ) as line:
        line.succeed("dags", "reserialize")
        yield line


def of_example(root: Path) -> dict[str, str]:
    """Return the environment of the examples of a producer and a consumer."""
    lake = f"file://{root}/example"
    return {"ZENDESK_LAKE": lake, "ZENDESK_TICKETS": f"{lake}/tickets"}


@pytest.fixture(scope="module")
def events(airflow: CommandLine) -> dict[str, list[dict[str, Any]]]:
    airflow.succeed("dags", "test", "outlets", "2026-11-21")
    return events_of(airflow)


def events_of(airflow: CommandLine) -> dict[str, list[dict[str, Any]]]:
    """Return what the events of each asset say."""
    with closing(sqlite3.connect(airflow.home / "airflow.db")) as database:
        tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
        kind = "asset" if "asset_event" in tables else "dataset"
        events = database.execute(
            f"select a.uri, e.extra from {kind}_event e join {kind} a on a.id = e.{kind}_id order by e.id"  # noqa: S608
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for uri, extra in events:
            found.setdefault(uri, []).append(json.loads(extra))
    return found


def test_there_is_one_for_each_asset_but_none_of_an_empty_window(
    events: dict[str, list[dict[str, Any]]], root: Path
) -> None:
    of_urls = (
        "of_its_url/tickets",
        "templated/tickets",
        "to_an_alias/tickets",
        "beside/tickets",
        "empty_on_purpose/tickets",
        "mapped/users",  # a DAG waits for it, but for no other asset of that task
        "mapped_alias/tickets",
        "mapped_alias/users",
    )
    assert {uri: len(found) for uri, found in events.items()} == dict.fromkeys(
        [
            "x-lake://plain",
            "x-lake://second",
            "x-lake://beside",
            *(f"file://{root}/{url}" for url in of_urls),
        ],
        1,
    )


@pytest.mark.parametrize("asset", ["plain", "of_its_url", "templated"])
def test_it_says_what_was_exported(events: dict[str, list[dict[str, Any]]], root: Path, asset: str) -> None:
    uri = "x-lake://plain" if asset == "plain" else f"file://{root}/{asset}/tickets"
    (event,) = events[uri]
    (part,) = (root / asset).rglob("*.jsonl.gz")
    (manifest,) = (root / asset / "_manifests").rglob("*.json")
    assert event.pop("lag_seconds") >= 0
    assert event == {
        "account": "127.0.0.1",
        "resource": "tickets",
        "start_time": "2026-11-20T00:00:00Z",
        "end_time": "2026-11-21T00:00:00Z",
        "records": 50,
        "files": 1,
        "bytes": part.stat().st_size,
        "requests": 1,
        "windows": 1,
        "revision": 0,
        "path": f"file://{root}/{asset}",
        "prefix": str(part).removesuffix("00000.jsonl.gz"),
        "manifest": str(manifest),
    }


def test_the_consumer_loads_what_the_event_of_the_producer_says(
    airflow: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow.succeed("dags", "test", "zendesk_asset_producer", "2026-11-21")
    uri = of_example(root)["ZENDESK_TICKETS"]
    [extra] = events_of(airflow)[uri]
    for name, value in of_example(root).items():
        monkeypatch.setenv(name, value)
    load = the_task(EXAMPLES / "zendesk_asset_consumer.py", "load")
    # By its URI: Airflow 3.0 and 3.1 cannot hash an Asset outside of a run.
    rows = load(
        of_example(root)["ZENDESK_LAKE"], triggering_asset_events={uri: [SimpleNamespace(extra=extra)]}
    )
    assert rows == {str(part): 50 for part in (root / "example" / "tickets").rglob("*.jsonl.gz")}
    assert rows


def the_task(file: Path, task_id: str) -> Any:
    """Return the function of a task in a DAG file."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dag.get_task(task_id).python_callable
