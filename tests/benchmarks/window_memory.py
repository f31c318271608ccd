# SPDX-License-Identifier: Apache-2.0
"""
Peak memory of an export, for windows of 100,000 and of 1,000,000 tickets: it should not depend on the window.

``python -m tests.benchmarks.window_memory`` runs each in a process of its own, against an emulator in another.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from airflow_provider_zendesk.emulator import ZendeskEmulator

END = 1763683200
START = END - 86400
SIZES = (100_000, 1_000_000)


def main() -> None:
    peaks = [measure(size) for size in SIZES]
    print(f"ratio {peaks[1] / peaks[0]:.2f}")


def measure(tickets: int) -> int:
    """Return the peak memory of an export of so many tickets, in MiB."""
    with tempfile.TemporaryDirectory() as root, ZendeskEmulator(now=END + 7200) as zendesk:
        # All of them lie in the window, whatever happened to them there.
        zendesk.account.populate(START, END, tickets=tickets)
        command = [sys.executable, "-m", __spec__.name, zendesk.url, zendesk.oauth_token, root]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, cpu, peak = done.stdout.split()
    print(f"{tickets} tickets: {seconds} s, {cpu} s of CPU, peak {peak} MiB", flush=True)
    return int(peak)


def export(url: str, token: str, root: str) -> None:
    from airflow_provider_zendesk.client.account import Account
    from airflow_provider_zendesk.client.auth import BearerAuth
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.export.exporter import Exporter
    from airflow_provider_zendesk.export.job import Job
    from airflow_provider_zendesk.lake.manifest import Run
    from airflow_provider_zendesk.lake.storage import LocalStorage
    from airflow_provider_zendesk.resources import TICKETS
    from airflow_provider_zendesk.window import Window

    account = Account.at(url)
    client = ZendeskClient(account).authenticate(BearerAuth(account, token))
    endpoint = TICKETS.endpoint()
    job = Job(
        account=account.name,
        resource=TICKETS,
        endpoint=endpoint,
        query=TICKETS.query(endpoint),
        window=Window(START, END),
        partition_by="day",
        run=Run("dag", "run", "task", -1, 0),
    )
    began = time.monotonic()
    Exporter(job, client, LocalStorage(root)).run()
    seconds = time.monotonic() - began
    print(f"{seconds:.1f} {time.process_time():.1f} {peak_memory()}")


def peak_memory() -> int:
    """Return this process's peak memory in MiB; getrusage() would count that of the parent before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    export(*sys.argv[1:]) if len(sys.argv) > 1 else main()
