# SPDX-License-Identifier: Apache-2.0
"""The emulator's command line."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from airflow_provider_zendesk.emulator.account.population import populate
from airflow_provider_zendesk.emulator.account.switches import CHOICES
from airflow_provider_zendesk.emulator.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import PASSING
from airflow_provider_zendesk.emulator.http.server import check_loopback

DAY = 86_400


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    zendesk = ZendeskEmulator(
        seed=options.seed,
        now=options.now,
        speed=options.speed,
        host=options.host,
        port=options.port,
        exports_per_minute=options.exports_per_minute,
        requests_per_minute=options.requests_per_minute,
        minute=options.minute,
    )
    zendesk.header_spelling = options.header_spelling
    zendesk.answer_at_random(options.fault_rate, *PASSING, seed=options.seed)
    end = int(zendesk.clock.now()) if options.end is None else options.end
    start = end - DAY if options.start is None else options.start
    if start >= end:
        parser.error(f"--start ({_text(start)}) must be before --end ({_text(end)})")
    counts = populate(zendesk.account, start, end, options.tickets)
    try:
        zendesk.start()
    except OSError as error:
        parser.exit(
            1, f"cannot listen on {options.host} port {options.port}: {os.strerror(error.errno or 0)}\n"
        )
    records = ", ".join(f"{count} {resource}" for resource, count in counts.items())
    print(f"Zendesk emulator on {zendesk.url}: {_text(start)} to {_text(end)}, {records}")
    print(f"export AIRFLOW_CONN_ZENDESK_DEFAULT='{zendesk.airflow_connection()}'", flush=True)
    stopped.wait()
    zendesk.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.emulator",
        description="A local Zendesk account: the real paging, limits and errors, with generated records.",
        epilog="TIME is ISO 8601 (UTC unless it says otherwise), epoch seconds, or 'now'.",
    )

    def add(name: str, meaning: str, **more: Any) -> None:
        parser.add_argument(name, help=meaning, **more)

    add("--host", "a loopback address (%(default)s)", type=_loopback, default="127.0.0.1")
    add("--port", "0 for any free port (%(default)s)", type=int, default=8043, metavar="N")
    add("--seed", "seed of the records' content (%(default)s)", type=int, default=1, metavar="N")
    add(
        "--tickets",
        "number of tickets; other resources are in proportion (%(default)s)",
        type=int,
        default=10_000,
        metavar="N",
    )
    add("--start", "when the first records are created (a day before --end)", type=_time, metavar="TIME")
    add("--end", "when changes end; may be in the future (now)", type=_time, metavar="TIME")
    add("--now", "the emulator's time when it starts (now)", type=_time, metavar="TIME")
    add("--speed", "seconds that pass per real second (%(default)s)", type=float, default=1.0, metavar="X")
    add("--exports-per-minute", "rate limit of the exports (none)", type=int, metavar="N")
    add("--requests-per-minute", "rate limit of the account (none)", type=int, metavar="N")
    add(
        "--minute",
        "length of the limits' minute in seconds (%(default)s)",
        type=_length,
        default=60.0,
        metavar="X",
    )
    add(
        "--header-spelling",
        "names of the rate limit headers (%(default)s)",
        choices=CHOICES["header_spelling"],
        default="2026",
    )
    add(
        "--fault-rate",
        "share of export requests that get a transient fault (0)",
        type=_rate,
        default=0.0,
        metavar="X",
    )
    return parser


def _length(text: str) -> float:
    if not 0 < (seconds := _number(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be more than 0")
    return seconds


def _rate(text: str) -> float:
    if not 0 <= (rate := _number(text)) <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be between 0 and 1")
    return rate


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _loopback(text: str) -> str:
    try:
        check_loopback(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _time(text: str) -> int | None:
    """Epoch seconds; None for ``now``, which means the emulator's clock."""
    if text == "now":
        return None
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not ISO 8601, epoch seconds or 'now'") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _text(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    sys.exit(main())
