# SPDX-License-Identifier: Apache-2.0
"""What OpenLineage asks an operator, if its provider is installed."""

from __future__ import annotations

from typing import Any


class WithLineage:
    """
    Names the Zendesk resource as the input of a task, and the dataset in storage as its output.

    Once the task has succeeded, the output has its columns, and the numbers of rows, bytes and files.
    """

    result: dict[str, Any] | None = None
    """The summary of the task, once it has one."""

    def get_openlineage_facets_on_start(self) -> Any:
        return self._lineage(None)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        return self._lineage(self.result)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Any:
        return self._lineage(None)

    def _lineage(self, result: dict[str, Any] | None) -> Any:
        from airflow_provider_zendesk.tasks.lineage import lineage

        return lineage(self, result)
