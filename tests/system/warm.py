# SPDX-License-Identifier: Apache-2.0
"""
Airflow's command line, in a process that has imported it: each command is a fork of it.

So a command starts at once instead of in the ten seconds that imports take, and is in all else what users run: a process with
an environment, an output and an exit status of its own. Standard input has a JSON object for each command; standard output
answers with its exit status.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from importlib import import_module

# What `airflow dags test` imports only when it needs it.
_NEEDED_LATER = [
    "airflow.cli.commands.dag_command",
    "airflow.providers_manager",
    "airflow_provider_zendesk.operators.incremental_export",
]


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # for what imports print
    from airflow.__main__ import main as airflow

    for module in _NEEDED_LATER:
        import_module(module)
    make_the_api_of_tasks()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            answers.close()
            become(**json.loads(line))
            return airflow()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    return None


def make_the_api_of_tasks() -> None:
    """Make what answers a task of ``dags test`` in Airflow 3, which takes longer than the task; a command would do it itself."""
    with suppress(ImportError, AttributeError):
        from airflow.sdk.execution_time import task_runner  # noqa: F401
        from airflow.sdk.execution_time.supervisor import in_process_api_server

        in_process_api_server().app._cadwyn_initialize()


def become(arguments: list[str], environment: dict[str, str], output: str) -> None:
    """Make this process the one of a command, with its output in a file."""
    sys.argv = ["airflow", *arguments]
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)


if __name__ == "__main__":
    main()
