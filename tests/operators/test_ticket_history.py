# SPDX-License-Identifier: Apache-2.0
"""The operator that makes the history of tickets from their exported events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.exceptions import ExportNotCommittedError
from airflow_provider_zendesk.operators.ticket_history import ZendeskTicketHistoryOperator
from airflow_provider_zendesk.operators.verify_export import ZendeskVerifyExportOperator
from tests.history.making import CHANGES, COMMENTS, DAY, START, events, manifests

if TYPE_CHECKING:
    from tests.lakes import Lake

CONTEXT: Any = {
    "data_interval_start": datetime(2025, 11, 20, tzinfo=UTC),
    "data_interval_end": datetime(2025, 11, 21, tzinfo=UTC),
}


@pytest.fixture
def exported(lake: Lake) -> Lake:
    lake.zendesk.clock.set(START + 10 * DAY)
    lake.zendesk.account.records("ticket_events").populate(START, START + DAY, 50)
    events(lake, START, START + DAY)
    return lake


def history(lake: Lake, **arguments: Any) -> dict[str, Any]:
    task = ZendeskTicketHistoryOperator(**{"task_id": "history", "path": f"file://{lake.root}", **arguments})
    return task.execute(CONTEXT)


def test_it_returns_a_summary(exported: Lake) -> None:
    truth = exported.zendesk.ticket_history(START, START + DAY)
    summary = history(exported)
    size = summary.pop("bytes")
    assert size == sum(
        file["bytes"] for name in (CHANGES, COMMENTS) for file in manifests(exported, name)[0]["files"]
    )
    assert summary == {
        "account": "127.0.0.1",
        "start_time": "2025-11-20T00:00:00Z",
        "end_time": "2025-11-21T00:00:00Z",
        "windows": 1,
        "made": 1,
        "field_changes": len(truth.changes),
        "comments": len(truth.comments),
        "late": 0,
        "doubts": 0,
        "files": 2,
        "path": f"file://{exported.root}",
    }
    assert history(exported)["made"] == 0
    assert history(exported, file_format="parquet")["made"] == 1
    for name in (CHANGES, COMMENTS):
        verify = ZendeskVerifyExportOperator(
            task_id="verify", resource=name, path=f"file://{exported.root}", check_content=True
        )
        assert verify.execute(CONTEXT)["windows"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"path": "lake"}, "'lake' is relative"),
        ({"file_format": "csv"}, "file_format='csv' is unknown"),
        ({"compression": "zstd"}, "compression='zstd' is not possible without a file_format"),
        ({"start_time": "None"}, "start_time='None' is not a time"),
    ],
)
def test_an_impossible_argument_is_refused(exported: Lake, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        history(exported, **arguments)
    assert isinstance(caught.value, AirflowFailException)


def test_events_that_are_not_exported_yet_may_be_when_it_is_retried(exported: Lake) -> None:
    with pytest.raises(ExportNotCommittedError, match="export it first") as caught:
        history(exported, end_time="2025-11-22")
    assert not isinstance(caught.value, AirflowFailException)
