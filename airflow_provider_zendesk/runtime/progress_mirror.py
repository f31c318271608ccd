# SPDX-License-Identifier: Apache-2.0
"""Shows an export's progress in Airflow's task state store, for people; nothing reads it back."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.version_compat import task_state_store

if TYPE_CHECKING:
    from airflow_provider_zendesk.stream.progress import PageReport

log = logging.getLogger(__name__)

_SECONDS = 10.0


class ProgressMirror:
    """
    Writes the progress to the task state store if this version of Airflow has one.

    Each write is a call to Airflow's API, so there is at most one every ten seconds, and one at the end. A failed write does
    not fail the task, and no more are made after one.

    :param context: of the task.
    """

    def __init__(self, context: Any) -> None:
        self._store = task_state_store(context)
        self._next = 0.0
        self._unwritten: PageReport | None = None

    def page_was_read(self, report: PageReport) -> None:
        """Write the progress if it is time."""
        self._unwritten = report
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS
            self.write()

    def write(self) -> None:
        """Write the latest progress, unless it is written already."""
        report, self._unwritten = self._unwritten, None
        if self._store is None or report is None:
            return
        try:
            self._store.set("progress", msgspec.structs.asdict(report))
        except Exception as error:
            log.warning("progress will no longer be updated: the task state store failed with %r", error)
            self._store = None
