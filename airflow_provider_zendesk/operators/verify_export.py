# SPDX-License-Identifier: Apache-2.0
"""Checks that a resource's export is whole: every window there, with all it should hold and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_zendesk.exceptions import ExportNotWholeError
from airflow_provider_zendesk.runtime.root import open_root
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.version_compat import run_times
from airflow_provider_zendesk.window import TimeLike, resolve_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.verify.report import Report

WINDOWS_TO_RUN_AGAIN = "windows_to_run_again"
# As much as fits into 2 KB of XCom; a verification after the repair names the next ones.
_MOST_WINDOWS = 25
_NAMED = 5
_LOGGED = 100


class ZendeskVerifyExportOperator(BaseOperator):
    """
    Fail unless what is committed of a resource for the run's window is whole.

    Its windows tile ``[start, end)``, every file is there with its size, and nothing unlisted lies beside them. Nothing
    is asked of Zendesk, and nothing is changed in storage.

    Returns a summary (XCom): resource, start_time, end_time, windows, files, records, bytes, under_way, old_staging, foreign,
    content_checked, path. Before it fails it pushes an XCom ``windows_to_run_again``: what to give to a mapped
    :class:`~airflow_provider_zendesk.operators.incremental_export.ZendeskIncrementalExportOperator`, as a list of
    ``{"start_time": ..., "end_time": ...}``, the first 25.

    :param resource: as for the export.
    :param path: root of the export, as for the export.
    :param start_time: first moment of what to check: datetime (naive means UTC), ISO 8601 text or epoch seconds. None:
        the run's data interval.
    :param end_time: first moment behind it, likewise.
    :param check_content: read every file back: checksum, rows, sort keys, no row twice.
    """

    template_fields: Sequence[str] = ("resource", "path", "start_time", "end_time")
    ui_color = "#d5e8e4"

    def __init__(
        self,
        *,
        resource: str,
        path: str,
        start_time: TimeLike = None,
        end_time: TimeLike = None,
        check_content: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.path = path
        self.start_time = start_time
        self.end_time = end_time
        self.check_content = check_content

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Check the window.

        :raises ValueError: for arguments that cannot be.
        :raises ExportNotWholeError: if something is missing, damaged or there twice; an export can mend most of it.
        """
        window = resolve_window(
            start_time=self.start_time, end_time=self.end_time, run=run_times(context), now=time.time()
        )
        root = open_root(str(self.path))
        report = verify(
            root.storage, self.resource, window.start, window.end, check_content=self.check_content
        )
        _push_windows(context, report)
        say = self.log.info if report.is_whole else self.log.error
        for line in report.lines()[:_LOGGED]:
            say("%s: %s", self.resource, line)
        if not report.is_whole:
            raise ExportNotWholeError(_message(report, root.uri))
        return {**report.summary(), "content_checked": self.check_content, "path": root.uri}


def _push_windows(context: Context, report: Report) -> None:
    instance = context.get("ti")
    if instance is not None:
        instance.xcom_push(key=WINDOWS_TO_RUN_AGAIN, value=report.windows_to_run_again()[:_MOST_WINDOWS])


def _message(report: Report, uri: str) -> str:
    """Name the first findings, and say how many more there are."""
    named = "; ".join(str(finding) for finding in report.findings[:_NAMED])
    more = len(report.findings) - _NAMED
    return (
        f"{report.resource} below {uri} is not whole: {named}"
        + (f"; and {more} more, see the log" if more > 0 else "")
        + f". The XCom {WINDOWS_TO_RUN_AGAIN!r} lists what to export again"
    )
