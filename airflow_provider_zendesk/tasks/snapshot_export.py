# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.operators.snapshot_export.ZendeskSnapshotOperator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.export.snapshot import SnapshotExporter
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.lake.formats.registry import choose_format
from airflow_provider_zendesk.reference_data import get_list
from airflow_provider_zendesk.resources import is_resource
from airflow_provider_zendesk.runtime.context import run_identity, run_window
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.runtime.outlets import Outlets
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.runtime.worker import TaskWorker
from airflow_provider_zendesk.tasks.results import announce

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.resources import Resource


def run_snapshot(task: Any, context: Context) -> dict[str, Any]:
    """
    Take the list of a run.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :return: the operator's summary.
    :raises InvalidArgumentError: for invalid arguments; no call is made and nothing is written then.
    :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or what is committed below the root conflicts
        with the snapshot.
    """
    with reading_arguments():
        client = ZendeskHook(task.zendesk_conn_id, rate_limit_reserve=task.rate_limit_reserve).client
    with client:
        with reading_arguments():
            job = _job(task, context, client.account.name)
            root = open_root(str(task.path))
            outlets = Outlets(task, context, f"{root.uri}/{job.resource.name}")
            worker = TaskWorker(task, context, deferrable=False)
            exporter = SnapshotExporter(job, client, root.storage, worker, on_forbidden=task.on_forbidden)
        task.log.info("taking %s of %s", job.resource.name, job.account)
        with working():
            summary = exporter.run()
    task.log.info(
        "%d records in %d files of %d bytes; %d calls to Zendesk, %d of them retries",
        summary.records,
        summary.files,
        summary.bytes,
        summary.requests,
        client.retries,
    )
    return announce(task, context, summary, root, outlets)


def _job(task: Any, context: Context, account: str) -> Job:
    resource = _list(str(task.resource))
    endpoint = resource.endpoint()
    return Job(
        account=account,
        resource=resource,
        endpoint=endpoint,
        query=resource.query(endpoint),
        window=run_window(context, start_time=task.start_time, end_time=task.end_time, window=task.window),
        partition_by=task.partition_by,
        on_existing=task.on_existing,
        format=choose_format(task.file_format, task.compression),
        empty_files=task.empty_files,
        run=run_identity(context, task.task_id),
    )


def _list(name: str) -> Resource:
    if is_resource(name):
        raise ValueError(
            f"resource {name!r} is a stream of changes and no list; export it with ZendeskIncrementalExportOperator"
        )
    return get_list(name)
