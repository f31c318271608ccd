# SPDX-License-Identifier: Apache-2.0
"""Makes the field history and the comments of tickets from exported ticket events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.compat.sdk import BaseOperator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.window import TimeLike


class ZendeskTicketHistoryOperator(BaseOperator):
    """
    Write the datasets ``ticket_field_history`` and ``ticket_comments`` of the run's window, without a call to Zendesk.

    They are made from the committed windows of ``ticket_events`` below the same root, one window from each, which is
    committed, verified and read as an export's is. A window whose ticket events have not changed since is left as it is; if
    they have a new revision, it is made again.

    Custom fields have the titles of a snapshot of ``ticket_fields``, if there is one below the root: the last one that begins
    before the window's end, else the first one after it.

    Returns a summary (XCom): account, start_time, end_time, windows, made, field_changes, comments, late, doubts, files,
    bytes, path. It also pushes the lists ``manifests`` and ``files``, as the export does.

    :param path: root of the export, as for the export.
    :param start_time: start of the window, inclusive: datetime (naive means UTC), ISO 8601 text or epoch seconds. None: the
        run's data interval.
    :param end_time: end of the window, exclusive, in the same forms.
    :param window: length of the window, for runs whose data interval is empty or missing.
    :param file_format: ``"jsonl"`` or ``"parquet"``; None: that of the ticket events.
    :param compression: with a ``file_format`` only, of JSON Lines: ``"gzip"`` or ``"zstd"``; None: gzip.
    :param refresh_names: also make those windows again whose custom fields would have the titles of another snapshot now.
    """

    template_fields: Sequence[str] = ("path", "start_time", "end_time")
    ui_color = "#d5e8e4"

    def __init__(
        self,
        *,
        path: str,
        start_time: TimeLike = None,
        end_time: TimeLike = None,
        window: timedelta | None = None,
        file_format: Literal["jsonl", "parquet"] | None = None,
        compression: Literal["gzip", "zstd"] | None = None,
        refresh_names: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.start_time = start_time
        self.end_time = end_time
        self.window = window
        self.file_format = file_format
        self.compression = compression
        self.refresh_names = refresh_names

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Make the history.

        :raises InvalidArgumentError: for invalid arguments; nothing is written then.
        :raises ExportNotCommittedError: if the ticket events of the window are not committed.
        :raises AirflowFailException: if what is committed below the root conflicts with it.
        """
        from airflow_provider_zendesk.tasks.ticket_history import run_history

        return run_history(self, context)
