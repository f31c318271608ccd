# SPDX-License-Identifier: Apache-2.0
"""Waiting as long as Zendesk asks, and no longer than it is worth."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_zendesk.exceptions import NotBefore, ZendeskError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")

LONG_WAIT = 30.0
"""Seconds beyond which a wait is worth giving the worker back for."""

_PATIENCE = 1800.0


def patiently(
    call: Callable[[], T],
    wait: Callable[[NotBefore], None],
    *,
    patience: float = _PATIENCE,
    since: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """
    Make a call, waiting through each :class:`NotBefore`.

    :param call: what to do.
    :param wait: waits until the moment it is given.
    :param patience: seconds without one good answer after which the wait itself is the error.
    :param since: when the last one came, by that clock; None: now.
    :param clock: seconds.
    :raises ZendeskError: the last refusal, when patience ends, and whatever else the call raises.
    """
    first = clock() if since is None else since
    while True:
        try:
            return call()
        except NotBefore as refusal:
            waited = clock() - first
            if waited >= patience:
                last = refusal.__cause__ or refusal
                if isinstance(last, ZendeskError):
                    last.tell(f"gave up after {waited / 60:.0f} minutes without a good answer")
                raise last from None
            wait(refusal)


def sleep_until(refusal: NotBefore) -> None:
    """Sleep until the moment, saying why in the log."""
    seconds = refusal.moment - time.time()
    log.info("waiting %.0f s. %s", max(seconds, 0.0), refusal.reason)
    time.sleep(max(seconds, 0.0))
