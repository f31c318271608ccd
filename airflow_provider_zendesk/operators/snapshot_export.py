# SPDX-License-Identifier: Apache-2.0
"""Takes reference data, which has no stream of changes, whole to object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_zendesk.get_provider_info import DEFAULT_CONN_ID
from airflow_provider_zendesk.operators.lineage import WithLineage
from airflow_provider_zendesk.operators.links import ExportedFilesLink, ZendeskLink
from airflow_provider_zendesk.runtime.outlets import outlet_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.export.job import OnExisting
    from airflow_provider_zendesk.export.snapshot import OnForbidden
    from airflow_provider_zendesk.window import PartitionBy, TimeLike


class ZendeskSnapshotOperator(WithLineage, BaseOperator):
    """
    Write a list of reference data, such as the ticket fields or the groups, whole to object storage.

    The window says which day's list it is: the one that is seen while that day's run works. The manifest has the moment
    (``snapshot.as_of``, Zendesk's clock). A list of more than one page (100 records) is read twice, and again if the two
    differ: only then it is certain that it stood so at one moment. If it keeps changing, the manifest says so
    (``snapshot.changed_while_read``).

    It is committed, verified, replaced and read as an export's window is. A retry reads the list again. It sleeps through the
    waits that Zendesk asks for, which are short, since lists count against the account's own rate limit.

    Returns a summary (XCom) and pushes the lists ``manifests`` and ``files``, as the export does.

    :param resource: which list: ``ticket_fields``, ``user_fields``, ``organization_fields``, ``ticket_forms``, ``groups``,
        ``group_memberships``, ``brands``, ``custom_statuses``, ``macros``, ``views``, ``triggers``, ``automations``,
        ``schedules``, ``sla_policies``, ``locales``, ``custom_objects``, ``custom_object_fields/<key>``,
        ``deleted_users``, ``deleted_tickets``, ``sections``, ``categories`` or ``dynamic_content_items``.
    :param path: root of the export, as for the export; both can share it.
    :param start_time: start of the window, inclusive: datetime (naive means UTC), ISO 8601 text or epoch seconds. None: the
        run's data interval.
    :param end_time: end of the window, exclusive, in the same forms.
    :param window: length of the window, for runs whose data interval is empty or missing.
    :param zendesk_conn_id: the Zendesk connection.
    :param file_format: ``"jsonl"`` or ``"parquet"``, as for the export.
    :param compression: of JSON Lines: ``"gzip"`` or ``"zstd"``; None: gzip.
    :param empty_files: write a file without rows for a list that is empty.
    :param partition_by: what the folder is named after: the window's UTC ``"hour"``, ``"day"`` or ``"month"``, which it must
        not exceed; None: no folder.
    :param on_existing: what to do with a window that another run has committed: ``"replace"`` it with the list as it is now,
        ``"keep"`` it without any call, or ``"fail"``.
    :param on_forbidden: what to do if the account's plan or the user's role does not allow this list: ``"fail"``, or
        ``"record"`` it in the manifest (``snapshot.forbidden``), without a file: the list is unknown then, not empty.
    :param rate_limit_reserve: calls per minute to leave for everything else that uses the account.
    :param emit_asset: make an event for the asset of the dataset, as for the export.
    :param emit_empty: also make the events of a list without records.
    """

    template_fields: Sequence[str] = ("resource", "path", "start_time", "end_time", "zendesk_conn_id")
    ui_color = "#d5e8e4"
    operator_extra_links = (ExportedFilesLink(), ZendeskLink())

    def __init__(
        self,
        *,
        resource: str,
        path: str,
        start_time: TimeLike = None,
        end_time: TimeLike = None,
        window: timedelta | None = None,
        zendesk_conn_id: str = DEFAULT_CONN_ID,
        file_format: Literal["jsonl", "parquet"] = "jsonl",
        compression: Literal["gzip", "zstd"] | None = None,
        empty_files: bool = False,
        partition_by: PartitionBy = "day",
        on_existing: OnExisting = "replace",
        on_forbidden: OnForbidden = "fail",
        rate_limit_reserve: int = 0,
        emit_asset: bool = False,
        emit_empty: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.path = path
        self.start_time = start_time
        self.end_time = end_time
        self.window = window
        self.zendesk_conn_id = zendesk_conn_id
        self.file_format = file_format
        self.compression = compression
        self.empty_files = empty_files
        self.partition_by = partition_by
        self.on_existing = on_existing
        self.on_forbidden = on_forbidden
        self.rate_limit_reserve = rate_limit_reserve
        self.emit_asset = emit_asset
        self.emit_empty = emit_empty
        self.has_own_outlet = emit_asset and not self.outlets
        if self.has_own_outlet:
            self.outlets = [outlet_of(path, resource)]

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Take the list.

        :raises InvalidArgumentError: for invalid arguments; no call is made and nothing is written then.
        :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or what is committed below the root conflicts
            with the snapshot.
        """
        from airflow_provider_zendesk.tasks.snapshot_export import run_snapshot

        self.result = run_snapshot(self, context)
        return self.result
