# SPDX-License-Identifier: Apache-2.0
"""Real Airflow, as a user has it: its own process, a database, the command line."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as parquet
import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import too_many_requests
from tests.lakes import Lake
from tests.tables.needed import skip_without_sql_catalog

if TYPE_CHECKING:
    from collections.abc import Callable


CLONE = Path(__file__).parents[2]
START, END = 1795132800, 1795219200  # 2026-11-20


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run an Airflow command in a home of its own, with a database."""
    home = tmp_path_factory.mktemp("airflow")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment = {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CLONE / "example_dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
    }

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    migrated = run("db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    return run


def test_the_example_dag_exports_its_interval(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=1500)
    done = airflow(
        "dags",
        "test",
        "zendesk_daily",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = one_manifest(tmp_path, "tickets")
    assert rows(tmp_path, manifest) == [row.raw for row in zendesk_emulator.truth(START, END)]
    assert manifest["run"]["dag_id"] == "zendesk_daily"
    # At DEBUG the in-process supervisor of `dags test` prints the very messages that tell it what to mask.
    logged = [line for line in (done.stdout + done.stderr).splitlines() if "MaskSecret" not in line]
    assert not [line for line in [*logged, json.dumps(manifest)] if zendesk_emulator.client_secret in line]


def test_the_parquet_example_exports_its_interval(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=300)
    done = airflow(
        "dags",
        "test",
        "zendesk_parquet",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE_PARQUET=f"file://{tmp_path}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = one_manifest(tmp_path, "tickets")["files"]
    with (tmp_path / file["path"]).open("rb") as part:
        exported = parquet.read_table(part)["id"].to_pylist()
    assert exported == [row.id for row in zendesk_emulator.truth(START, END)]
    assert exported


def test_the_reference_data_example_takes_each_list(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.forbidden_lists = {"sla_policies": "plan"}
    done = airflow(
        "dags",
        "test",
        "zendesk_reference_data",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("ticket_fields", "ticket_forms", "user_fields", "groups", "brands", "custom_statuses"):
        manifest = one_manifest(tmp_path, name)
        assert rows(tmp_path, manifest) == zendesk_emulator.list_truth(name)
        assert manifest["window"] == {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
    assert one_manifest(tmp_path, "sla_policies")["stop"]["reason"] == "forbidden"


def test_the_history_example_makes_what_the_account_tells(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.records("ticket_events").populate(START, END, 200)
    done = airflow(
        "dags",
        "test",
        "zendesk_ticket_history",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    truth = zendesk_emulator.ticket_history(START, END)
    changes = [json.loads(row) for row in rows(tmp_path, one_manifest(tmp_path, "ticket_field_history"))]
    assert [(row["event_id"], row["field"]) for row in changes] == [
        (one.event, one.field) for one in truth.changes
    ]
    assert any(row["field_name"] for row in changes)
    comments = [json.loads(row) for row in rows(tmp_path, one_manifest(tmp_path, "ticket_comments"))]
    assert [row["id"] for row in comments] == [one.id for one in truth.comments]


def test_the_example_of_many_accounts_exports_each_to_its_own_root(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    with ZendeskEmulator(now=zendesk_emulator.clock.now(), seed=2) as globex:
        accounts = {"acme": zendesk_emulator, "globex": globex}
        for number, zendesk in enumerate(accounts.values(), 1):
            for name in ("tickets", "users", "organizations"):
                zendesk.account.records(name).populate(START, END, 50 * number)
        for pool in accounts:
            airflow("pools", "set", f"zendesk_{pool}", "1", "calls", "--include-deferred")
        done = airflow(
            "dags",
            "test",
            "zendesk_many_accounts",
            "2026-11-21",
            AIRFLOW_CONN_ZENDESK_ACME=zendesk_emulator.airflow_connection(),
            AIRFLOW_CONN_ZENDESK_GLOBEX=globex.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_ACCOUNTS=f"file://{tmp_path}",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for account, zendesk in accounts.items():
            manifest = one_manifest(tmp_path / account, "tickets")
            assert rows(tmp_path / account, manifest) == [row.raw for row in zendesk.truth(START, END)]


def test_the_mapped_example_exports_six_resources_into_one_root_and_again(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    resources = ["tickets", "ticket_events", "ticket_metric_events", "users", "organizations", "articles"]
    for name in resources:
        zendesk_emulator.account.records(name).populate(START - 3600, END + 3600, 200)
    for revision in range(2):
        done = airflow(
            "dags",
            "test",
            "zendesk_all_resources",
            "2026-11-21",
            AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_ALL=f"file://{tmp_path}",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        listed: set[str] = set()
        for name in resources:
            manifest = one_manifest(tmp_path, name)
            # On Airflow 2.11 two tests of one date are one run, which has nothing left to do.
            assert manifest["revision"] in (0, revision)
            include = ("comment_events",) if name == "ticket_events" else ()
            truth = zendesk_emulator.truth(START, END, resource=name, include=include)
            assert sorted(rows(tmp_path, manifest)) == sorted(row.raw for row in truth)
            listed |= {file["path"] for file in manifest["files"]}
        lying = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.jsonl.gz")}
        assert lying == listed
        assert not (tmp_path / "_staging").exists()


def test_the_gated_example_waits_without_a_worker_and_exports_its_hour(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    """Sensor and export are asked once each to wait just long enough to be deferred."""
    zendesk_emulator.account.populate(END - 7200, END + 7200, tickets=400)
    zendesk_emulator.answer_next(too_many_requests("31"), None, too_many_requests("31"))
    done = airflow(
        "dags",
        "test",
        "zendesk_sensor_gated",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE_HOURLY=f"file://{tmp_path}",
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("deferring until") in (2, 4)  # Airflow 2.11 says each line twice
    manifest = one_manifest(tmp_path, "tickets")
    truth = zendesk_emulator.truth(END - 3600, END)
    assert rows(tmp_path, manifest) == [row.raw for row in truth]
    assert truth
    assert [request.status for request in zendesk_emulator.export_requests] == [429, 200, 429, 200]


def test_the_table_example_exports_its_interval_and_registers_it_in_an_iceberg_table(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    skip_without_sql_catalog()
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=300)
    catalog = {
        "conn_type": "iceberg",
        "host": f"sqlite:///{tmp_path}/catalog.db",
        "extra": {"type": "sql", "warehouse": f"file://{tmp_path}/warehouse"},
    }
    done = airflow(
        "dags",
        "test",
        "zendesk_iceberg",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_CONN_ICEBERG_DEFAULT=json.dumps(catalog),
        AIRFLOW_VAR_ZENDESK_LAKE_ICEBERG=f"file://{tmp_path}/lake",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    from pyiceberg.catalog import load_catalog

    table = load_catalog("iceberg_default", type="sql", uri=catalog["host"]).load_table("zendesk.tickets")
    truth = [json.loads(row.raw)["id"] for row in zendesk_emulator.truth(START, END)]
    assert sorted(table.scan(selected_fields=("id",)).to_arrow()["id"].to_pylist()) == sorted(truth) != []
    assert table.current_snapshot().summary["zendesk.dag_id"] == "zendesk_iceberg"


def test_the_reconciling_example_finds_what_came_late_and_exports_it_again(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.late_rows = 7200
    zendesk_emulator.clock.set(END)
    lake = Lake(zendesk_emulator, tmp_path)
    for name in ("ticket_metric_events", "ticket_events"):
        zendesk_emulator.account.records(name).populate(END - 7200, END, 200)
        lake.export(START, END, name=name, partition_by="day")
    zendesk_emulator.clock.set(END + 6 * 3600)
    done = airflow(
        "dags",
        "test",
        "zendesk_reconcile",
        "2026-11-21T07:00:00",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE_ALL=f"file://{tmp_path}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("ticket_metric_events", "ticket_events"):
        manifest = one_manifest(tmp_path, name)
        assert manifest["revision"] == 1
        include = ("comment_events",) if name == "ticket_events" else ()
        truth = zendesk_emulator.truth(START, END, resource=name, include=include)
        assert sorted(rows(tmp_path, manifest)) == sorted(row.raw for row in truth)
        (report,) = (tmp_path / "_reconciliations" / name).glob("*.json")
        assert json.loads(report.read_bytes())["late"] > 0


def test_the_duckdb_example_loads_its_interval_and_what_replaced_it(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START, END, tickets=300)

    def run(day: str) -> None:
        done = airflow(
            "dags",
            "test",
            "zendesk_to_duckdb",
            day,
            AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_DUCKDB=f"file://{tmp_path}",
            AIRFLOW_VAR_ZENDESK_DUCKDB=str(tmp_path / "zendesk.duckdb"),
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def loaded() -> list[tuple[int, int]]:
        with duckdb.connect(tmp_path / "zendesk.duckdb", read_only=True) as database:
            return database.sql("SELECT generated_timestamp, id FROM tickets_history ORDER BY ALL").fetchall()

    def truth() -> list[tuple[int, int]]:
        return [(row.sort_key, row.id) for row in zendesk_emulator.truth(START, END)]

    run("2026-11-21")
    assert loaded() == truth()
    changed = next(row.id for row in zendesk_emulator.truth(START, END))
    zendesk_emulator.account.update(changed, END + 60)  # its row moves to the next window
    run("2026-11-21T00:00:01")  # the same interval in another run
    assert loaded() == truth()


def one_manifest(root: Path, name: str) -> dict[str, Any]:
    (path,) = (root / "_manifests" / name).glob("*/*.json")
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def rows(root: Path, manifest: dict[str, Any]) -> list[bytes]:
    return [
        line
        for file in manifest["files"]
        for line in gzip.decompress((root / file["path"]).read_bytes()).splitlines()
    ]


def test_airflow_knows_the_provider(airflow: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = airflow("providers", "get", "airflow-provider-zendesk", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert "airflow-provider-zendesk" in done.stdout
    hooks = airflow("providers", "hooks", "--output", "json")
    assert "zendesk_api" in hooks.stdout


@pytest.mark.parametrize(
    ("role", "secret", "said"),
    [
        pytest.param("admin", None, "Connection success!", id="admin"),
        pytest.param("agent", None, "exports need an admin", id="agent"),
        pytest.param("admin", "wrong", "check client_id and client_secret", id="wrong secret"),
    ],
)
def test_airflow_connections_test_says_what_to_mend(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    role: str,
    secret: str | None,
    said: str,
) -> None:
    connection = json.loads(zendesk_emulator.airflow_connection(role=role))
    connection["extra"]["client_secret"] = secret or connection["extra"]["client_secret"]
    done = airflow(
        "connections", "test", "zendesk_default", AIRFLOW_CONN_ZENDESK_DEFAULT=json.dumps(connection)
    )
    assert said in " ".join(done.stdout.split())


def test_openlineage_knows_where_the_data_comes_from_and_goes_to(
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    pytest.importorskip("airflow.providers.openlineage", reason="needs the OpenLineage provider")
    zendesk_emulator.account.populate(START, END, tickets=50)
    events = tmp_path / "events.json"
    done = airflow(
        "dags",
        "test",
        "zendesk_daily",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}/lake",
        AIRFLOW__OPENLINEAGE__TRANSPORT=json.dumps(
            {"type": "file", "log_file_path": str(events), "append": True}
        ),
        AIRFLOW__OPENLINEAGE__NAMESPACE="test",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in events.read_text().splitlines()]
    of_task = {event["eventType"]: event for event in told if "export_tickets" in event["job"]["name"]}
    manifest = one_manifest(tmp_path / "lake", "tickets")
    assert {"START", "COMPLETE"} <= of_task.keys()
    for event in of_task.values():
        assert [(one["namespace"], one["name"]) for one in event["inputs"]] == [
            ("zendesk://127.0.0.1", "tickets")
        ]
        assert [(one["namespace"], one["name"]) for one in event["outputs"]] == [
            ("file", f"{tmp_path}/lake/tickets")
        ]
    (output,) = of_task["COMPLETE"]["outputs"]
    statistics = output["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"]) == (manifest["counts"]["records"], 1)
    assert {"id", "subject"} <= {field["name"] for field in output["facets"]["schema"]["fields"]}


def test_the_example_of_everything_keeps_both_limits_and_is_whole(
    airflow: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    now = END + 7200.0
    # Minutes of 6 seconds, since the tasks sleep through them.
    with ZendeskEmulator(now=now, exports_per_minute=6, requests_per_minute=40, minute=6.0) as zendesk:
        for name in (
            "tickets",
            "ticket_events",
            "users",
            "organizations",
            "articles",
            "ticket_metric_events",
        ):
            zendesk.account.records(name).populate(START, END, 60)
        zendesk.account.records("satisfaction_ratings").populate(START, END, 60)
        done = airflow(
            "dags",
            "test",
            "zendesk_everything",
            "2026-11-21",
            AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_EVERYTHING=f"file://{tmp_path}",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        calls = [one for one in zendesk.requests if one.path.startswith("/api/v2/")]
        exports = [one for one in zendesk.export_requests if "/incremental/" in one.path]
        truth = {
            name: len(zendesk.truth(START, END, resource=name)) for name in ("tickets", "users", "articles")
        }
    assert {one.status for one in calls} == {200}
    # 7 exports and 16 lists: one call each, and one more where only a look behind the last row can prove the end.
    assert len(calls) <= 7 + 16 + 4
    for limit, reserve, some in ((6, 2, exports), (40, 20, calls)):
        minutes = [int(one.at // 6) for one in some if "help_center" not in one.path]
        assert max(minutes.count(minute) for minute in set(minutes)) <= limit - reserve
    for name, records in truth.items():
        assert one_manifest(tmp_path, name)["counts"]["records"] == records
    assert one_manifest(tmp_path, "groups")["counts"]["records"] == 12
    assert one_manifest(tmp_path, "ticket_field_history")["counts"]["records"] > 0
