# SPDX-License-Identifier: Apache-2.0
"""Commits windows, several at a time where the storage allows it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from airflow_provider_zendesk.lake.overlapping import executor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from airflow_provider_zendesk.export.window_writer import WindowWriter
    from airflow_provider_zendesk.lake.manifest import Manifest, StopReason

Result = tuple["WindowWriter", "Manifest | None"]


class Committer:
    """
    Runs the commits of windows that the same page has closed side by side.

    The order of operations within a commit stays the same, and no commit depends on another.

    :param concurrency: how many at a time; with 1 each is done at once, in this thread.
    """

    def __init__(self, concurrency: int) -> None:
        self._executor = executor(concurrency)
        self._commits: deque[tuple[WindowWriter, Future[Manifest | None]]] = deque()

    def __enter__(self) -> Committer:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def commit(
        self, window: WindowWriter, reason: StopReason, server_time: float, position: str | None
    ) -> None:
        """Begin to commit a window, with the arguments of :meth:`WindowWriter.commit`."""
        self._commits.append((window, self._executor.submit(window.commit, reason, server_time, position)))

    def results(self, *, wait: bool) -> Iterator[Result]:
        """
        Yield the windows whose commits have ended, in order, with what each commit returned.

        :param wait: wait for those that have not ended yet.
        :raises ZendeskError: what a commit raised.
        """
        while self._commits and (wait or self._commits[0][1].done()):
            window, commit = self._commits.popleft()
            yield window, commit.result()
