# SPDX-License-Identifier: Apache-2.0
"""Planning on the command line: what would an export of this period take?"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import msgspec

from airflow_provider_zendesk.diagnosis.forecast import forecast
from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.verify.command_line import moment, open_root
from airflow_provider_zendesk.window import Window

# Zendesk docs, Incremental Exports: 10 calls a minute, 30 with the High Volume API add-on.
_CALLS = 10


def main(arguments: list[str] | None = None) -> int:
    """Print the forecast, and return the exit status: 0, 1 the storage cannot be read, 2 bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.start >= options.end:
        parser.error("--start must be before --end")
    try:
        found = forecast(
            open_root(options.root),
            get_resource(options.resource),
            Window(options.start, options.end),
            None if options.partition_by == "none" else options.partition_by,
            calls_a_minute=options.calls_per_minute - options.rate_limit_reserve,
            records_a_day=options.records_per_day,
        )
    except (ZendeskError, OSError) as error:
        parser.exit(1, f"{error}\n")
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    print(msgspec.json.encode(found).decode() if options.json else "\n".join(found.lines()))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.plan",
        description="Say which windows of a period are committed below ROOT and which are missing, and what the missing ones "
        'would take in one run with on_existing="keep": records, calls, hours, storage. Nothing is exported, and Zendesk is '
        "not called. Exit status: 0, 1 the storage cannot be read, 2 bad arguments.",
        epilog="TIME is ISO 8601 (UTC unless it says otherwise) or epoch seconds.",
    )

    def add(name: str, meaning: str, **more: Any) -> None:
        parser.add_argument(name, help=meaning, **more)

    add("root", "an absolute path, or a URL such as s3://lake/zendesk", metavar="ROOT")
    add("--resource", "such as tickets", required=True, metavar="NAME")
    add("--start", "start of the period, inclusive", type=moment, required=True, metavar="TIME")
    add("--end", "end of the period, exclusive", type=moment, required=True, metavar="TIME")
    add(
        "--partition-by",
        "as in the export (%(default)s)",
        choices=("hour", "day", "month", "none"),
        default="day",
    )
    add("--records-per-day", "by default as in the committed windows", type=int, metavar="N")
    add(
        "--calls-per-minute",
        "that the account may make (%(default)s; 30 with the High Volume API add-on)",
        type=int,
        default=_CALLS,
        metavar="N",
    )
    add("--rate-limit-reserve", "calls per minute to leave to others (0)", type=int, default=0, metavar="N")
    add("--json", "print JSON instead of text", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
