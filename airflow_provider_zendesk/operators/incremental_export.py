# SPDX-License-Identifier: Apache-2.0
"""Exports a resource for a window of time to object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import BaseOperator, conf

from airflow_provider_zendesk.get_provider_info import DEFAULT_CONN_ID
from airflow_provider_zendesk.operators.lineage import WithLineage
from airflow_provider_zendesk.operators.links import ExportedFilesLink, ZendeskLink
from airflow_provider_zendesk.runtime.outlets import outlet_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.export.job import OnExisting
    from airflow_provider_zendesk.resources import Pagination
    from airflow_provider_zendesk.window import PartitionBy, TimeLike


class ZendeskIncrementalExportOperator(WithLineage, BaseOperator):
    """
    Write the records of a resource whose sort key lies in the run's window to object storage, each exactly once.

    Each partition of the window is committed by its own manifest as soon as it is complete. A retry resumes where the last
    attempt stopped. Running a window again replaces its files with a new revision.

    Returns a summary (XCom): account, resource, start_time, end_time, records, files, bytes, requests, windows, path, and for
    one window its revision and the prefix of its files. It also pushes the lists ``manifests`` and ``files``: the URLs of the
    windows' manifests, and of their files in all datasets. A list of more than 500 URLs is left out, and the log says so.

    The event of each asset in ``outlets`` has the summary, the URL of the manifest if there is one window, and
    ``lag_seconds``: how long ago the window ended. An alias in ``outlets`` gets the event of ``emit_asset``.

    :param resource: what to export: ``tickets``, ``ticket_events``, ``users``, ``organizations``,
        ``ticket_metric_events``, ``articles``, ``custom_objects/<key>``, ``calls``, ``legs``, ``routing/attributes``,
        ``routing/attribute_values``, ``routing/instance_values``, ``side_conversation_events``,
        ``engagements`` or ``satisfaction_ratings``.
    :param path: root of the export: any absolute ``ObjectStoragePath`` URL, with the connection as its user part:
        ``s3://aws_default@lake/zendesk``. Use one root per account.
    :param start_time: start of the window, inclusive: datetime (naive means UTC), ISO 8601 text or epoch seconds. None: the
        run's data interval.
    :param end_time: end of the window, exclusive, in the same forms.
    :param window: length of the window, for runs whose data interval is empty or missing.
    :param zendesk_conn_id: the Zendesk connection.
    :param pagination: ``"cursor"`` or ``"time"``; None: cursor if the resource has it.
    :param per_page: records per page, at most; None: as many as Zendesk gives.
    :param include: names of sideloads, each a dataset of its own (``tickets__users``) unless Zendesk embeds it in the rows.
        None: the resource's default (``comment_events`` for ticket events); ``()``: none.
    :param exclude_deleted: leave deleted records out.
    :param include_changes: of ticket metric events: Zendesk's parameter of that name.
    :param support_type_scope: of tickets: ``"all"``, ``"agent"`` or ``"ai_agent"``. None: all, while Zendesk's own
        default leaves out those that AI agents handled.
    :param full_walk: read to the end of the stream, even if rows are documented to come in order. This happens by itself if
        rows turn out to be out of order.
    :param settle: the earliest time after its end that a window closes, for rows that Zendesk shows late. It can be longer
        than the resource's own, which is the default, but not shorter.
    :param file_format: ``"jsonl"``: one record a line, with the very bytes that Zendesk sent. ``"parquet"``: typed columns
        (extra ``parquet``), the same in every file of a dataset.
    :param compression: of JSON Lines: ``"gzip"`` or ``"zstd"`` (extra ``zstd``); None: gzip. Parquet always has ``"zstd"``.
    :param empty_files: write a file without rows for a window that has none, so that each window has a file. Otherwise only
        its manifest says that it is empty.
    :param partition_by: cut the window into UTC hours (``"hour"``), days (``"day"``) or months (``"month"``); None: do not
        cut it.
    :param on_existing: what to do with a window that another run has committed: ``"replace"`` it with a new revision,
        ``"keep"`` it without any call (an error if its parameters differ), or ``"fail"``.
    :param rate_limit_reserve: calls per minute to leave for everything else that uses the account.
    :param emit_asset: make an event for the asset of the dataset: ``path`` without the connection, and the resource, such as
        ``s3://lake/zendesk/tickets``. The outlet is added, unless ``outlets`` has an alias or that asset.
    :param emit_empty: also make the events of a window without records. Otherwise it has none, unless it replaced one with
        records.
    :param deferrable: defer for waits of more than 30 s. An export whose rows come in any order cannot defer; it sleeps.
    """

    template_fields: Sequence[str] = (
        "resource",
        "path",
        "start_time",
        "end_time",
        "zendesk_conn_id",
        "support_type_scope",
    )
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
        pagination: Pagination | None = None,
        per_page: int | None = None,
        include: Sequence[str] | None = None,
        exclude_deleted: bool = False,
        include_changes: bool = False,
        support_type_scope: str | None = None,
        full_walk: bool = False,
        settle: timedelta | None = None,
        file_format: Literal["jsonl", "parquet"] = "jsonl",
        compression: Literal["gzip", "zstd"] | None = None,
        empty_files: bool = False,
        partition_by: PartitionBy = "day",
        on_existing: OnExisting = "replace",
        rate_limit_reserve: int = 0,
        emit_asset: bool = False,
        emit_empty: bool = False,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.path = path
        self.start_time = start_time
        self.end_time = end_time
        self.window = window
        self.zendesk_conn_id = zendesk_conn_id
        self.pagination = pagination
        self.per_page = per_page
        self.include = include
        self.exclude_deleted = exclude_deleted
        self.include_changes = include_changes
        self.support_type_scope = support_type_scope
        self.full_walk = full_walk
        self.settle = settle
        self.file_format = file_format
        self.compression = compression
        self.empty_files = empty_files
        self.partition_by = partition_by
        self.on_existing = on_existing
        self.rate_limit_reserve = rate_limit_reserve
        self.emit_asset = emit_asset
        self.emit_empty = emit_empty
        self.deferrable = deferrable
        self.has_own_outlet = emit_asset and not self.outlets
        if self.has_own_outlet:
            self.outlets = [outlet_of(path, resource)]

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """
        Export the window.

        :param event: the trigger's event after a deferral; what was done before is in storage.
        :raises InvalidArgumentError: for invalid arguments; no call is made and nothing is written then.
        :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or what is committed below the root conflicts
            with the export.
        """
        from airflow_provider_zendesk.tasks.incremental_export import run_export

        self.result = run_export(self, context, resumed=event is not None)
        return self.result
