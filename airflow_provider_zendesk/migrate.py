# SPDX-License-Identifier: Apache-2.0
"""Arranges the manifests of a root that an earlier version of this package wrote the way this version expects them."""

from __future__ import annotations

import argparse
import sys

from airflow_provider_zendesk.exceptions import ExportConflictError, StorageError
from airflow_provider_zendesk.lake.migration import migrate
from airflow_provider_zendesk.verify.command_line import open_root


def main(arguments: list[str] | None = None) -> int:
    """Migrate, and return the exit status: 0 done, 1 a failure, 2 bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        moved = migrate(open_root(options.root))
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    except (ExportConflictError, StorageError) as error:
        parser.exit(1, f"{error}\n")
    print(f"moved {moved} manifests below {options.root}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.migrate",
        description="Move the manifests below ROOT from one folder for each resource into one folder for each month of it, so "
        "that the cost of an export does not grow with what was exported before. Data files stay as they are. No export may "
        "run meanwhile, and every worker must have this version of the package afterwards. If it is interrupted, run it again. "
        "Exit status: 0 done, 1 a failure, 2 bad arguments.",
    )
    parser.add_argument("root", help="an absolute path, or a URL such as s3://lake/zendesk", metavar="ROOT")
    return parser


if __name__ == "__main__":
    sys.exit(main())
