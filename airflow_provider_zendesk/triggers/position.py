# SPDX-License-Identifier: Apache-2.0
"""Waits until a moment and hands back what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.triggers.base import TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime


class PositionTrigger(DateTimeTrigger):
    """
    Airflow's own trigger for a moment, and what the task knew when it left: ``dag.test`` loses ``defer(kwargs=)``.

    :param moment: when to fire, with a time zone.
    :param state: the event's payload; it lies in Airflow's database, and holds no secret.
    """

    def __init__(self, moment: datetime, state: dict[str, Any]) -> None:
        super().__init__(moment=moment)
        self.state = state

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.{type(self).__name__}", {"moment": self.moment, "state": self.state}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        async for _ in super().run():
            yield TriggerEvent(self.state)  # type: ignore[no-untyped-call]
