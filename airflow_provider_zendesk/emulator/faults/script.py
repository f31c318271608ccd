# SPDX-License-Identifier: Apache-2.0
"""The plans for the coming export requests, given one by one or drawn at random."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import deque
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.faults.plans import Stall

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.emulator.faults.plans import Plan


class Script:
    """Has a plan for each export request; see the methods of :class:`ZendeskEmulator` with the same names."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Drop all plans and the hook, and count requests from 0 again."""
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
        """The plan for the next export request, after its hook, its wait or its callable is done."""
        with self._lock:
            number, hook = self._requests, self._hook
            self._requests += 1
            plan = self._plans.popleft() if self._plans else self._draw()
        if hook is not None:
            await asyncio.to_thread(hook, number)
        if isinstance(plan, Stall):
            await asyncio.sleep(plan.seconds)
        elif callable(plan):
            await asyncio.to_thread(plan)
        return plan

    def _draw(self) -> Plan:
        return self._random.choice(self._choices) if self._random.random() < self._rate else None
