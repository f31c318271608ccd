# SPDX-License-Identifier: Apache-2.0
"""Checks that a resource's export is complete and undamaged: every window is committed and every file is as listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_zendesk.exceptions import ExportNotWholeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.verify.report import Report
    from airflow_provider_zendesk.window import TimeLike

WINDOWS_TO_RUN_AGAIN = "windows_to_run_again"
# This many fit into 2 KB of XCom. Once they are exported again, the next verification lists the rest.
_MOST_WINDOWS = 25
_NAMED = 5
_LOGGED = 100


class ZendeskVerifyExportOperator(BaseOperator):
    """
    Fail unless a resource's export of the run's window is complete and undamaged.

    That is: its windows cover ``[start, end)`` without hole or overlap, every listed file exists with the right size, and
    there are no unlisted files. It makes no calls to Zendesk and changes nothing in storage.

    Returns a summary (XCom): resource, start_time, end_time, windows, files, records, bytes, under_way, old_staging, foreign,
    content_checked, path. It also pushes an XCom ``windows_to_run_again``, even if it fails: the arguments for a mapped
    :class:`~airflow_provider_zendesk.operators.incremental_export.ZendeskIncrementalExportOperator`, as a list of
    ``{"start_time": ..., "end_time": ...}``; at most the first 25.

    :param resource: as for the export.
    :param path: root of the export, as for the export.
    :param start_time: start of the time to check, inclusive: datetime (naive means UTC), ISO 8601 text or epoch seconds.
        None: the run's data interval.
    :param end_time: end of the time to check, exclusive, in the same forms.
    :param check_content: also read every file, and check its checksum, rows and sort keys, and that no row is there twice.
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

        :raises InvalidArgumentError: for invalid arguments.
        :raises AirflowFailException: if the root has the layout of another version of this package.
        :raises ExportNotWholeError: if something is missing, damaged or there twice; another export repairs most of it.
        """
        from airflow_provider_zendesk.catalogue import get_rows
        from airflow_provider_zendesk.runtime.context import run_window
        from airflow_provider_zendesk.runtime.failures import reading_arguments, working
        from airflow_provider_zendesk.runtime.root import open_root
        from airflow_provider_zendesk.verify.checks import verify

        with reading_arguments():
            resource = get_rows(self.resource).name
            window = run_window(context, start_time=self.start_time, end_time=self.end_time)
            root = open_root(str(self.path))
        with working():
            report = verify(
                root.storage, resource, window.start, window.end, check_content=self.check_content
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
    """Return a message with the first findings and the number of the others."""
    named = "; ".join(str(finding) for finding in report.findings[:_NAMED])
    more = len(report.findings) - _NAMED
    return (
        f"{report.resource} below {uri} is not whole: {named}"
        + (f"; and {more} more, see the log" if more > 0 else "")
        + f". The XCom {WINDOWS_TO_RUN_AGAIN!r} lists what to export again"
    )
