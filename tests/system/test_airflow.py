# SPDX-License-Identifier: Apache-2.0
"""Real Airflow, as a user has it: its own process, a database, the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.written import one_manifest, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from tests.system.command_line import CommandLine

START, END = 1795132800, 1795219200  # 2026-11-20


def test_the_example_dag_exports_its_interval(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.populate(START - 3600, END + 3600, tickets=1500)
    said = run_dag(
        "zendesk_daily",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    manifest = one_manifest(tmp_path, "tickets")
    assert rows(tmp_path, manifest) == [row.raw for row in zendesk_emulator.truth(START, END)]
    assert manifest["run"]["dag_id"] == "zendesk_daily"
    # At DEBUG the in-process supervisor of `dags test` prints the very messages that tell it what to mask.
    logged = [line for line in said.splitlines() if "MaskSecret" not in line]
    assert not [line for line in [*logged, json.dumps(manifest)] if zendesk_emulator.client_secret in line]


def test_airflow_knows_the_provider(airflow: CommandLine) -> None:
    name = "airflow-provider-zendesk"
    assert name in airflow.succeed("providers", "get", name, "--output", "json")
    assert "zendesk_api" in airflow.succeed("providers", "hooks", "--output", "json")


@pytest.mark.parametrize(
    ("role", "secret", "said"),
    [
        pytest.param("admin", None, "Connection success!", id="admin"),
        pytest.param("agent", None, "exports need an admin", id="agent"),
        pytest.param("admin", "wrong", "check client_id and client_secret", id="wrong secret"),
    ],
)
def test_airflow_connections_test_says_what_to_mend(
    airflow: CommandLine,
    zendesk_emulator: ZendeskEmulator,
    role: str,
    secret: str | None,
    said: str,
) -> None:
    connection = json.loads(zendesk_emulator.airflow_connection(role=role))
    connection["extra"]["client_secret"] = secret or connection["extra"]["client_secret"]
    done = airflow.run(
        "connections", "test", "zendesk_default", AIRFLOW_CONN_ZENDESK_DEFAULT=json.dumps(connection)
    )
    assert said in " ".join(done.stdout.split())


def test_openlineage_knows_where_the_data_comes_from_and_goes_to(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    pytest.importorskip("airflow.providers.openlineage", reason="needs the OpenLineage provider")
    zendesk_emulator.account.populate(START, END, tickets=50)
    events = tmp_path / "events.json"
    run_dag(
        "zendesk_daily",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}/lake",
        AIRFLOW__OPENLINEAGE__TRANSPORT=json.dumps(
            {"type": "file", "log_file_path": str(events), "append": True}
        ),
        AIRFLOW__OPENLINEAGE__NAMESPACE="test",
    )
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
