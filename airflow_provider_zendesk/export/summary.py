# SPDX-License-Identifier: Apache-2.0
"""The summary of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.export.job import Job, Summary
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.export.run_progress import RunProgress


def summary_of(job: Job, progress: RunProgress, requests: int) -> Summary:
    """
    Return the summary of a run whose windows are all committed.

    :param requests: calls to Zendesk that this try made.
    """
    totals, listing = progress.totals, progress.listing.in_order()
    return Summary(
        account=job.account,
        resource=job.resource.name,
        start_time=iso(job.window.start),
        end_time=iso(job.window.end),
        records=totals.records,
        files=totals.files,
        bytes=totals.bytes,
        requests=requests,
        windows=totals.windows,
        revision=listing.revision(),
        prefix=listing.prefix(progress.windows()[0]),
        listing=listing,
        changed=bool(totals.records or totals.replaced),
    )
