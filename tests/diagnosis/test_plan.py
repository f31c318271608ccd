# SPDX-License-Identifier: Apache-2.0
"""The plan says what an export would take, and the export takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk import plan
from tests.operations import CountingStorage

if TYPE_CHECKING:
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
PERIOD = ["--start", "2025-11-20", "--end", "2025-11-30"]


def planned(lake: Lake, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert plan.main([str(lake.root), "--resource", "tickets", *PERIOD, *more, "--json"]) == 0
    found: dict[str, Any] = json.loads(
        capsys.readouterr().out.splitlines()[-1]
    )  # Airflow 2 prints its log too
    return found


def test_what_is_missing_takes_what_was_planned(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    lake.zendesk.clock.set(START + 40 * DAY)
    for second in range(START, START + 10 * DAY, 600):
        lake.zendesk.account.create(second)
    lake.export(START, START + 4 * DAY, partition_by="day")
    told = planned(lake, capsys)
    assert (told["windows"], told["committed"], told["missing"]) == (10, 4, 6)
    storage = CountingStorage(lake.storage)
    summary = lake.export(START, START + 10 * DAY, partition_by="day", on_existing="keep", storage=storage)
    exported = summary.records - sum(one["counts"]["records"] for one in lake.manifests()[:4])
    assert told["records"] == exported
    assert abs(told["calls"] - summary.requests) <= 2
    assert sum(storage.operations.values()) <= told["operations"]
    done = planned(lake, capsys)
    assert (done["missing"], done["calls"], done["operations"]) == (0, 0, 0)


def test_without_a_committed_window_it_needs_the_records_a_day(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(lake, capsys)["calls"] is None
    plan.main([str(lake.root), "--resource", "tickets", *PERIOD])
    assert "give --records-per-day" in capsys.readouterr().out
    told = planned(lake, capsys, "--records-per-day", "300000", "--rate-limit-reserve", "5")
    assert (told["records"], told["calls"], told["hours"]) == (3_000_000, 3001, 10.0)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--start", "2025-12-01"], "--start must be before --end"),
        (["--resource", "ticket"], "unknown resource 'ticket'"),
        (["--resource", "groups"], "unknown resource 'groups'"),
        (["--rate-limit-reserve", "10"], "0 calls a minute are none; make the reserve smaller"),
        (["--partition-by", "week"], "invalid choice"),
    ],
)
def test_bad_arguments(lake: Lake, capsys: pytest.CaptureFixture[str], more: list[str], says: str) -> None:
    with pytest.raises(SystemExit) as exit_:
        plan.main([str(lake.root), "--resource", "tickets", *PERIOD, *more])
    assert exit_.value.code == 2
    assert says in capsys.readouterr().err
