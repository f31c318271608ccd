# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.operators.incremental_export.ZendeskIncrementalExportOperator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.lake.formats.registry import choose_format
from airflow_provider_zendesk.reference_data import is_list
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.runtime.context import run_identity, run_window
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.runtime.metrics import Metrics
from airflow_provider_zendesk.runtime.outlets import Outlets
from airflow_provider_zendesk.runtime.progress_mirror import ProgressMirror
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.runtime.worker import TaskWorker
from airflow_provider_zendesk.tasks.results import announce

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.export.job import Summary
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.resources import Resource
    from airflow_provider_zendesk.stream.progress import PageReport


def run_export(task: Any, context: Context, *, resumed: bool) -> dict[str, Any]:
    """
    Export the window of a run.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :param resumed: True if the task has deferred before; what it did then is in storage.
    :return: the operator's summary.
    :raises InvalidArgumentError: for invalid arguments; no call is made and nothing is written then.
    :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or what is committed below the root conflicts
        with the export.
    """
    with reading_arguments():
        client = ZendeskHook(task.zendesk_conn_id, rate_limit_reserve=task.rate_limit_reserve).client
    with client:
        client.credentials_worked = resumed
        with reading_arguments():
            job = _job(task, context, client.account.name)
            root = open_root(str(task.path))
            outlets = Outlets(task, context, f"{root.uri}/{job.resource.name}")
        task.log.info("exporting %s of %s", job.resource.name, job.account)
        summary = _export(task, context, job, client, root.storage, resumed=resumed)
    task.log.info(
        "%d records in %d files of %d bytes, in %d windows; %d calls to Zendesk, %d of them retries",
        summary.records,
        summary.files,
        summary.bytes,
        summary.windows,
        summary.requests,
        client.retries,
    )
    return announce(task, context, summary, root, outlets)


def _job(task: Any, context: Context, account: str) -> Job:
    """
    Return what the task's arguments ask for.

    :raises ValueError: if they are impossible.
    """
    resource = _resource(task.resource)
    endpoint = resource.endpoint(task.pagination)
    query = resource.query(
        endpoint,
        per_page=task.per_page,
        include=task.include,
        exclude_deleted=task.exclude_deleted,
        include_changes=task.include_changes,
        support_type_scope=task.support_type_scope,
    )
    return Job(
        account=account,
        resource=resource,
        endpoint=endpoint,
        query=query,
        window=run_window(context, start_time=task.start_time, end_time=task.end_time, window=task.window),
        partition_by=task.partition_by,
        on_existing=task.on_existing,
        full_walk=task.full_walk,
        settle=task.settle,
        format=choose_format(task.file_format, task.compression),
        empty_files=task.empty_files,
        run=run_identity(context, task.task_id),
    )


def _resource(name: str) -> Resource:
    if is_list(name):
        raise ValueError(
            f"resource {name!r} is a list and no stream of changes; take it with ZendeskSnapshotOperator"
        )
    return get_resource(name)


def _export(
    task: Any, context: Context, job: Job, client: ZendeskClient, storage: Storage, *, resumed: bool
) -> Summary:
    metrics = Metrics(job.account, job.resource.name, client)
    mirror = ProgressMirror(context)
    worker = TaskWorker(task, context, deferrable=task.deferrable, on_wait=metrics.wait_begins)

    def report(page: PageReport) -> None:
        mirror.page_was_read(page)
        metrics.page_was_read(page)

    try:
        with working():
            summary = Exporter(job, client, storage, worker, report, resumed=resumed).run()
    finally:
        # However it ends, and when it defers too.
        metrics.count_calls()
        mirror.write()
    metrics.walk_has_ended()
    return summary
