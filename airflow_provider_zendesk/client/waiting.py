# SPDX-License-Identifier: Apache-2.0
"""Waiting as long as Zendesk asks, and no longer than it is worth."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NoReturn, TypeVar

from airflow_provider_zendesk.exceptions import NotBefore, ZendeskError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")

LONG_WAIT = 30.0
"""Seconds; a longer wait is worth deferring for."""

PATIENCE = 1800.0
"""Seconds without one good answer after which a walk gives up."""


def patiently(
    call: Callable[[], T],
    wait: Callable[[NotBefore], None],
    *,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """
    Make a call, waiting through each :class:`NotBefore`.

    :param call: what to do.
    :param wait: waits until the moment it is given.
    :param patience: seconds without one good answer after which the wait itself is the error.
    :param clock: seconds.
    :raises ZendeskError: the last refusal, when patience ends, and whatever else the call raises.
    """
    first = clock()
    while True:
        try:
            return call()
        except NotBefore as refusal:
            waited = clock() - first
            if waited >= patience:
                give_up(refusal, waited)
            wait(refusal)


def give_up(refusal: NotBefore, waited: float) -> NoReturn:
    """
    Raise the reason for a refusal instead of waiting any longer.

    :param waited: seconds without one good answer.
    """
    reason = refusal.__cause__ or refusal
    if isinstance(reason, ZendeskError):
        reason.tell(f"gave up after {waited / 60:.0f} minutes without a good answer")
    raise reason from None


def sleep_until(refusal: NotBefore) -> None:
    """Sleep until the moment, saying why in the log."""
    seconds = refusal.moment - time.time()
    log.info("waiting %.0f s. %s", max(seconds, 0.0), refusal.reason)
    time.sleep(max(seconds, 0.0))
