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
        """True if the process would rather end than sleep for so long; a checkpoint must be taken first."""

    def defer(self, refusal: NotBefore) -> None:
        """End this process; another one goes on at the moment."""

    def sleep(self, refusal: NotBefore) -> None:
        """Sleep until the moment."""

    def check_deadline(self) -> None:
        """Raise if the time that the task may take is over."""


class SleepingWorker:
    """
    A worker without deadline that sleeps for every wait.

    :param sleep: sleeps until a moment.
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
