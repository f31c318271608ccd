# SPDX-License-Identifier: Apache-2.0
"""How an export waits: the part of an Airflow worker that it needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from airflow_provider_zendesk.client.waiting import sleep_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.exceptions import NotBefore


class Worker(Protocol):
    """The process that an export runs in."""

    def defers(self, refusal: NotBefore) -> bool:
        """Return True if the wait is so long that this process should end; take a checkpoint before calling defer."""

    def defer(self, refusal: NotBefore) -> None:
        """End this process; another one resumes when the wait is over."""

    def sleep(self, refusal: NotBefore) -> None:
        """Sleep until the wait is over."""

    def check_deadline(self) -> None:
        """Raise if the task has used up its time."""


class SleepingWorker:
    """
    A worker without a deadline that sleeps through every wait.

    :param sleep: sleeps until a wait is over.
    """

    def __init__(self, sleep: Callable[[NotBefore], None] = sleep_until) -> None:
        self._sleep = sleep

    def defers(self, refusal: NotBefore) -> bool:
        return False

    def defer(self, refusal: NotBefore) -> None:
        raise NotImplementedError("this worker never defers")

    def sleep(self, refusal: NotBefore) -> None:
        self._sleep(refusal)

    def check_deadline(self) -> None:
        """There is none."""
