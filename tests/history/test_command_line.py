# SPDX-License-Identifier: Apache-2.0
"""``python -m airflow_provider_zendesk.history``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.history.__main__ import main
from tests.history.making import CHANGES, DAY, START, events, manifests

if TYPE_CHECKING:
    from tests.lakes import Lake


@pytest.fixture
def exported(lake: Lake) -> Lake:
    lake.zendesk.clock.set(START + 10 * DAY)
    lake.zendesk.account.records("ticket_events").populate(START, START + 2 * DAY, 50)
    events(lake, START, START + 2 * DAY)
    return lake


def test_it_makes_what_is_missing(exported: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(exported.root)
    assert main([path, "--start", "2025-11-21", "--end", "2025-11-22"]) == 0
    assert [one["window"]["start"] for one in manifests(exported)] == ["2025-11-21T00:00:00Z"]
    assert main([path]) == 0
    assert "1 of 2 windows from 2025-11-20T00:00:00Z to 2025-11-22T00:00:00Z were made now" in (
        capsys.readouterr().out
    )
    assert manifests(exported)[0]["run"]["run_id"].startswith("history__")
    assert main([path, "--file-format", "parquet"]) == 0
    assert {one["format"] for one in manifests(exported, CHANGES)} == {"parquet"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--start", "2025-11-21"], "give both --start and --end"),
        (["--start", "2025-11-21", "--end", "2025-11-21"], "--start must be before --end"),
        (["--compression", "zstd"], "compression='zstd' is not possible without a file_format"),
        (["--file-format", "parquet", "--compression", "gzip"], "compression='gzip' is not possible with"),
        (["--start", "yesterday", "--end", "2025-11-21"], "TIME='yesterday' is not a time"),
    ],
)
def test_bad_arguments(
    exported: Lake, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(exported.root), *arguments])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
    assert manifests(exported) == []


def test_what_is_not_exported_fails(exported: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(exported.root), "--start", "2025-11-21", "--end", "2025-11-23"])
    assert ended.value.code == 1
    assert "no window of ticket_events is committed for [2025-11-22" in capsys.readouterr().err
