# SPDX-License-Identifier: Apache-2.0
"""Waits until a given time, then returns the state it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.triggers.base import TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime


class PositionTrigger(DateTimeTrigger):
    """
    Airflow's own date-time trigger, whose event also carries the task's state: ``dag.test`` drops ``defer(kwargs=)``.

    :param moment: when to fire; a datetime with a time zone.
    :param state: the event's payload; it is stored in Airflow's database, so it must not contain secrets.
    """

    def __init__(self, moment: datetime, state: dict[str, Any]) -> None:
        super().__init__(moment=moment)
        self.state = state

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.{type(self).__name__}", {"moment": self.moment, "state": self.state}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        async for _ in super().run():
            yield TriggerEvent(self.state)  # type: ignore[no-untyped-call]
