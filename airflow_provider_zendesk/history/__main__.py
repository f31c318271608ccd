# SPDX-License-Identifier: Apache-2.0
"""Field history and comments on the command line."""

from __future__ import annotations

import argparse
import logging
import sys
import uuid
from typing import Any

from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.history.run import HistoryJob, HistorySummary, make_history
from airflow_provider_zendesk.lake.formats.registry import format_asked_for
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.verify.command_line import moment, open_root
from airflow_provider_zendesk.window import Window, iso


def main(arguments: list[str] | None = None) -> int:
    """Make the history, and return the exit status: 0 it is up to date, 1 something failed, 2 bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        storage = open_root(options.root)
        summary = make_history(storage, _job(options))
    except ZendeskError as error:
        parser.exit(1, f"{error}\n")
    except (ValueError, ImportError) as error:
        parser.error(str(error))
    except OSError as error:
        parser.exit(1, f"cannot use {options.root}: {error}\n")
    print(summary_line(summary))
    return 0


def summary_line(summary: HistorySummary) -> str:
    """Return a summary as one line for people."""
    return (
        f"{summary.made} of {summary.windows} windows from {iso(summary.start_time)} to {iso(summary.end_time)} were made now; "
        f"together they have {summary.field_changes} field changes, {summary.comments} comments, {summary.late} late rows and "
        f"{summary.doubts} rows in doubt, in {summary.files} files of {summary.bytes} bytes"
    )


def _job(options: argparse.Namespace) -> HistoryJob:
    if (options.start is None) is not (options.end is None):
        raise ValueError("give both --start and --end, or neither for all that is committed")
    if options.start is not None and options.start >= options.end:
        raise ValueError("--start must be before --end")
    return HistoryJob(
        period=None if options.start is None else Window(options.start, options.end),
        format=format_asked_for(options.file_format, options.compression),
        refresh_names=options.refresh_names,
        run=Run("", f"history__{uuid.uuid4()}", "history", -1, 0),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_zendesk.history",
        description="Make the datasets ticket_field_history and ticket_comments from the committed windows of ticket_events below "
        "ROOT, without a call to Zendesk. Windows that are up to date are left as they are. Exit status: 0 all is up to date, 1 "
        "something failed, 2 bad arguments.",
        epilog="TIME is ISO 8601 (UTC unless it says otherwise) or epoch seconds. Without --start and --end, all committed windows "
        "count.",
    )

    def add(name: str, meaning: str, **more: Any) -> None:
        parser.add_argument(name, help=meaning, **more)

    add("root", "an absolute path, or a URL such as s3://lake/zendesk", metavar="ROOT")
    add("--start", "start of the time, inclusive", type=moment, metavar="TIME")
    add("--end", "end of the time, exclusive", type=moment, metavar="TIME")
    add("--file-format", "of the files (that of the ticket events)", choices=("jsonl", "parquet"))
    add("--compression", "of JSON Lines (gzip)", choices=("gzip", "zstd"))
    add("--refresh-names", "also where another snapshot gives the names now", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
