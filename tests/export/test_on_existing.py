# SPDX-License-Identifier: Apache-2.0
"""What becomes of windows that another run has committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.exceptions import ExportConflictError
from tests.lakes import a_run

if TYPE_CHECKING:
    from tests.lakes import Lake

DAY = 86400
START = 1763596800
END = START + 10 * DAY


def truth(lake: Lake) -> list[bytes]:
    return [row.raw for row in lake.zendesk.truth(START, END)]


def revisions(lake: Lake) -> list[int]:
    return [manifest["revision"] for manifest in lake.manifests()]


def test_a_window_that_is_kept_costs_no_call(lake: Lake) -> None:
    lake.zendesk.account.populate(START, END, tickets=60)
    first = lake.export(START, END, partition_by="day")
    files = lake.files()
    again = lake.export(START, END, partition_by="day", on_existing="keep", per_page=7)
    assert (again.requests, again.records, again.windows) == (0, first.records, 10)
    assert lake.files() == files


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"exclude_deleted": True}, "exclude_deleted: None there, 'true' requested"),
        ({"support_type_scope": "agent"}, "support_type_scope: 'all' there, 'agent' requested"),
        ({"pagination": "time"}, "endpoint: '/api/v2/incremental/tickets/cursor' there"),
        ({"include": ["users"]}, "include: None there, 'users' requested"),
    ],
)
def test_a_window_of_another_export_is_not_kept_and_the_difference_named(
    lake: Lake, wanted: dict[str, Any], said: str
) -> None:
    lake.export(START, START + DAY)
    files, calls = lake.files(), len(lake.zendesk.requests)
    with pytest.raises(ExportConflictError, match=said):
        lake.export(START, START + DAY, on_existing="keep", **wanted)
    assert (lake.files(), len(lake.zendesk.requests)) == (files, calls)


def test_a_sweep_walks_each_stretch_of_missing_windows_once(lake: Lake) -> None:
    lake.zendesk.account.populate(START, END, tickets=600)
    for day in (2, 3, 6):
        lake.export(START + day * DAY, START + (day + 1) * DAY, partition_by="day")
    kept = lake.manifests()
    calls = len(lake.zendesk.export_requests)
    lake.export(START, END, partition_by="day", on_existing="keep")
    asked = [request.query.get("start_time") for request in lake.zendesk.export_requests[calls:]]
    assert asked == [str(START), str(START + 4 * DAY), str(START + 7 * DAY)]
    assert lake.rows() == truth(lake)
    assert [manifest for manifest in lake.manifests() if manifest in kept] == kept
    assert revisions(lake) == [0] * 10


def test_a_stream_without_order_is_walked_once_whatever_is_missing(lake: Lake) -> None:
    lake.zendesk.account.records("articles").populate(START, END, 100)
    lake.export(START + 4 * DAY, START + 5 * DAY, partition_by="day", name="articles")
    calls = len(lake.zendesk.export_requests)
    lake.export(START, END, partition_by="day", name="articles", on_existing="keep")
    asked = [request.query["start_time"] for request in lake.zendesk.export_requests[calls:]]
    assert asked.count(str(START)) == 1
    assert len(lake.rows()) == 100


def test_a_committed_window_can_be_a_reason_to_fail(lake: Lake) -> None:
    run = a_run()
    lake.export(START, START + DAY, run=run)
    files, calls = lake.files(), len(lake.zendesk.requests)
    with pytest.raises(
        ExportConflictError, match=r"committed already \(revision 0.*on_existing='replace' or 'keep'"
    ):
        lake.export(START, START + DAY, on_existing="fail")
    assert (lake.files(), len(lake.zendesk.requests)) == (files, calls)
    # A retry of the run that has committed it is done, not failed.
    assert lake.export(START, START + DAY, on_existing="fail", run=run).requests == 0


def test_a_revision_with_fewer_rows_is_warned_about_with_both_counts(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [lake.zendesk.account.create(START + 5) for _ in range(7)]
    lake.export(START, START + DAY)
    for ticket in ids[:3]:
        lake.zendesk.account.update(ticket, START + 2 * DAY)
    with caplog.at_level("WARNING"):
        lake.export(START, START + DAY)
    assert "now holds 4 records, and 7 before" in caplog.text
    assert lake.manifests()[0]["replaced"]["records"] == 7


def test_a_year_in_one_sweep_takes_a_few_calls_and_by_daily_runs_hundreds(lake: Lake) -> None:
    start = START - 365 * DAY
    lake.zendesk.account.populate(start, START, tickets=50 * 365)
    swept = lake.export(start, START, partition_by="day")
    daily = sum(
        lake.export(day, day + DAY, partition_by="day", on_existing="keep").requests
        for day in range(start, START, 73 * DAY)
    )
    assert swept.windows == 365
    assert swept.requests <= -(-swept.records // 1000) + 1
    assert daily == 0
