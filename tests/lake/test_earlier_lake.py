# SPDX-License-Identifier: Apache-2.0
"""A lake that an earlier version of the package wrote (see tests/data/README.md) is one that this version goes on with."""

from __future__ import annotations

import gzip
import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.lake.migration import migrate
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.verify.snapshot import exported_resources
from airflow_provider_zendesk.window import iso
from tests.lakes import a_run

if TYPE_CHECKING:
    from tests.lakes import Lake

EARLIER = Path(__file__).parent.parent / "data" / "lake"
DAY = 86400
START = 1763596800
COMMITTED = START + 3 * DAY
END = START + 4 * DAY


@pytest.fixture(autouse=True)
def _as_it_was_written(lake: Lake) -> None:
    lake.policy = Policy(checkpoint_pages=2, part_records=16, block_bytes=4096)
    account = lake.zendesk.account
    account.populate(START, END, tickets=80)
    for resource in ("organizations", "users"):
        account.records(resource).populate(START, END, 8)
    shutil.copytree(EARLIER, lake.root)
    # A checkpoint is used for seven days.
    (left,) = lake.root.glob("_staging/tickets/**/checkpoint-*.json")
    left.write_text(json.dumps({**json.loads(left.read_text()), "made_at": iso(time.time())}))
    assert migrate(lake.storage) == 4


def export(lake: Lake, first: int, last: int, run: str, **wanted: Any) -> int:
    """Export days of tickets; return the calls it took."""
    before = len(lake.zendesk.export_requests)
    lake.export(
        START + first * DAY,
        START + last * DAY,
        partition_by="day",
        run=a_run(run),
        per_page=5,
        include=["users"],
        **wanted,
    )
    return len(lake.zendesk.export_requests) - before


def data(lake: Lake) -> dict[str, bytes]:
    """Return the text of the parts. The versions do not compress it to the same bytes."""
    return {name: gzip.decompress(data) for name, data in lake.files().items() if name.startswith("tickets")}


def test_it_is_read_and_verified(lake: Lake) -> None:
    assert exported_resources(lake.storage) == ["organizations", "tickets"]
    for resource in ("organizations", "tickets"):
        report = verify(lake.storage, resource, check_content=True)
        assert report.is_whole, report.lines()
        assert report.records > 3
        assert not report.foreign
    rows = [row.raw for row in lake.zendesk.truth(START, COMMITTED)]
    assert verify(lake.storage, "tickets").records == len(rows)
    assert set(rows) <= set(lake.rows())


def test_its_windows_are_kept_at_no_call(lake: Lake) -> None:
    before = lake.files()
    assert export(lake, 0, 3, "another", on_existing="keep") == 0
    assert lake.files() == before


def test_its_failed_export_goes_on_from_the_checkpoint(lake: Lake, tmp_path: Path) -> None:
    calls = export(lake, 2, 4, "killed")
    assert verify(lake.storage, "tickets", START, END, check_content=True).is_whole
    assert not list(lake.root.glob("_staging/tickets/**/*.*"))
    continued = data(lake)
    lake.root = tmp_path / "undisturbed"
    assert calls < export(lake, 2, 4, "undisturbed") - 3
    undisturbed = data(lake)
    assert undisturbed
    assert undisturbed.items() <= continued.items()


def test_its_intent_is_carried_out_at_no_call(lake: Lake) -> None:
    lake.export(START, START + DAY, name="users", partition_by="day", run=a_run("killed"))
    assert not lake.zendesk.export_requests
    report = verify(lake.storage, "users", START, START + DAY, check_content=True)
    assert report.is_whole
    assert report.records == len(lake.zendesk.truth(START, START + DAY, resource="users")) > 0
    assert not list(lake.root.glob("_staging/users/**/*.*"))


def test_its_windows_are_replaced(lake: Lake) -> None:
    export(lake, 0, 1, "today")
    (manifest,) = lake.root.glob("_manifests/tickets/2025-11/20251120T*.json")
    document = json.loads(manifest.read_bytes())
    assert (document["revision"], document["replaced"]["revision"]) == (2, 1)
    assert all("-r2-" in path.name for path in lake.root.glob("tickets*/dt=2025-11-20/*"))
    assert verify(lake.storage, "tickets", check_content=True).is_whole
