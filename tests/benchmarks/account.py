# SPDX-License-Identifier: Apache-2.0
"""An emulated account in a process of its own, so that its work is not counted as that of an export."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.api.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400
# Everything has settled by the time at which the emulator's clock starts.
_SETTLED = 2 * 3600


@dataclass(frozen=True)
class Account:
    """
    A running emulated account.

    :param url: its origin.
    :param connection: an Airflow connection to it, as JSON.
    """

    url: str
    connection: str
    token: str = Credentials.oauth_token


@contextmanager
def running(tickets: int, start: int, end: int) -> Iterator[Account]:
    """Run an account with so many tickets, all of which last changed in ``[start, end)``."""
    command = [sys.executable, "-m", "airflow_provider_zendesk.emulator", "--port=0"]
    times = [f"--start={start}", f"--end={end}", f"--now={end + _SETTLED}"]
    with subprocess.Popen(
        [*command, f"--tickets={tickets}", *times], stdout=subprocess.PIPE, text=True
    ) as emulator:
        assert emulator.stdout
        try:
            # The first line names the address, and the second the connection. They appear once the data is there.
            address, connection = emulator.stdout.readline(), emulator.stdout.readline()
            url = re.search(r"http://[\d.:]+\d", address)
            assert url, address
            yield Account(url[0], connection.partition("='")[2].rstrip("'\n"))
        finally:
            emulator.terminate()
