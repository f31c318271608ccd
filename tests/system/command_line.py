# SPDX-License-Identifier: Apache-2.0
"""Airflow's command line in a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

CLONE = Path(__file__).parents[2]


class CommandLine:
    """
    An Airflow home with a database, and its command line while a ``with`` lasts.

    :param home: an empty folder.
    :param dags: the folder of the DAG files.
    :param settings: more of the environment, for all commands.
    """

    def __init__(self, home: Path, dags: Path, **settings: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        self.home = home
        self._environment = {
            **kept,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            **settings,
        }

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.system.warm"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._warm = subprocess.Popen(command, cwd=CLONE, env=self._environment, text=True, **pipes)
        self.succeed("db", "migrate")
        return self

    def __exit__(self, *_: object) -> None:
        self._warm.communicate()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command, and return its status and what it said, on standard output and error alike."""
        output = self.home / "output"
        asked = {"arguments": arguments, "environment": environment, "output": str(output)}
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        print(json.dumps(asked), file=self._warm.stdin, flush=True)
        status = int(self._warm.stdout.readline())
        return subprocess.CompletedProcess(arguments, status, output.read_text())

    def succeed(self, *arguments: str, **environment: str) -> str:
        """Run a command that has to succeed, and return what it said."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stdout
        return done.stdout
