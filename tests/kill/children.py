# SPDX-License-Identifier: Apache-2.0
"""Processes that export, some of them ready before they are needed: Python takes its time to start."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import deque
from typing import Any


class Children:
    """
    Exports in other processes.

    :param command: the module that such a process runs, and its arguments.
    :param ready: how many processes wait for a job.
    """

    def __init__(self, command: list[str], ready: int) -> None:
        self._command = [sys.executable, "-m", *command]
        self._idle: deque[subprocess.Popen[str]] = deque()
        for _ in range(ready):
            self._idle.append(self._start())

    def export(self, *, kill_at: int = 0, **job: Any) -> int | None:
        """
        Export in one of them.

        :param job: what :func:`tests.kill.child.export` takes.
        :return: its number of steps, None if it was killed as it should.
        """
        child = self._idle.popleft()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps({"kill_at": kill_at, "seed": None, **job}) + "\n")
        child.stdin.flush()
        said = child.stdout.readline()
        if said:
            self._idle.append(child)
            return int(said)
        status = self._end(child)
        self._idle.append(self._start())
        assert kill_at, f"an export ended with status {status}; see its standard error"
        assert status == -signal.SIGKILL
        return None

    def close(self) -> None:
        for child in self._idle:
            self._end(child)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _end(self, child: subprocess.Popen[str]) -> int:
        for stream in (child.stdin, child.stdout):
            assert stream is not None
            stream.close()
        return child.wait()
