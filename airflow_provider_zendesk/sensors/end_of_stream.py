# SPDX-License-Identifier: Apache-2.0
"""Waits until a resource's stream has ended, or has passed a given time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseSensorOperator, conf

from airflow_provider_zendesk.get_provider_info import DEFAULT_CONN_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context, PokeReturnValue

    from airflow_provider_zendesk.tasks.end_of_stream import EndOfStreamChecks
    from airflow_provider_zendesk.window import TimeLike


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
        zendesk_conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.start_time = start_time
        self.end_time = end_time
        self.zendesk_conn_id = zendesk_conn_id
        self.deferrable = deferrable

    def execute(self, context: Context, event: Any = None) -> Any:
        """
        Check until the condition is met.

        :param event: the trigger's event after a deferral: the position, and when the first check was.
        :raises InvalidArgumentError: for invalid arguments; no call is made then.
        :raises AirflowFailException: if Zendesk refuses the request.
        :raises AirflowSensorTimeout: after ``timeout`` seconds.
        """
        if not self.deferrable:
            return super().execute(context)
        began = self._checks.begin(event)
        result = self.poke(context)
        if not result:
            self._checks.defer(began)
        return result.xcom_value

    def poke(self, context: Context) -> PokeReturnValue:
        """Check once, unless it is too early."""
        return self._checks.check(context)

    @cached_property
    def _checks(self) -> EndOfStreamChecks:
        from airflow_provider_zendesk.tasks.end_of_stream import EndOfStreamChecks

        return EndOfStreamChecks(self)
