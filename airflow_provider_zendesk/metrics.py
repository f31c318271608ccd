# SPDX-License-Identifier: Apache-2.0
"""What a walk tells Airflow's metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import Stats

if TYPE_CHECKING:
    from airflow_provider_zendesk.exceptions import NotBefore
    from airflow_provider_zendesk.export.pace import PageReport


class Metrics:
    """
    Counts what a walk reads and what it costs, tagged with its account and resource.

    ``zendesk.records``, ``zendesk.calls``, ``zendesk.retries`` and ``zendesk.throttled_seconds`` are counters,
    ``zendesk.lag_seconds`` is a gauge: how far the walk is from its end.

    :param account: the account's host.
    :param resource: the catalogue's name.
    """

    def __init__(self, account: str, resource: str) -> None:
        self._tags = {"account": account, "resource": resource}
        self._counted: dict[str, int] = {}

    def page_was_read(self, report: PageReport) -> None:
        """Count what came since the last report."""
        self._count_up_to("records", report.rows)
        self._count_up_to("calls", report.requests)
        self._count_up_to("retries", report.retries)
        if report.seconds_before_end is not None:
            Stats.gauge("zendesk.lag_seconds", report.seconds_before_end, tags=self._tags)

    def walk_has_ended(self) -> None:
        """Set the lag to nothing."""
        Stats.gauge("zendesk.lag_seconds", 0, tags=self._tags)

    def waits(self, refusal: NotBefore, seconds: float) -> None:
        """Count a wait for a rate limit; one for Zendesk's clock is no throttling."""
        if refusal.throttled:
            Stats.incr("zendesk.throttled_seconds", round(seconds), tags=self._tags)

    def _count_up_to(self, name: str, total: int) -> None:
        Stats.incr(f"zendesk.{name}", total - self._counted.get(name, 0), tags=self._tags)
        self._counted[name] = total
