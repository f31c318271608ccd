# SPDX-License-Identifier: Apache-2.0
"""The events that real Airflow makes for the outlets of exports, and what a DAG that waits for them gets."""

from __future__ import annotations

import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator

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


class Airflow:
    """
    An Airflow home with a database that knows some DAGs.

    :param home: an empty folder.
    :param dags: the folder of the DAG files.
    """

    def __init__(self, home: Path, dags: Path, **more: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        self._home = home
        self._environment = {
            **kept,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            **more,
        }
        self.run("db", "migrate")
        self.run("dags", "reserialize")

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def events(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the events of each asset say."""
        with closing(sqlite3.connect(self._home / "airflow.db")) as database:
            tables = {
                name for (name,) in database.execute("select name from sqlite_master where type = 'table'")
            }
            kind = "asset" if "asset_event" in tables else "dataset"
            events = database.execute(
                f"select a.uri, e.extra from {kind}_event e join {kind} a on a.id = e.{kind}_id order by e.id"  # noqa: S608
            )
            found: dict[str, list[dict[str, Any]]] = {}
            for uri, extra in events:
                found.setdefault(uri, []).append(json.loads(extra))
        return found


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
def events(
    zendesk: ZendeskEmulator, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    (home / "dags" / "outlets.py").write_text(DAG.format(root=root))
    airflow = Airflow(home, home / "dags", AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk.airflow_connection())
    airflow.run("dags", "test", "outlets", "2026-11-21")
    return airflow.events()


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
    zendesk: ZendeskEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = f"file://{tmp_path}/lake"
    paths = {"ZENDESK_LAKE": lake, "ZENDESK_TICKETS": f"{lake}/tickets"}
    airflow = Airflow(
        tmp_path / "airflow", EXAMPLES, AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk.airflow_connection(), **paths
    )
    airflow.run("dags", "test", "zendesk_asset_producer", "2026-11-21")
    ((uri, [extra]),) = airflow.events().items()
    assert uri == paths["ZENDESK_TICKETS"]
    for name, value in paths.items():
        monkeypatch.setenv(name, value)
    load = the_task(EXAMPLES / "zendesk_asset_consumer.py", "load")
    # By its URI: Airflow 3.0 and 3.1 cannot hash an Asset outside of a run.
    rows = load(lake, triggering_asset_events={uri: [SimpleNamespace(extra=extra)]})
    assert rows == {str(part): 50 for part in (tmp_path / "lake" / "tickets").rglob("*.jsonl.gz")}
    assert rows


def the_task(file: Path, task_id: str) -> Any:
    """Return the function of a task in a DAG file."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dag.get_task(task_id).python_callable
