# SPDX-License-Identifier: Apache-2.0
"""Sends Airflow metrics about an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import Stats

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.exceptions import NotBefore
    from airflow_provider_zendesk.stream.progress import PageReport


class Metrics:
    """
    Counts the rows an export reads and the calls it makes in this process, tagged with account and resource.

    After a deferral the export continues in another process that has its own counts, so every metric sent is an increment.

    ``zendesk.records``, ``zendesk.calls``, ``zendesk.retries`` and ``zendesk.throttled_seconds`` are counters;
    ``zendesk.lag_seconds`` is a gauge that says how far the export is from the end of its window.

    :param account: the account's host.
    :param resource: its name in the catalogue.
    :param client: the client that makes this export's calls, and no others.
    """

    def __init__(self, account: str, resource: str, client: ZendeskClient) -> None:
        self._tags = {"account": account, "resource": resource}
        self._client = client
        self._calls = 0
        self._retries = 0

    def page_was_read(self, report: PageReport) -> None:
        """Count the page's rows, and the calls made to read it."""
        self._incr("records", report.page_rows)
        self.count_calls()
        if report.seconds_before_end is not None:
            Stats.gauge("zendesk.lag_seconds", report.seconds_before_end, tags=self._tags)

    def count_calls(self) -> None:
        """Count the calls since the last count. Call it once more at the end, for the calls after the last page."""
        calls, retries = self._client.requests, self._client.retries
        self._incr("calls", calls - self._calls)
        self._incr("retries", retries - self._retries)
        self._calls, self._retries = calls, retries

    def walk_has_ended(self) -> None:
        """Set the lag to 0."""
        Stats.gauge("zendesk.lag_seconds", 0, tags=self._tags)

    def wait_begins(self, refusal: NotBefore, seconds: float) -> None:
        """Count a wait for a rate limit; a wait for Zendesk's clock is not throttling."""
        if refusal.throttled:
            self._incr("throttled_seconds", round(seconds))

    def _incr(self, name: str, count: int) -> None:
        Stats.incr(f"zendesk.{name}", count, tags=self._tags)
