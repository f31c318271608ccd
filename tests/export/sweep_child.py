# SPDX-License-Identifier: Apache-2.0
"""
Exports hours in a process that does nothing else, and prints what that took.

``python -m tests.export.sweep_child URL TOKEN NOW ROOT START WINDOWS`` prints the largest size of Python's objects, in bytes,
and the lines of the log.
"""

from __future__ import annotations

import json
import logging
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.lakes import Lake

HOUR = 3600


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


def main(url: str, token: str, now: float, root: str, start: int, windows: int) -> None:
    zendesk: Any = SimpleNamespace(url=url, oauth_token=token, clock=SimpleNamespace(now=lambda: now))
    lines = Lines()
    log = logging.getLogger("airflow_provider_zendesk")
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    tracemalloc.start()
    Lake(zendesk, Path(root)).export(start, start + windows * HOUR, partition_by="hour")
    print(json.dumps([tracemalloc.get_traced_memory()[1], lines.found]))


if __name__ == "__main__":
    url, token, now, root, start, windows = sys.argv[1:]
    main(url, token, float(now), root, int(start), int(windows))
