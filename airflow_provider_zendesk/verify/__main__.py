# SPDX-License-Identifier: Apache-2.0
"""Verification on the command line: is the committed data below a root complete and undamaged?"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.staging import prune
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.verify.command_line import moment, open_root, resource_name
from airflow_provider_zendesk.verify.snapshot import exported_resources


def main(arguments: list[str] | None = None) -> int:
    """Verify, and return the exit status: 0 whole, 1 something is wrong, 2 bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        storage = open_root(options.root)
        resources = [options.resource] if options.resource else exported_resources(storage)
        again, wrong = [], not resources
        for resource in resources:
            report = verify(
                storage, resource, options.start, options.end, check_content=options.check_content
            )
            _print(resource, report.lines())
            again += [{"resource": resource, **window} for window in report.windows_to_run_again()]
            wrong = wrong or not report.is_whole
            if options.prune:
                _print(resource, [f"removed: {one.folder}" for one in prune(storage, resource)])
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    except ExportConflictError as error:
        parser.exit(1, f"{error}\n")
    except OSError as error:
        parser.exit(1, f"cannot read below {options.root}: {error}\n")
    if not resources:
        print(f"nothing is committed below {options.root}; give the root of an export")
    print(json.dumps(again))
    return int(wrong)


def _print(resource: str, lines: list[str]) -> None:
    for line in lines:
        print(f"{resource}: {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.verify",
        description="Check that the committed windows below ROOT cover the time without hole or overlap, that every listed "
        "file exists, and that there are no other files. The last line is a JSON list of windows to export again. "
        "Exit status: 0 whole, 1 something is wrong, 2 bad arguments.",
        epilog="TIME is ISO 8601 (in UTC, unless it has an offset) or epoch seconds.",
    )

    def add(name: str, meaning: str, **more: Any) -> None:
        parser.add_argument(name, help=meaning, **more)

    add("root", "an absolute path, or a URL such as s3://lake/zendesk", metavar="ROOT")
    add(
        "--resource",
        "such as tickets (default: every resource that has manifests)",
        type=resource_name,
        metavar="NAME",
    )
    add(
        "--start", "where to start (default: the first committed window's start)", type=moment, metavar="TIME"
    )
    add("--end", "where to end (default: the last committed window's end)", type=moment, metavar="TIME")
    add(
        "--check-content",
        "also read every file: check its checksum, rows and sort keys, and that no row is there twice",
        action="store_true",
    )
    add("--prune", "remove staging that is older than 7 days and has no intent", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
