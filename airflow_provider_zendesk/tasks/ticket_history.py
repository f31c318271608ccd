# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.operators.ticket_history.ZendeskTicketHistoryOperator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.history.run import HistoryJob, make_history
from airflow_provider_zendesk.lake.formats.registry import format_asked_for
from airflow_provider_zendesk.runtime.context import run_identity, run_window
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.tasks.results import push_lists
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


def run_history(task: Any, context: Context) -> dict[str, Any]:
    """
    Make the history of a run's window.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :return: the operator's summary.
    :raises InvalidArgumentError: for invalid arguments; nothing is written then.
    :raises ExportNotCommittedError: if the ticket events of the window are not committed.
    :raises AirflowFailException: if what is committed below the root conflicts with it.
    """
    with reading_arguments():
        job = HistoryJob(
            period=run_window(
                context, start_time=task.start_time, end_time=task.end_time, window=task.window
            ),
            format=format_asked_for(task.file_format, task.compression),
            refresh_names=task.refresh_names,
            run=run_identity(context, task.task_id),
        )
        root = open_root(str(task.path))
    with working():
        summary = make_history(root.storage, job)
    task.log.info(
        "%d of %d windows were made now; together they have %d field changes and %d comments",
        summary.made,
        summary.windows,
        summary.field_changes,
        summary.comments,
    )
    push_lists(task, context, summary.listing, root)
    scalars = {
        name: value for name, value in msgspec.structs.asdict(summary).items() if isinstance(value, str | int)
    }
    bounds = {"start_time": iso(summary.start_time), "end_time": iso(summary.end_time)}
    return {**scalars, **bounds, "path": root.uri}
