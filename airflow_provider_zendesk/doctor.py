# SPDX-License-Identifier: Apache-2.0
"""The doctor on the command line: can this connection and this storage export, and what is to be changed?"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.get_provider_info import DEFAULT_CONN_ID

if TYPE_CHECKING:
    from airflow_provider_zendesk.diagnosis.report import Diagnosis


def main(arguments: list[str] | None = None) -> int:
    """Try everything, print it, and return the exit status: 0 exports can work, 1 they cannot, 2 bad arguments."""
    # Airflow takes seconds to import, and --help needs none of it.
    options = _parser().parse_args(arguments)
    from airflow_provider_zendesk.hooks.zendesk import ZendeskHook

    diagnosis: Diagnosis = ZendeskHook(options.conn_id).doctor(options.path)
    if options.json:
        print(msgspec.json.encode(diagnosis).decode())
    else:
        print("\n".join(diagnosis.lines()))
    return int(not diagnosis.is_healthy)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.doctor",
        description="Try what exports need: the connection's credentials, role, scope and clock, which resources the account "
        "offers, its rate limits, and the storage. It makes about 20 calls to Zendesk, and writes to the storage only "
        "below PATH/_doctor, which it removes. Exit status: 0 exports can work, 1 they cannot, 2 bad arguments.",
        epilog="The connections are Airflow's, such as in the variable AIRFLOW_CONN_ZENDESK_DEFAULT.",
    )
    parser.add_argument("--conn-id", default=DEFAULT_CONN_ID, metavar="ID", help="(%(default)s)")
    parser.add_argument("--path", help="the root of the export, such as s3://aws_default@lake/zendesk")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
