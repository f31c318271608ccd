# SPDX-License-Identifier: Apache-2.0
"""Example DAGs of many resources or accounts, run by Airflow's command line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.system.written import one_manifest, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.system.command_line import CommandLine

START, END = 1795132800, 1795219200  # 2026-11-20


def test_the_reference_data_example_takes_each_list(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.forbidden_lists = {"sla_policies": "plan"}
    run_dag(
        "zendesk_reference_data",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    for name in ("ticket_fields", "ticket_forms", "user_fields", "groups", "brands", "custom_statuses"):
        manifest = one_manifest(tmp_path, name)
        assert rows(tmp_path, manifest) == zendesk_emulator.list_truth(name)
        assert manifest["window"] == {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
    assert one_manifest(tmp_path, "sla_policies")["stop"]["reason"] == "forbidden"


def test_the_history_example_makes_what_the_account_tells(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    zendesk_emulator.account.records("ticket_events").populate(START, END, 200)
    run_dag(
        "zendesk_ticket_history",
        "2026-11-21",
        AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
        AIRFLOW_VAR_ZENDESK_LAKE=f"file://{tmp_path}",
    )
    truth = zendesk_emulator.ticket_history(START, END)
    changes = [json.loads(row) for row in rows(tmp_path, one_manifest(tmp_path, "ticket_field_history"))]
    assert [(row["event_id"], row["field"]) for row in changes] == [
        (one.event, one.field) for one in truth.changes
    ]
    assert any(row["field_name"] for row in changes)
    comments = [json.loads(row) for row in rows(tmp_path, one_manifest(tmp_path, "ticket_comments"))]
    assert [row["id"] for row in comments] == [one.id for one in truth.comments]


def test_the_example_of_many_accounts_exports_each_to_its_own_root(
    airflow: CommandLine,
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    with ZendeskEmulator(now=zendesk_emulator.clock.now(), seed=2) as globex:
        accounts = {"acme": zendesk_emulator, "globex": globex}
        for number, zendesk in enumerate(accounts.values(), 1):
            for name in ("tickets", "users", "organizations"):
                zendesk.account.records(name).populate(START, END, 50 * number)
        for pool in accounts:
            airflow.succeed("pools", "set", f"zendesk_{pool}", "1", "calls", "--include-deferred")
        run_dag(
            "zendesk_many_accounts",
            "2026-11-21",
            AIRFLOW_CONN_ZENDESK_ACME=zendesk_emulator.airflow_connection(),
            AIRFLOW_CONN_ZENDESK_GLOBEX=globex.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_ACCOUNTS=f"file://{tmp_path}",
        )
        for account, zendesk in accounts.items():
            manifest = one_manifest(tmp_path / account, "tickets")
            assert rows(tmp_path / account, manifest) == [row.raw for row in zendesk.truth(START, END)]


def test_the_mapped_example_exports_six_resources_into_one_root_and_again(
    run_dag: Callable[..., str],
    zendesk_emulator: ZendeskEmulator,
    tmp_path: Path,
) -> None:
    resources = ["tickets", "ticket_events", "ticket_metric_events", "users", "organizations", "articles"]
    for name in resources:
        zendesk_emulator.account.records(name).populate(START - 3600, END + 3600, 200)
    for revision in range(2):
        run_dag(
            "zendesk_all_resources",
            "2026-11-21",
            AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk_emulator.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_ALL=f"file://{tmp_path}",
        )
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


def test_the_example_of_everything_keeps_both_limits_and_is_whole(
    run_dag: Callable[..., str], tmp_path: Path
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
        run_dag(
            "zendesk_everything",
            "2026-11-21",
            AIRFLOW_CONN_ZENDESK_DEFAULT=zendesk.airflow_connection(),
            AIRFLOW_VAR_ZENDESK_LAKE_EVERYTHING=f"file://{tmp_path}",
        )
        calls = [one for one in zendesk.requests if one.path.startswith("/api/v2/")]
        exports = [one for one in zendesk.export_requests if "/incremental/" in one.path]
        truth = {
            name: len(zendesk.truth(START, END, resource=name)) for name in ("tickets", "users", "articles")
        }
    assert {one.status for one in calls} == {200}
    # 7 exports and 16 lists: one call each, and one more where only a look behind the last row can prove the end.
    assert len(calls) <= 7 + 16 + 4
    # The Help Center and users by cursor have limits of their own.
    for limit, reserve, some in ((6, 2, exports), (40, 20, calls)):
        minutes = [int(one.at // 6) for one in some if not re.search("help_center|users/cursor", one.path)]
        assert max(minutes.count(minute) for minute in set(minutes)) <= limit - reserve
    for name, records in truth.items():
        assert one_manifest(tmp_path, name)["counts"]["records"] == records
    assert one_manifest(tmp_path, "groups")["counts"]["records"] == 12
    assert one_manifest(tmp_path, "ticket_field_history")["counts"]["records"] > 0
