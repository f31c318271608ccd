# SPDX-License-Identifier: Apache-2.0
"""A root of an earlier version is refused until its manifests are moved, and nothing of others is moved with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.migration import migrate
from airflow_provider_zendesk.migrate import main
from airflow_provider_zendesk.verify.checks import verify

if TYPE_CHECKING:
    from tests.lakes import Lake

EARLIER = Path(__file__).parent.parent / "data" / "lake"
DAY = 86400
START = 1763596800
FOREIGN = "_manifests/backup/20251120T000000Z-20251121T000000Z-r0.json"


@pytest.fixture
def earlier(lake: Lake) -> Lake:
    shutil.copytree(EARLIER, lake.root)
    (lake.root / FOREIGN).parent.mkdir()
    (lake.root / FOREIGN).write_bytes(next(lake.root.glob("_manifests/tickets/*.json")).read_bytes())
    return lake


def manifests(lake: Lake) -> dict[str, bytes]:
    """Return all manifests by the last part of their name."""
    return {
        name.rpartition("/")[2]: data
        for name, data in lake.files().items()
        if name.startswith("_manifests/") and name != FOREIGN
    }


def test_an_earlier_root_is_refused_and_nothing_changed(earlier: Lake) -> None:
    before = earlier.files()
    with pytest.raises(ExportConflictError, match="airflow_provider_zendesk.migrate ROOT"):
        earlier.export(START, START + DAY)
    with pytest.raises(ExportConflictError, match="earlier version"):
        verify(earlier.storage, "tickets")
    assert earlier.files() == before
    assert earlier.zendesk.requests == []


def test_manifests_are_moved_and_everything_else_stays(
    earlier: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    before, manifests_before = earlier.files(), manifests(earlier)
    assert main([str(earlier.root)]) == 0
    assert f"moved {len(manifests_before)} manifests" in capsys.readouterr().out
    assert manifests(earlier) == manifests_before
    after = earlier.files()
    account = json.loads(next(iter(manifests_before.values())))["account"]
    assert json.loads(after.pop("_lake.json")) == {"account": account, "layout": 2}
    others = {name: data for name, data in before.items() if not name.startswith("_manifests/")}
    assert {name: data for name, data in after.items() if not name.startswith("_manifests/")} == others
    assert after[FOREIGN] == before[FOREIGN]
    assert migrate(earlier.storage) == 0


@pytest.mark.parametrize("moved", range(1, 4))
def test_it_goes_on_where_it_was_interrupted(
    earlier: Lake, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    wanted = manifests(earlier)
    storage, deleted = earlier.storage, []

    def delete(names: list[str]) -> None:
        if len(deleted) == moved:
            raise KeyboardInterrupt
        deleted.extend(names)
        earlier.storage.delete(names)

    monkeypatch.setattr(storage, "delete", delete)
    with pytest.raises(KeyboardInterrupt):
        migrate(storage)
    with pytest.raises(ExportConflictError, match="earlier version"):
        verify(earlier.storage, "tickets")
    migrate(earlier.storage)
    assert manifests(earlier) == wanted
    assert verify(earlier.storage, "users").records >= 0


def test_a_root_of_two_accounts_is_not_migrated(earlier: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    path = next(earlier.root.glob("_manifests/tickets/*.json"))
    path.write_bytes(path.read_bytes().replace(b'"account": "', b'"account": "other.'))
    with pytest.raises(SystemExit) as exit_:
        main([str(earlier.root)])
    assert exit_.value.code == 1
    assert "give each account a root of its own" in capsys.readouterr().err
