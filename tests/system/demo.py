# SPDX-License-Identifier: Apache-2.0
"""
``make demo``: three daily windows of tickets, from an emulated Zendesk to files, through real Airflow.

Runs the example DAG with ``airflow dags test`` in a private AIRFLOW_HOME, compares the files with what the
account holds, and shows what came of it. Run again, it replaces each window by a revision one higher.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_provider_zendesk.emulator import ZendeskEmulator

CLONE = Path(__file__).resolve().parents[2]
HOME = CLONE / ".demo" / "airflow"
LAKE = CLONE / ".demo" / "lake"
DAYS = 3
TICKETS_A_DAY = 1500


def main() -> int:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    HOME.mkdir(parents=True, exist_ok=True)
    with ZendeskEmulator(exports_per_minute=10) as zendesk:
        start = int(days[0].timestamp())
        zendesk.account.populate(start - 86400, int(today.timestamp()), tickets=(DAYS + 1) * TICKETS_A_DAY)
        environment = airflow_environment(zendesk)
        say(f"An emulated Zendesk answers at {zendesk.url}. Airflow makes its database ...")
        airflow(environment, "db", "migrate")
        for day in days:
            say(
                f"airflow dags test zendesk_daily {day + timedelta(days=1):%Y-%m-%d}   # exports {day:%Y-%m-%d}"
            )
            airflow(environment, "dags", "test", "zendesk_daily", f"{day + timedelta(days=1):%Y-%m-%d}")
        manifests = [newest_manifest(day) for day in days]
        truth = zendesk.truth(start, int(today.timestamp()))
    show(manifests)
    exported = [line for manifest in manifests for line in rows(manifest)]
    if exported != [row.raw for row in truth]:
        say(f"WRONG: the files hold {len(exported)} records, the account has {len(truth)} in these windows.")
        return 1
    if strays := sorted(stray_files(manifests)):
        say(f"WRONG: files that no manifest lists: {', '.join(strays)}")
        return 1
    say(f"All {len(exported)} records are there, byte for byte what Zendesk sent, each exactly once.")
    say(HOW_TO_GO_ON)
    return 0


def airflow_environment(zendesk: ZendeskEmulator) -> dict[str, str]:
    """Return an environment in which Airflow keeps to itself and knows the emulator."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    return {
        **kept,
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CLONE / "example_dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_ZENDESK_DEFAULT": zendesk.airflow_connection(),
        "AIRFLOW_VAR_ZENDESK_LAKE": f"file://{LAKE}",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def airflow(environment: dict[str, str], *arguments: str) -> None:
    """Run an Airflow command; show what it said only if it failed."""
    command = [str(Path(sys.executable).with_name("airflow")), *arguments]
    done = subprocess.run(command, env=environment, cwd=HOME, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nairflow {' '.join(arguments)} failed")


def newest_manifest(day: datetime) -> dict[str, Any]:
    """Return the manifest of a day's window, and that there is one only."""
    found = list((LAKE / "_manifests" / "tickets").glob(f"*/{day:%Y%m%dT%H%M%SZ}-*.json"))
    if len(found) != 1:
        sys.exit(f"the window of {day:%Y-%m-%d} has {len(found)} manifests instead of one")
    manifest: dict[str, Any] = json.loads(found[0].read_bytes())
    return {**manifest, "name": found[0].name}


def rows(manifest: dict[str, Any]) -> list[bytes]:
    return [
        line
        for file in manifest["files"]
        for line in gzip.decompress((LAKE / file["path"]).read_bytes()).splitlines()
    ]


def stray_files(manifests: list[dict[str, Any]]) -> set[str]:
    listed = {file["path"] for manifest in manifests for file in manifest["files"]}
    folders = {LAKE / "tickets" / f"dt={manifest['window']['start'][:10]}" for manifest in manifests}
    lying = {
        str(path.relative_to(LAKE)) for folder in folders for path in folder.rglob("*") if path.is_file()
    }
    staged = {str(path.relative_to(LAKE)) for path in (LAKE / "_staging").rglob("*")}
    return (lying - listed) | staged


def show(manifests: list[dict[str, Any]]) -> None:
    say(f"\n{'window':<12}{'records':>9}{'files':>7}{'bytes':>10}{'API calls':>11}  manifest")
    for manifest in manifests:
        say(
            f"{manifest['window']['start'][:10]:<12}{manifest['counts']['records']:>9}{len(manifest['files']):>7}"
            f"{sum(file['bytes'] for file in manifest['files']):>10}{manifest['counts']['requests']:>11}"
            f"  {manifest['name']}"
        )
    record = json.loads(rows(manifests[-1])[0])
    say("\nOne record (some of its fields):")
    shown = (
        "id",
        "subject",
        "status",
        "created_at",
        "updated_at",
        "generated_timestamp",
        "support_type",
        "tags",
    )
    say(json.dumps({name: record[name] for name in shown}, indent=2, ensure_ascii=False))
    say(f"\n{LAKE.relative_to(CLONE)}/")
    for path in sorted(LAKE.rglob("*")):
        depth = len(path.relative_to(LAKE).parts)
        say(f"{'    ' * depth}{path.name}{'/' if path.is_dir() else ''}")
    say("")


def say(text: str) -> None:
    print(text, flush=True)


HOW_TO_GO_ON = """
For a real account: make a confidential OAuth client as an admin (Admin Center > Apps and integrations > APIs), then

    export AIRFLOW_CONN_ZENDESK_DEFAULT='{"conn_type": "zendesk_api", "host": "acme",
        "extra": {"client_id": "...", "client_secret": "..."}}'
    export AIRFLOW_VAR_ZENDESK_LAKE='s3://aws_default@lake/zendesk'
    airflow connections test zendesk_default    # with AIRFLOW__CORE__TEST_CONNECTION=Enabled
"""

if __name__ == "__main__":
    sys.exit(main())
