# SPDX-License-Identifier: Apache-2.0
"""How a task waits for Zendesk: short waits asleep, long ones without a worker."""

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
    from airflow_provider_zendesk.exceptions import NotBefore


_LONG_SLEEP = 300.0


class WorkerWait:
    """
    Waits until a moment, within the task's time.

    Airflow starts ``execution_timeout`` anew each time a task gets a worker back, and does not look at it in between. So
    where the worker is given back, the end of that time is kept here.

    :param task: the operator that waits; its ``execute`` is called again after a wait without a worker.
    :param context: of its run.
    :param may_leave: give the worker back for a wait longer than :data:`LONG_WAIT`.
    """

    def __init__(self, task: Any, context: Any, *, may_leave: bool) -> None:
        self._task = task
        self._may_leave = may_leave
        self._deadline = _deadline(context, task.execution_timeout) if may_leave else None

    def __call__(self, refusal: NotBefore) -> None:
        self.check_time(refusal.moment)
        seconds = refusal.moment - time.time()
        if refusal.holds_rows or not (self._may_leave and seconds > LONG_WAIT):
            if seconds > _LONG_SLEEP:
                self._warn(seconds, refusal)
            sleep_until(refusal)
            return
        moment = datetime.fromtimestamp(math.ceil(refusal.moment), UTC)
        self._task.log.info("giving the worker back until %s. %s", iso(moment.timestamp()), refusal.reason)
        self._task.defer(trigger=DateTimeTrigger(moment=moment), method_name="execute")

    def _warn(self, seconds: float, refusal: NotBefore) -> None:
        """Say that a worker does nothing for long, why, and how to spare that."""
        self._task.log.warning(
            "this task keeps its worker and sleeps for %.0f minutes, until %s. %s. Use deferrable=True to give the worker "
            "back meanwhile (where rows come in order), or a schedule that starts later for a resource whose rows come "
            "late",
            seconds / 60,
            iso(refusal.moment),
            refusal.reason.rstrip("."),
        )

    def check_time(self, moment: float | None = None) -> None:
        """
        Make sure that the task's time is not over.

        :param moment: by then, UTC epoch seconds; None: now.
        :raises AirflowTaskTimeout: if it is.
        """
        if self._deadline is not None and (moment or time.time()) > self._deadline:
            raise AirflowTaskTimeout(
                f"{self._task.task_id} would go on at {iso(moment or time.time())}, but its execution_timeout ends at "
                f"{iso(self._deadline)}; a retry goes on from here"
            )


def _deadline(context: Any, timeout: Any) -> float | None:
    """Return when the task's time is over, UTC epoch seconds; None: never, or no telling (``dag.test``)."""
    start = getattr(context.get("ti"), "start_date", None)
    return None if start is None or timeout is None else float((start + timeout).timestamp())
