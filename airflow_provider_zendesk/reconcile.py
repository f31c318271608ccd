# SPDX-License-Identifier: Apache-2.0
"""Reconciliation on the command line: does Zendesk return rows that the committed windows lack?"""

from __future__ import annotations

import argparse
import sys
import uuid
from typing import Any

from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.get_provider_info import DEFAULT_CONN_ID
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.verify.command_line import moment, open_root, resource_name
from airflow_provider_zendesk.verify.reconcile import put_report, reconcile, repair
from airflow_provider_zendesk.window import Window


def main(arguments: list[str] | None = None) -> int:
    """Reconcile, and return the exit status: 0 no late rows (left), 1 late rows or another failure, 2 bad arguments."""
    # Airflow takes seconds to import, and --help needs none of it.
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.start >= options.end:
        parser.error("--start must be before --end")
    from airflow_provider_zendesk.hooks.zendesk import ZendeskHook

    try:
        resource = get_resource(options.resource)
        storage = open_root(options.root)
        hook = ZendeskHook(options.zendesk_conn_id, rate_limit_reserve=options.rate_limit_reserve)
        with hook.client as client:
            result = reconcile(
                client,
                storage,
                resource.name,
                Window(options.start, options.end),
                full_walk=options.full_walk,
            )
            for line in result.lines(immutable=resource.immutable):
                print(f"{resource.name}: {line}")
            if options.repair:
                run = Run("", f"reconcile__{uuid.uuid4()}", "reconcile", -1, 0)
                partition_by = None if options.partition_by == "none" else options.partition_by
                repair(
                    client,
                    storage,
                    result,
                    run,
                    partition_by=partition_by,
                    full_walk=options.full_walk,
                )
                print(f"{resource.name}: {result.repaired} windows were exported again")
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    except (ZendeskError, OSError) as error:
        parser.exit(1, f"{error}\n")
    print(put_report(storage, result))
    return int(bool(result.late) and not options.repair)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.reconcile",
        description="Read the committed windows below ROOT from Zendesk again and report how they differ: rows that came late, "
        "rows that moved on, rows with other bytes. The report is written to ROOT/_reconciliations, and its name is the "
        "last line. Exit status: 0 no late rows, 1 late rows, 2 bad arguments.",
        epilog="TIME is ISO 8601 (UTC unless it says otherwise) or epoch seconds. The connection is Airflow's, such as in "
        "the variable AIRFLOW_CONN_ZENDESK_DEFAULT.",
    )

    def add(name: str, meaning: str, **more: Any) -> None:
        parser.add_argument(name, help=meaning, **more)

    add("root", "an absolute path, or a URL such as s3://lake/zendesk", metavar="ROOT")
    add("--resource", "such as ticket_metric_events", type=resource_name, required=True, metavar="NAME")
    add("--start", "start of the time to compare, inclusive", type=moment, required=True, metavar="TIME")
    add("--end", "end of the time to compare, exclusive", type=moment, required=True, metavar="TIME")
    add("--zendesk-conn-id", "(%(default)s)", default=DEFAULT_CONN_ID, metavar="ID")
    add("--rate-limit-reserve", "calls per minute to leave to others (0)", type=int, default=0, metavar="N")
    add("--full-walk", "read to the end of the stream, whatever the order of rows", action="store_true")
    add("--repair", "export the windows with late rows again", action="store_true")
    add(
        "--partition-by",
        "as in the export, for --repair (%(default)s)",
        choices=("hour", "day", "month", "none"),
        default="day",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
