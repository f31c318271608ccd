# SPDX-License-Identifier: Apache-2.0
"""What is to become of the export requests to come: decided one by one, or left to chance."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import deque
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.faults import Stall

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator.faults import Plan


class Script:
    """A plan for each export request; see the methods of :class:`ZendeskEmulator` with the same names."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Nothing is planned."""
        with self._lock:
            self._plans: deque[Plan] = deque()
            self._hook: Callable[[int], object] | None = None
            self._requests = 0
        self.answer_at_random(0)

    def answer_next(self, *plans: Plan) -> None:
        with self._lock:
            self._plans.extend(plans)

    def answer_at_random(self, rate: float, *plans: Plan, seed: int = 1) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is {rate}; it is a probability, from 0 to 1")
        if rate and not plans:
            raise ValueError(f"rate is {rate}, but there is no plan to choose")
        with self._lock:
            self._rate, self._choices, self._random = rate, plans, random.Random(seed)

    def before_export(self, hook: Callable[[int], object] | None) -> None:
        with self._lock:
            self._hook = hook

    async def next(self) -> Plan:
        """The plan for the next export request; what is to happen before it has happened then."""
        with self._lock:
            number, hook = self._requests, self._hook
            self._requests += 1
            plan = self._plans.popleft() if self._plans else self._drawn()
        if hook is not None:
            await asyncio.to_thread(hook, number)
        if isinstance(plan, Stall):
            await asyncio.sleep(plan.seconds)
        elif callable(plan):
            await asyncio.to_thread(plan)
        return plan

    def _drawn(self) -> Plan:
        return self._random.choice(self._choices) if self._random.random() < self._rate else None
