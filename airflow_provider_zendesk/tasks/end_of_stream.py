# SPDX-License-Identifier: Apache-2.0
"""The work of :class:`~airflow_provider_zendesk.sensors.end_of_stream.ZendeskEndOfStreamSensor`."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from airflow.providers.common.compat.sdk import AirflowSensorTimeout, PokeReturnValue

from airflow_provider_zendesk.exceptions import NotBefore
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.runtime.context import run_window
from airflow_provider_zendesk.runtime.failures import reading_arguments, working
from airflow_provider_zendesk.stream.watch import Seen, StreamWatch
from airflow_provider_zendesk.triggers.position import PositionTrigger
from airflow_provider_zendesk.version_compat import task_state_store
from airflow_provider_zendesk.window import epoch, iso

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.client.client import ZendeskClient

_STATE = "position"
# A trigger that fires at once may do so before the task has finished deferring.
_SHORTEST_DEFERRAL = 10.0
# Any length will do, since only the end of the run's window is used; this is the shortest.
_ANY_LENGTH = timedelta(seconds=1)


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


class EndOfStreamChecks:
    """
    The checks that a sensor makes in one process, each of which resumes where the last one stopped.

    :param sensor: the sensor, whose attributes are its arguments.
    """

    def __init__(self, sensor: Any) -> None:
        self._sensor = sensor
        self._last_check: _Check | None = None

    def begin(self, event: Any) -> float:
        """
        Begin, or continue after a deferral.

        :param event: the trigger's event: the position, and when the first check was; None if there was no deferral.
        :return: when the first check was or is, UTC epoch seconds.
        """
        self._last_check = msgspec.convert(event["look"], _Check) if event else None
        return float(event["began"]) if event else time.time()

    def check(self, context: Context) -> PokeReturnValue:
        """
        Check once, unless it is too early.

        :param context: the context of the run.
        :return: whether the wait is over, and the sensor's summary.
        :raises InvalidArgumentError: for invalid arguments; no call is made then.
        :raises AirflowFailException: if Zendesk refuses the request.
        """
        with reading_arguments():
            watch = self._watch(context)
            client = ZendeskHook(self._sensor.zendesk_conn_id).client
        check = self._last_check or self._load(context)
        if check is None or check.start != watch.start:
            check = _Check(watch.start, None, watch.first_look)
        self._last_check = check
        resource = self._sensor.resource
        if time.time() < check.not_before:
            self._sensor.log.info("%s cannot be checked before %s", resource, iso(check.not_before))
            return PokeReturnValue(False)
        with client, working():
            seen = self._run_check(client, watch, check)
        self._save(context, check)
        if seen is None:
            return PokeReturnValue(False)
        return PokeReturnValue(
            seen.reason is not None, {"resource": resource, **msgspec.structs.asdict(seen)}
        )

    def defer(self, began: float) -> None:
        """
        Defer until it is time to check again.

        :param began: what :meth:`begin` returned.
        :raises TaskDeferred: Airflow calls the sensor's ``execute`` again.
        :raises AirflowSensorTimeout: if the sensor's ``timeout`` is over.
        """
        sensor, now = self._sensor, time.time()
        if now - began >= sensor.timeout:
            raise AirflowSensorTimeout(
                f"the stream of {sensor.resource} did not end within {sensor.timeout:.0f} s"
            )
        check = self._last_check
        due = check.not_before if check and check.not_before > now else now + sensor.poke_interval
        moment = datetime.fromtimestamp(math.ceil(max(due, now + _SHORTEST_DEFERRAL)), UTC)
        sensor.log.info("deferring until %s", moment)
        sensor.defer(
            trigger=PositionTrigger(moment, {"began": began, "look": msgspec.to_builtins(check)}),
            method_name="execute",
            timeout=timedelta(seconds=began + sensor.timeout - now),
        )

    def _run_check(self, client: ZendeskClient, watch: StreamWatch, check: _Check) -> Seen | None:
        log, resource = self._sensor.log, self._sensor.resource
        watch.cursor = check.cursor
        try:
            client.credentials_worked = check.cursor is not None
            seen = watch.look(client)
        except NotBefore as refusal:
            check.not_before = refusal.moment
            log.info("no check before %s. %s", iso(refusal.moment), refusal.reason)
            return None
        finally:
            check.cursor = watch.cursor
        if seen is None:
            log.info("Zendesk does not show the start time of %s yet", resource)
        else:
            read = (
                "there is no record yet"
                if seen.position is None
                else f"read up to {seen.position}, {seen.lag_seconds} s before Zendesk's clock"
            )
            log.info("%s: %s; %s", resource, read, seen.reason or "more to read")
        return seen

    def _watch(self, context: Context) -> StreamWatch:
        start = epoch(self._sensor.start_time, "start_time")
        end = epoch(self._sensor.end_time, "end_time")
        if start is None:
            start = run_window(context, window=_ANY_LENGTH).end
        return StreamWatch(get_resource(self._sensor.resource), int(start), None if end is None else int(end))

    def _load(self, context: Context) -> _Check | None:
        """Return what the last check stored; None if there is nothing, or it cannot be read."""
        store = self._store(context)
        if store is None:
            return None
        try:
            state = store.get(_STATE)
            return None if state is None else msgspec.convert(state, _Check)
        except Exception as error:
            self._sensor.log.warning(
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
            self._sensor.log.warning(
                "the next check will start over: the task state store could not store the position: %r", error
            )

    def _store(self, context: Context) -> Any:
        """Return the store for state between rescheduled checks; None if there is none or it is not needed."""
        sensor = self._sensor
        return task_state_store(context) if sensor.reschedule and not sensor.deferrable else None
