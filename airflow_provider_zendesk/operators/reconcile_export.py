# SPDX-License-Identifier: Apache-2.0
"""Compares the committed windows with what Zendesk returns now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_zendesk.get_provider_info import DEFAULT_CONN_ID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.window import PartitionBy, TimeLike


class ZendeskReconcileOperator(BaseOperator):
    """
    Read the committed windows of a resource from Zendesk again, and report how they differ from the export.

    *Late* rows have a sort key in a committed window but are not in the export. How late they were shows which settle time
    the export's ``settle`` needs. Rows that have *moved on* are in the export, but Zendesk no longer returns them with
    that sort key. This is normal for records that change, but an error for events. Nothing is written to the datasets
    unless ``repair`` is set. It makes as many calls as an export of the same windows.

    Returns a summary (XCom): account, resource, start_time, end_time, windows, rows, late, kept_apart, moved_on, changed,
    order_trusted, settle_enough, requests, repaired, report (the name of the full report below the root), path.

    :param resource: as for the export.
    :param path: root of the export, as for the export.
    :param start_time: start of the time to compare, inclusive: datetime (naive means UTC), ISO 8601 text or epoch seconds.
        None: the run's data interval. Every committed window that overlaps this time is compared as a whole.
    :param end_time: end of the time to compare, exclusive, in the same forms.
    :param window: length of the time to compare, for runs whose data interval is empty or missing.
    :param zendesk_conn_id: the Zendesk connection.
    :param full_walk: read to the end of the stream, even if rows are documented to come in order.
    :param repair: export the windows that have late rows again, each as a new revision.
    :param partition_by: for ``repair``: the same as in the export that wrote the windows.
    :param rate_limit_reserve: calls per minute to leave for everything else that uses the account.
    """

    template_fields: Sequence[str] = ("resource", "path", "start_time", "end_time", "zendesk_conn_id")
    ui_color = "#d5e8e4"

    def __init__(
        self,
        *,
        resource: str,
        path: str,
        start_time: TimeLike = None,
        end_time: TimeLike = None,
        window: timedelta | None = None,
        zendesk_conn_id: str = DEFAULT_CONN_ID,
        full_walk: bool = False,
        repair: bool = False,
        partition_by: PartitionBy = "day",
        rate_limit_reserve: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.path = path
        self.start_time = start_time
        self.end_time = end_time
        self.window = window
        self.zendesk_conn_id = zendesk_conn_id
        self.full_walk = full_walk
        self.repair = repair
        self.partition_by = partition_by
        self.rate_limit_reserve = rate_limit_reserve

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Compare the windows, and repair those with late rows if ``repair`` is set.

        :raises InvalidArgumentError: for invalid arguments; no call is made and nothing is written then.
        :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or no such window is committed here.
        """
        from airflow_provider_zendesk.tasks.reconcile_export import run_reconciliation

        return run_reconciliation(self, context)
