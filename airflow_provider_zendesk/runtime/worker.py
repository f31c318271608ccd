# SPDX-License-Identifier: Apache-2.0
"""How a task waits for Zendesk: asleep for a short time, deferred for a long one."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowTaskTimeout
from airflow.providers.standard.triggers.temporal import DateTimeTrigger

from airflow_provider_zendesk.client.waiting import LONG_WAIT, sleep_until
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.exceptions import NotBefore


_LONG_SLEEP = 300.0


class TaskWorker:
    """
    The Airflow worker that a task runs on; it waits within the task's time.

    Airflow starts ``execution_timeout`` again each time a deferred task gets a worker, and does not check it in between.
    So a deferrable task keeps its deadline here.

    :param task: the operator that waits; its ``execute`` is called again after a deferral.
    :param context: the context of its run.
    :param deferrable: defer for a wait longer than :data:`LONG_WAIT`.
    :param on_wait: called with each wait, and its length in seconds.
    """

    def __init__(
        self,
        task: Any,
        context: Any,
        *,
        deferrable: bool,
        on_wait: Callable[[NotBefore, float], None] = lambda refusal, seconds: None,
    ) -> None:
        self._task = task
        self._deferrable = deferrable
        self._on_wait = on_wait
        self._deadline = _deadline(context, task.execution_timeout) if deferrable else None

    def defers(self, refusal: NotBefore) -> bool:
        """Return True if the wait is long enough to defer for."""
        return self._deferrable and _seconds_until(refusal) > LONG_WAIT

    def defer(self, refusal: NotBefore) -> None:
        """
        Defer until the wait is over.

        :raises TaskDeferred: Airflow calls ``execute`` again.
        :raises AirflowTaskTimeout: if the task's time is over by then.
        """
        self._begin_wait(refusal)
        moment = datetime.fromtimestamp(math.ceil(refusal.moment), UTC)
        self._task.log.info("deferring until %s. %s", iso(moment.timestamp()), refusal.reason)
        self._task.defer(trigger=DateTimeTrigger(moment=moment), method_name="execute")

    def sleep(self, refusal: NotBefore) -> None:
        """
        Sleep until the wait is over.

        :raises AirflowTaskTimeout: if the task's time is over by then.
        """
        seconds = self._begin_wait(refusal)
        if seconds > _LONG_SLEEP:
            self._task.log.warning(
                "this task keeps its worker and sleeps for %.0f minutes, until %s. %s. Use deferrable=True to free the "
                "worker in the meantime (where rows come in order), or start the schedule later for a resource whose rows "
                "come late",
                seconds / 60,
                iso(refusal.moment),
                refusal.reason.rstrip("."),
            )
        sleep_until(refusal)

    def check_deadline(self) -> None:
        """
        Check that the task has time left.

        :raises AirflowTaskTimeout: if it has none.
        """
        self._check_deadline(time.time())

    def _begin_wait(self, refusal: NotBefore) -> float:
        """Report the wait, check that the task has time for it, and return its length in seconds."""
        seconds = _seconds_until(refusal)
        self._on_wait(refusal, seconds)
        self._check_deadline(refusal.moment)
        return seconds

    def _check_deadline(self, moment: float) -> None:
        if self._deadline is not None and moment > self._deadline:
            raise AirflowTaskTimeout(
                f"{self._task.task_id} would resume at {iso(moment)}, but its execution_timeout ends at "
                f"{iso(self._deadline)}; a retry resumes from here"
            )


def _seconds_until(refusal: NotBefore) -> float:
    return max(refusal.moment - time.time(), 0.0)


def _deadline(context: Any, timeout: Any) -> float | None:
    """Return when the task's time is over, UTC epoch seconds; None: never, or unknown (``dag.test``)."""
    start = getattr(context.get("ti"), "start_date", None)
    return None if start is None or timeout is None else float((start + timeout).timestamp())
