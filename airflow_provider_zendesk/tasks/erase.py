# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.operators.erase.ZendeskEraseOperator`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.erasure.carriers import marks_of_gone
from airflow_provider_zendesk.erasure.erasure import Eraser
from airflow_provider_zendesk.runtime.context import run_identity
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.runtime.root import open_root

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


def run_erasure(task: Any, context: Context) -> dict[str, Any]:
    """
    Erase the records of a task.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :return: the operator's summary.
    :raises InvalidArgumentError: for invalid arguments; nothing is written then.
    :raises AirflowFailException: if an export of a dataset that may hold them is under way or was interrupted.
    """
    with reading_arguments():
        ids = _ids(task)
        root = open_root(str(task.path))
        run = run_identity(context, task.task_id)
        eraser = Eraser(root.storage, str(task.resource), run, mark=task.mark)
    with working():
        done = eraser.erase_gone() if task.scrubbed else eraser.erase(ids)
    task.log.info(
        "%d rows of %d of %d %s were erased, in %d windows",
        done.rows,
        done.found,
        done.records,
        done.resource,
        done.windows,
    )
    return {**msgspec.structs.asdict(done), "path": root.uri}


def _ids(task: Any) -> list[str]:
    """
    Return the ids as text.

    :raises ValueError: if there are none, or too many ways to name them.
    """
    given = task.ids.replace(",", " ").split() if isinstance(task.ids, str) else [*(task.ids or ())]
    if bool(given) == bool(task.scrubbed):
        raise ValueError(f"ids={task.ids!r} and scrubbed={task.scrubbed!r}: give either ids or scrubbed=True")
    if task.scrubbed:
        marks_of_gone(str(task.resource))
    return [str(one) for one in given]
