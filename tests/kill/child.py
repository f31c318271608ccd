# SPDX-License-Identifier: Apache-2.0
"""
Exports in a process of its own, without Airflow, that kills itself at a step told to it.

``python -m tests.kill.child URL TOKEN`` reads a job a line from standard input, and prints the number of steps that
each took. Every storage operation, every change to the disk and every call to Zendesk is a step; before the one with the
number ``kill_at`` the process gets a SIGKILL.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from fsspec.core import url_to_fs

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.lake import commit, storage
from airflow_provider_zendesk.lake.formats.registry import FORMATS, GZIPPED_JSON_LINES
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = 2
# So that a window of a hundred rows has parts, blocks and checkpoints enough.
SMALL = Policy(checkpoint_pages=PAGES, part_records=25, block_bytes=4096)
PER_PAGE = 10
PAUSE = 0.01
OPERATIONS = ("put", "create", "get", "files", "folders", "find")
ON_DISK = ("replace", "link", "unlink")
carry_out = commit.carry_out


class Steps:
    """
    Counts, dawdles, and kills.

    :param kill_at: the step to die at, before it is done; 0: none.
    :param seed: of the pauses between steps, which let processes meet in ever new ways; None: no pauses.
    """

    def __init__(self, kill_at: int, seed: int | None) -> None:
        self.taken = 0
        self._kill_at = kill_at
        self._random = None if seed is None else random.Random(seed)

    def counted(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            self.taken += 1
            if self._random:
                time.sleep(PAUSE * self._random.random() ** 4)
            if self.taken == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments, **options)

        return step


class Counting:
    """
    Anything, some of whose functions are steps.

    :param names: those functions.
    """

    def __init__(self, counted: Any, names: tuple[str, ...], steps: Steps) -> None:
        self._counted = counted
        self._names = names
        self._steps = steps
        for name in names:
            setattr(self, name, steps.counted(getattr(counted, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._counted, name)

    def with_scratch(self, prefix: str) -> Counting:
        """Return the same steps of a storage."""
        return Counting(self._counted.with_scratch(prefix), self._names, self._steps)


def carry_out_with_notes(notes: str) -> Callable[..., Any]:
    """Return ``carry_out`` as it is, but for notes of its begin and end, by which readers know of commits."""

    def note(mark: str) -> None:
        descriptor = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{mark}{os.getpid()}\n".encode())
        os.close(descriptor)

    def noted(*arguments: Any, **options: Any) -> Any:
        note("+")
        try:
            return carry_out(*arguments, **options)
        finally:
            note("-")

    return noted


def export(
    url: str,
    token: str,
    *,
    root: str,
    start: int,
    end: int,
    run: str,
    kill_at: int,
    seed: int | None,
    suffix: str = GZIPPED_JSON_LINES.suffix,
) -> int:
    """Export once; return the number of steps."""
    steps = Steps(kill_at, seed)
    commit.carry_out = carry_out_with_notes(f"{root}.commits")
    storage.os = Counting(os, ON_DISK, steps)  # type: ignore[assignment]
    place = Counting(storage.open_storage(*url_to_fs(f"file://{root}")), OPERATIONS, steps)
    export_in_steps(url, token, place, steps, start=start, end=end, run=run, suffix=suffix)
    return steps.taken


def export_in_steps(
    url: str,
    token: str,
    place: Any,
    steps: Steps,
    *,
    start: int,
    end: int,
    run: str,
    suffix: str = GZIPPED_JSON_LINES.suffix,
) -> None:
    """Export to a storage, of which each call to Zendesk is a step too."""
    account = Account.at(url)
    endpoint = TICKETS.endpoint()
    job = Job(
        account=account.name,
        resource=TICKETS,
        endpoint=endpoint,
        query=TICKETS.query(endpoint, per_page=PER_PAGE, include=["users"]),
        window=Window(start, end),
        partition_by="day",
        format=FORMATS[suffix],
        run=Run("dag", run, "task", -1, 0),
        policy=SMALL,
    )
    with ZendeskClient(account).authenticate(BearerAuth(account, token)) as client:
        client.get = steps.counted(client.get)  # type: ignore[method-assign]
        Exporter(job, client, place).run()


def main(url: str, token: str) -> None:
    for line in sys.stdin:
        print(export(url, token, **json.loads(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
