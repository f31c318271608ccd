# SPDX-License-Identifier: Apache-2.0
"""Erasure on the command line: remove the rows of single records from everything that is stored below a root."""

from __future__ import annotations

import argparse
import sys
import uuid
from pathlib import Path
from typing import Any

from airflow_provider_zendesk.erasure.erasure import Eraser
from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.verify.command_line import open_root, resource_name


def main(arguments: list[str] | None = None) -> int:
    """Erase, and return the exit status: 0 done, 1 a failure, 2 bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        run = Run("", f"erase__{uuid.uuid4()}", "erase", -1, 0)
        eraser = Eraser(
            open_root(options.root), options.resource, run, mark=options.mark, dry_run=options.dry_run
        )
        done = eraser.erase_gone() if options.scrubbed else eraser.erase(_ids(options))
    except (ZendeskError, OSError) as error:
        parser.exit(1, f"{error}\n")
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    verb = "would be erased" if options.dry_run else "were erased"
    print(
        f"{done.rows} rows of {done.found} of {done.records} {done.resource} {verb}, in {done.windows} windows"
    )
    if done.found < done.records:
        print(f"{done.records - done.found} of them have no row here")
    return 0


def _ids(options: argparse.Namespace) -> list[str]:
    text = options.ids or Path(options.ids_from).read_text("utf-8")
    return [one for part in text.split(",") for one in part.split()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.erase",
        description="Commit every window below ROOT that holds rows of these records again, without them. All other rows stay "
        "byte for byte as they are. It reads every file that may hold such rows. If it is interrupted, run it again. Exit "
        "status: 0 done, 1 a failure, 2 bad arguments.",
    )

    def add(name: str, meaning: str, **more: Any) -> None:
        parser.add_argument(name, help=meaning, **more)

    add("root", "an absolute path, or a URL such as s3://lake/zendesk", metavar="ROOT")
    add(
        "--resource",
        "the kind of the records, such as users",
        type=resource_name,
        required=True,
        metavar="NAME",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--ids", metavar="ID,ID,...", help="their ids")
    which.add_argument(
        "--ids-from", metavar="FILE", help="a file with their ids, separated by commas or white space"
    )
    which.add_argument(
        "--scrubbed",
        action="store_true",
        help="the records whose content Zendesk has removed for good, as their rows here say; the row that says so stays",
    )
    add("--mark", 'leave a row with the id and "erased": true in the place of each', action="store_true")
    add("--dry-run", "only say what would be erased", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
