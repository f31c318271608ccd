# SPDX-License-Identifier: Apache-2.0
"""Waits until a resource's stream has ended, or has passed a given time."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)

from airflow_provider_zendesk.exceptions import NotBefore, ZendeskRefusedError
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.runtime.context import run_times
from airflow_provider_zendesk.stream.watch import Seen, StreamWatch
from airflow_provider_zendesk.triggers.position import PositionTrigger
from airflow_provider_zendesk.version_compat import task_state_store
from airflow_provider_zendesk.window import TimeLike, epoch, iso, resolve_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context

_STATE = "position"
# A trigger that fires at once may do so before the task has finished deferring.
_SHORTEST_DEFERRAL = 10.0
# Any length will do, since only the end of the run's window is used; this is the shortest.
_ANY_LENGTH = timedelta(seconds=1)


class ZendeskEndOfStreamSensor(BaseSensorOperator):
    """
    Wait until a resource's stream says ``end_of_stream`` or, with ``end_time``, has passed it.

    Placed before an export, it does the waiting that the export would otherwise do; on its own it shows when everything
    in an account has been read. It makes no call before ``start_time`` is a minute old, and one call is usually enough.
    The modes ``poke``, ``reschedule`` and ``deferrable`` give the same result. Each check resumes where the last one
    stopped (with ``reschedule``, only on Airflow 3.3).

    Returns what it saw (XCom): resource, reason (``end_of_stream`` or ``passed_end``), position (of the last record),
    lag_seconds, cursor, server_time, requests.

    :param resource: as for the export; its stream must say when it ends.
    :param start_time: where to start: datetime (naive means UTC), ISO 8601 text or epoch seconds. None: the end of the
        run's window.
    :param end_time: succeed as soon as the stream has passed this time, given in the same forms. Use it for an account
        that changes all the time, whose stream may never end. None: the stream has to end.
    :param zendesk_conn_id: the Zendesk connection.
    :param deferrable: defer between two checks.
    """

    template_fields: Sequence[str] = ("resource", "start_time", "end_time", "zendesk_conn_id")
    ui_color = "#d5e8e4"

    def __init__(
        self,
        *,
        resource: str,
        start_time: TimeLike = None,
        end_time: TimeLike = None,
        zendesk_conn_id: str = ZendeskHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.start_time = start_time
        self.end_time = end_time
        self.zendesk_conn_id = zendesk_conn_id
        self.deferrable = deferrable
        self._last_check: _Check | None = None

    def execute(self, context: Context, event: Any = None) -> Any:
        """
        Check until the condition is met.

        :param event: the trigger's event after a deferral: the position, and when the first check was.
        :raises ValueError: for invalid arguments; no call is made then.
        :raises AirflowFailException: if Zendesk refuses the request.
        :raises AirflowSensorTimeout: after ``timeout`` seconds.
        """
        if not self.deferrable:
            return super().execute(context)
        began = float(event["began"]) if event else time.time()
        self._last_check = msgspec.convert(event["look"], _Check) if event else None
        result = self.poke(context)
        if not result:
            self._defer_until_due(began)
        return result.xcom_value

    def poke(self, context: Context) -> PokeReturnValue:
        """Check once, unless it is too early."""
        watch = self._watch(context)
        check = self._last_check or self._load(context)
        if check is None or check.start != watch.start:
            check = _Check(watch.start, None, watch.first_look)
        self._last_check = check
        if time.time() < check.not_before:
            self.log.info("%s cannot be checked before %s", self.resource, iso(check.not_before))
            return PokeReturnValue(False)
        seen = self._run_check(watch, check)
        self._save(context, check)
        if seen is None:
            return PokeReturnValue(False)
        return PokeReturnValue(
            seen.reason is not None, {"resource": self.resource, **msgspec.structs.asdict(seen)}
        )

    def _defer_until_due(self, began: float) -> None:
        """Defer until it is time to check again."""
        now = time.time()
        if now - began >= self.timeout:
            raise AirflowSensorTimeout(
                f"the stream of {self.resource} did not end within {self.timeout:.0f} s"
            )
        check = self._last_check
        due = check.not_before if check and check.not_before > now else now + self.poke_interval
        moment = datetime.fromtimestamp(math.ceil(max(due, now + _SHORTEST_DEFERRAL)), UTC)
        self.log.info("deferring until %s", moment)
        self.defer(
            trigger=PositionTrigger(moment, {"began": began, "look": msgspec.to_builtins(check)}),
            method_name="execute",
            timeout=timedelta(seconds=began + self.timeout - now),
        )

    def _run_check(self, watch: StreamWatch, check: _Check) -> Seen | None:
        watch.cursor = check.cursor
        try:
            with ZendeskHook(self.zendesk_conn_id).client as client:
                client.credentials_worked = check.cursor is not None
                seen = watch.look(client)
        except NotBefore as refusal:
            check.not_before = refusal.moment
            self.log.info("no check before %s. %s", iso(refusal.moment), refusal.reason)
            return None
        except ZendeskRefusedError as error:
            raise AirflowFailException(str(error)) from error
        finally:
            check.cursor = watch.cursor
        if seen is None:
            self.log.info("Zendesk does not show the start time of %s yet", self.resource)
        else:
            self.log.info(
                "%s: read up to %s, %s s before Zendesk's clock; %s",
                self.resource,
                seen.position,
                seen.lag_seconds,
                seen.reason or "more to read",
            )
        return seen

    def _watch(self, context: Context) -> StreamWatch:
        start, end = epoch(self.start_time, "start_time"), epoch(self.end_time, "end_time")
        if start is None:
            start = resolve_window(window=_ANY_LENGTH, run=run_times(context), now=time.time()).end
        return StreamWatch(get_resource(self.resource), int(start), None if end is None else int(end))

    def _load(self, context: Context) -> _Check | None:
        """Return what the last check stored; None if there is nothing, or it cannot be read."""
        store = self._store(context)
        if store is None:
            return None
        try:
            state = store.get(_STATE)
            return None if state is None else msgspec.convert(state, _Check)
        except Exception as error:
            self.log.warning(
                "starting over: the task state store could not return the last position: %r", error
            )
            return None

    def _save(self, context: Context, check: _Check) -> None:
        """Store a check for the next one; without it, that one starts over and gives the same result."""
        store = self._store(context)
        if store is None:
            return
        try:
            store.set(_STATE, msgspec.to_builtins(check))
        except Exception as error:
            self.log.warning(
                "the next check will start over: the task state store could not store the position: %r", error
            )

    def _store(self, context: Context) -> Any:
        """Return the store for state between rescheduled checks; None if there is none or it is not needed."""
        return task_state_store(context) if self.reschedule and not self.deferrable else None


class _Check(msgspec.Struct):
    """
    The state that one check passes to the next.

    :param start: where the first check started, UTC epoch seconds.
    :param cursor: where the next check resumes.
    :param not_before: the earliest time of the next check, UTC epoch seconds.
    """

    start: int
    cursor: str | None
    not_before: float
