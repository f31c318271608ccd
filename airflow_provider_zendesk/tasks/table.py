# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.operators.table.ZendeskTableOperator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.catalogue import get_rows
from airflow_provider_zendesk.lake.layout import check_dataset
from airflow_provider_zendesk.runtime.context import run_identity, run_window
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.runtime.iceberg_catalog import missing_library, open_catalog
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.window import Window, cut, iso

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


def run_registration(task: Any, context: Context) -> dict[str, Any]:
    """
    Make the table hold the files of a run's windows.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :return: the operator's summary.
    :raises InvalidArgumentError: for invalid arguments; the catalog is not asked then.
    :raises AirflowFailException: if a retry cannot help: the table cannot take the files, or has files of others.
    """
    with reading_arguments():
        resource, dataset, name = _names(task)
        window = run_window(context, start_time=task.start_time, end_time=task.end_time, window=task.window)
        root = open_root(str(task.path))
        catalog = open_catalog(task.iceberg_conn_id)
        try:
            from airflow_provider_zendesk.tables.iceberg import IcebergTable
        except ImportError as error:
            raise missing_library(error) from None
    run = run_identity(context, task.task_id)
    table = IcebergTable(
        catalog,
        name,
        root,
        resource,
        dataset,
        partition_by=task.partition_by,
        properties={"dag_id": run.dag_id, "run_id": run.run_id, "task_id": run.task_id},
    )
    with working():
        done = table.register(window)
    task.log.info(
        "%s: %d windows of %s with %d files and %d records; %d files were added and %d removed",
        name,
        done.windows,
        dataset,
        done.files,
        done.records,
        done.files_added,
        done.files_removed,
    )
    return {
        "table": name,
        "resource": resource,
        "dataset": dataset,
        "start_time": iso(window.start),
        "end_time": iso(window.end),
        **done._asdict(),
        # As text, since web pages would round such a large number.
        "snapshot_id": None if done.snapshot_id is None else str(done.snapshot_id),
        "path": root.uri,
    }


def _names(task: Any) -> tuple[str, str, str]:
    """
    Return the resource, the dataset and the name of the table.

    :raises ValueError: if one of them is impossible, or ``partition_by`` is.
    """
    rows = get_rows(task.resource)
    resource = rows.name
    if rows.sort_key is None:
        raise ValueError(
            f"resource {resource!r} is a list that each window holds whole, so a table of all windows would hold it once for "
            "each day; read the files of its last window (Lake.files)"
        )
    dataset = resource if task.dataset is None else str(task.dataset)
    check_dataset(resource, dataset)
    name = str(task.table)
    namespace, _, own = name.rpartition(".")
    if not all((*namespace.split("."), own)):
        raise ValueError(f"table={name!r} must have a namespace and a name: 'zendesk.tickets'")
    cut(Window(0, 1), task.partition_by)
    return resource, dataset, name
