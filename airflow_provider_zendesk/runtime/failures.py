# SPDX-License-Identifier: Apache-2.0
"""How a task fails: at once where a retry cannot help, and with one message instead of the frames that led to it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ZendeskError,
    ZendeskRefusedError,
    ZendeskReserveError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)


class InvalidArgumentError(AirflowFailException, ValueError):
    """An argument or a connection that cannot work, whatever the number of retries; the message says what to change."""


@contextmanager
def reading_arguments() -> Iterator[None]:
    """
    Read a task's arguments and connections; nothing has been requested or written yet.

    :raises InvalidArgumentError: for a ValueError, with its message.
    """
    try:
        yield
    except ValueError as error:
        raise InvalidArgumentError(str(error)) from None


@contextmanager
def working() -> Iterator[None]:
    """
    Do a task's work.

    :raises InvalidArgumentError: if Zendesk's answer shows that an argument cannot work.
    :raises AirflowFailException: if a retry cannot help: Zendesk refuses, or what is committed below the root conflicts with
        the task.
    :raises ZendeskError: any other error of this package. Its traceback is logged on the level DEBUG.
    """
    try:
        yield
    except ZendeskError as error:
        log.debug("the task failed with this error", exc_info=True)
        if isinstance(error, ZendeskReserveError):
            raise InvalidArgumentError(str(error)) from None
        if isinstance(error, ZendeskRefusedError | ExportConflictError):
            raise AirflowFailException(str(error)) from None
        raise error.with_traceback(None) from None
