# SPDX-License-Identifier: Apache-2.0
"""What an export asks of storage depends on its own windows, never on how many others are committed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from tests.operations import CountingStorage

if TYPE_CHECKING:
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
HISTORIES = (3, 300)

Operations = dict[str, int]


def history(lake: Lake, days: int) -> None:
    """Commit so many days before the start, without a row in them."""
    lake.export(START - days * DAY, START, partition_by="day")
    lake.zendesk.account.populate(START, START + 40 * DAY, tickets=1200)


def operations(lake: Lake, first: int, last: int, **more: Any) -> Operations:
    """Return the operations on storage of an export of days, by kind."""
    storage = CountingStorage(lake.storage)
    lake.export(START + first * DAY, START + last * DAY, partition_by="day", storage=storage, **more)
    return dict(storage.counts)


@pytest.fixture(params=HISTORIES, ids=lambda days: f"after {days} days")
def committed(lake: Lake, request: pytest.FixtureRequest) -> Lake:
    history(lake, request.param)
    return lake


def test_one_more_day(committed: Lake) -> None:
    taken = operations(committed, 0, 1)
    assert taken == {"get": 2, "list": 6, "put": 2, "create": 2, "delete": 2}
    assert sum(taken.values()) == 14


def test_a_day_without_a_row(committed: Lake) -> None:
    assert operations(committed, -400, -399) == {"get": 2, "list": 5, "create": 1}


def test_each_further_window_without_a_row(committed: Lake) -> None:
    """A window without a row is one exclusive put; what a sweep costs besides depends on the months that it touches."""
    few, many = operations(committed, -420, -415), operations(committed, -450, -430)
    committed.zendesk.account  # noqa: B018
    assert many["create"] - few["create"] == 15
    assert {kind: many[kind] - few[kind] for kind in ("get", "list")} == {"get": 0, "list": 0}


def test_each_further_window_of_one_part(committed: Lake) -> None:
    few, many = operations(committed, 0, 3), operations(committed, 3, 9)
    more = Counter(many)
    more.subtract(few)
    assert more == {"put": 6, "create": 6, "list": 6, "delete": 6, "get": 0}


def test_a_window_of_three_parts(committed: Lake) -> None:
    committed.policy = Policy(part_records=10)
    (parts,) = {len(manifest["files"]) for manifest in export_and_read(committed)}
    assert parts == 3


def export_and_read(lake: Lake) -> list[dict[str, Any]]:
    lake.export(START, START + DAY, partition_by="day")
    return [manifest for manifest in lake.manifests() if manifest["files"]]


def test_replacing_a_day(committed: Lake) -> None:
    committed.export(START, START + DAY, partition_by="day")
    assert operations(committed, 0, 1) == {}


def test_keeping_days(committed: Lake) -> None:
    committed.export(START, START + 5 * DAY, partition_by="day")
    assert operations(committed, 0, 5, on_existing="keep") == {}


def test_coming_back_from_a_deferral(committed: Lake) -> None:
    assert False


def test_verifying_a_day(committed: Lake) -> None:
    committed.export(START, START + DAY, partition_by="day")
    storage = CountingStorage(committed.storage)
    assert verify(storage, "tickets", START, START + DAY).is_whole
    assert storage.counts == {}
