# SPDX-License-Identifier: Apache-2.0
"""Registers the files of committed windows in an Apache Iceberg table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.window import PartitionBy, TimeLike

DEFAULT_ICEBERG_CONN_ID = "iceberg_default"


class ZendeskTableOperator(BaseOperator):
    """
    Make an Apache Iceberg table hold exactly the Parquet files of the run's windows.

    The table refers to the files where they are; no row is read or written. Files of a replaced revision leave the table in
    the same snapshot in which the new ones come. What there is to do follows from the manifests and the table alone, so the
    task may be retried, run twice at once, or be killed at any point. The table and its namespace are created if they do not
    exist, and get new columns when files have them.

    It needs ``file_format="parquet"`` in the export, and the extra ``iceberg`` of this package.

    Returns a summary (XCom): table, resource, dataset, start_time, end_time, windows, files, records, files_added,
    files_removed, snapshot_id, path.

    :param resource: as for the export, or ``ticket_field_history`` or ``ticket_comments``. A list of reference data cannot be a
        table, since each of its windows holds the whole list.
    :param path: root of the export, as for the export. The engines that read the table need access to it.
    :param table: the table, with its namespace: ``"zendesk.tickets"``. A table is for one dataset of one root.
    :param dataset: None: the resource's own rows; ``"tickets__users"``: those of a sideload; ``"tickets__late"``: late rows.
    :param start_time: start of the time to register, inclusive: datetime (naive means UTC), ISO 8601 text or epoch seconds.
        None: the run's data interval. Every committed window that overlaps this time is registered as a whole.
    :param end_time: end of the time to register, exclusive, in the same forms.
    :param window: length of the time to register, for runs whose data interval is empty or missing.
    :param iceberg_conn_id: the connection to the catalog, of the official Iceberg provider.
    :param partition_by: the same as in the export; a new table is partitioned by it. Sideloads and late rows are not
        partitioned.
    """

    template_fields: Sequence[str] = (
        "resource",
        "path",
        "table",
        "dataset",
        "start_time",
        "end_time",
        "iceberg_conn_id",
    )
    ui_color = "#d5e8e4"

    def __init__(
        self,
        *,
        resource: str,
        path: str,
        table: str,
        dataset: str | None = None,
        start_time: TimeLike = None,
        end_time: TimeLike = None,
        window: timedelta | None = None,
        iceberg_conn_id: str = DEFAULT_ICEBERG_CONN_ID,
        partition_by: PartitionBy = "day",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.path = path
        self.table = table
        self.dataset = dataset
        self.start_time = start_time
        self.end_time = end_time
        self.window = window
        self.iceberg_conn_id = iceberg_conn_id
        self.partition_by = partition_by

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Register the windows.

        :raises InvalidArgumentError: for invalid arguments, or if the extra is not installed.
        :raises ExportNotCommittedError: if a part of the time is not committed.
        :raises AirflowFailException: if a retry cannot help: the table cannot take the files, or has files of others.
        """
        from airflow_provider_zendesk.tasks.table import run_registration

        return run_registration(self, context)
