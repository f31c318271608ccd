# SPDX-License-Identifier: Apache-2.0
"""
An export in a process of its own, without Airflow, that kills itself at a step told to it.

``python -m tests.kill.child URL TOKEN ROOT START END RUN KILL_AT``: every storage operation and every call to Zendesk is
a step; at the one with the number KILL_AT (0: none) the process gets a SIGKILL, before or in the middle of its work.
Prints the number of steps of a run that ends.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from fsspec.core import url_to_fs

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.export import checkpoint, writer
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.export.manifest import Run
from airflow_provider_zendesk.export.storage import open_storage
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PAGES = 2
PER_PAGE = 10


class Steps:
    """Counts, and kills."""

    def __init__(self, kill_at: int) -> None:
        self.taken = 0
        self._kill_at = kill_at

    def counted(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            self.taken += 1
            if self.taken == self._kill_at and self.taken % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            result = work(*arguments, **options)
            # At even steps the work is done, and the process dies before it learns so.
            if self.taken == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step


class CountingStorage:
    """A storage whose every operation is a step; deletions count one by one."""

    def __init__(self, storage: Any, steps: Steps) -> None:
        for name in ("put", "create", "get", "files", "folders", "find"):
            setattr(self, name, steps.counted(getattr(storage, name)))
        self._delete = steps.counted(storage.delete)

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._delete([name])


def main(url: str, token: str, root: str, start: str, end: str, run: str, kill_at: str) -> None:
    # Small, so that a window of a hundred rows has parts, blocks and checkpoints enough.
    checkpoint.PAGES, writer.MAX_RECORDS, writer._BLOCK = PAGES, 25, 4096
    steps = Steps(int(kill_at))
    account = Account.at(url)
    client = ZendeskClient(account).authenticate(BearerAuth(account, token))
    client.get = steps.counted(client.get)  # type: ignore[method-assign]
    endpoint = TICKETS.endpoint()
    job = Job(
        account=account.name,
        resource=TICKETS,
        endpoint=endpoint,
        query=TICKETS.query(endpoint, per_page=PER_PAGE, include=["users"]),
        window=Window(int(start), int(end)),
        partition_by="day",
        run=Run("dag", run, "task", -1, 0),
    )
    Exporter(job, client, CountingStorage(open_storage(*url_to_fs(root)), steps)).run()
    print(steps.taken)


if __name__ == "__main__":
    main(*sys.argv[1:])
