# SPDX-License-Identifier: Apache-2.0
"""Removes the rows of single records from a lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context


class ZendeskEraseOperator(BaseOperator):
    """
    Erase the rows of single records from every window that holds some.

    Such a window is committed again, as its next revision; its manifest says under ``erasures`` what was erased, when and by which
    run. All other rows stay byte for byte as they are, and no other window is touched. Zendesk is not called. It reads every file
    that may hold such rows.

    Returns a summary (XCom): resource, records (asked for), found, windows, rows, path.

    :param resource: the kind of the records: ``tickets``, ``users``, ``organizations`` or any other resource or list. The rows of
        a ticket are also those of its events, comments, ratings and so on; those of a user also sideloaded ones.
    :param path: root of the export.
    :param ids: ids of the records: a list, or text with commas between them.
    :param scrubbed: instead of ``ids``: all tickets or users whose content Zendesk has removed for good, as their latest rows in
        the lake say. The row that says so stays.
    :param mark: leave a row with the id and ``"erased": true`` in the place of each.
    """

    template_fields: Sequence[str] = ("resource", "path", "ids")
    ui_color = "#d5e8e4"

    def __init__(
        self,
        *,
        resource: str,
        path: str,
        ids: Sequence[int | str] | str | None = None,
        scrubbed: bool = False,
        mark: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.path = path
        self.ids = ids
        self.scrubbed = scrubbed
        self.mark = mark

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Erase them.

        :raises InvalidArgumentError: for invalid arguments; nothing is written then.
        :raises AirflowFailException: if an export of a dataset that may hold them is under way or was interrupted.
        """
        from airflow_provider_zendesk.tasks.erase import run_erasure

        return run_erasure(self, context)
