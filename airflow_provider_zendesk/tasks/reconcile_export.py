# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.operators.reconcile_export.ZendeskReconcileOperator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.runtime.context import run_identity, run_window
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.runtime.worker import TaskWorker
from airflow_provider_zendesk.verify.reconcile import put_report, reconcile, repair

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.verify.reconciliation import Reconciliation


def run_reconciliation(task: Any, context: Context) -> dict[str, Any]:
    """
    Compare the committed windows of a run, and repair those with late rows if the task's ``repair`` is set.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :return: the operator's summary.
    :raises InvalidArgumentError: for invalid arguments; no call is made and nothing is written then.
    :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or no such window is committed here.
    """
    with reading_arguments():
        resource = get_resource(task.resource)
        scope = run_window(context, start_time=task.start_time, end_time=task.end_time, window=task.window)
        root = open_root(str(task.path))
        client = ZendeskHook(task.zendesk_conn_id, rate_limit_reserve=task.rate_limit_reserve).client
    wait = TaskWorker(task, context, deferrable=False).sleep
    with client, working():
        result = reconcile(client, root.storage, resource.name, scope, full_walk=task.full_walk, wait=wait)
        _log_report(task, result, immutable=resource.immutable)
        if task.repair:
            run = run_identity(context, task.task_id)
            repair(
                client,
                root.storage,
                result,
                run,
                partition_by=task.partition_by,
                full_walk=task.full_walk,
                wait=wait,
            )
    report = put_report(root.storage, result)
    return {**result.summary(), "report": report, "path": root.uri}


def _log_report(task: Any, result: Reconciliation, *, immutable: bool) -> None:
    alarm = immutable and result.moved_on
    say = task.log.error if alarm else task.log.warning if result.late else task.log.info
    for line in result.lines(immutable=immutable):
        say("%s: %s", task.resource, line)
