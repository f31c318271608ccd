# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.operators.erase import ZendeskEraseOperator

if TYPE_CHECKING:
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20


def erase(lake: Lake, **arguments: Any) -> dict[str, Any]:
    task = ZendeskEraseOperator(
        task_id="erase", **{"resource": "tickets", "path": f"file://{lake.root}", **arguments}
    )
    result: dict[str, Any] = task.execute({})
    return result


@pytest.fixture
def ids(lake: Lake) -> list[int]:
    lake.zendesk.clock.set(START + 2 * DAY)
    ids = [lake.zendesk.account.create(START + 600 * number) for number in range(5)]
    lake.export(START, START + DAY)
    return ids


@pytest.mark.parametrize(
    "form", [lambda ids: ids, lambda ids: ", ".join(map(str, ids))], ids=["list", "text"]
)
def test_its_summary_says_what_was_erased(lake: Lake, ids: list[int], form: Any) -> None:
    assert erase(lake, ids=form([*ids[:2], 999])) == {
        "resource": "tickets",
        "records": 3,
        "found": 2,
        "windows": 1,
        "rows": 2,
        "path": f"file://{lake.root}",
    }
    assert len(lake.rows()) == 3


def test_what_is_scrubbed_needs_no_ids(lake: Lake, ids: list[int]) -> None:
    assert erase(lake, scrubbed=True)["records"] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "ids=None and scrubbed=False: give either ids or scrubbed=True"),
        ({"ids": " , "}, "give either ids or scrubbed=True"),
        ({"ids": "1", "scrubbed": True}, "give either ids or scrubbed=True"),
        ({"ids": "1", "resource": "ticket"}, "unknown resource 'ticket'"),
        ({"resource": "organizations", "scrubbed": True}, "do not say which records are gone for good"),
        ({"ids": "1", "path": "lake"}, "'lake' is relative"),
    ],
)
def test_an_impossible_argument_is_refused(lake: Lake, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        erase(lake, **arguments)
    assert isinstance(caught.value, AirflowFailException)
    assert not lake.root.exists()
