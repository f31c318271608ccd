# SPDX-License-Identifier: Apache-2.0
"""The outlets of a task that exports, and the events that Airflow makes for them once the task has succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import Asset, AssetAlias

from airflow_provider_zendesk.urls import is_relative, without_connection
from airflow_provider_zendesk.version_compat import asset_types

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


ALIAS = "zendesk_exports"
"""The name of the alias where the asset's URL is only known when the task runs."""


def outlet_of(path: Any, resource: Any) -> Any:
    """
    Return the outlet that ``emit_asset`` adds: the asset of a dataset, or an alias.

    It is an alias if a template or another task still has to say which dataset it is. The arguments are not checked here,
    since a DAG file that is parsed should not fail for them.
    """
    texts = (path, resource)
    is_known = all(isinstance(text, str) and text.isascii() and "{" not in text for text in texts)
    if not is_known or is_relative(path):
        return AssetAlias(ALIAS)
    return Asset(f"{without_connection(path)}/{resource}")


class Outlets:
    """
    The outlets of a running task.

    :param task: the operator, with ``outlets``, ``emit_asset`` and ``has_own_outlet``.
    :param context: the context of the run.
    :param url: the URL of the dataset, without the connection.
    :raises ValueError: if ``emit_asset`` is set and Airflow allows no asset of this URL.
    """

    def __init__(self, task: Any, context: Context, url: str) -> None:
        self._task = task
        self._context = context
        self._asset = Asset(url) if task.emit_asset else None

    def announce(self, extra: dict[str, Any], *, is_news: bool) -> None:
        """
        See to it that the events of the outlets say what was exported.

        :param extra: what they say.
        :param is_news: False: there shall be no event.
        """
        task, assets = self._task, asset_types()
        events: Any = self._context.get("outlet_events")
        if not is_news:
            # Airflow makes an event for each asset that is among the outlets when the task ends.
            task.outlets = [outlet for outlet in task.outlets if not isinstance(outlet, assets)]
            return
        if self._asset is not None:
            self._add_asset(self._asset)
        if events is None:
            return
        for outlet in task.outlets:
            if isinstance(outlet, assets):
                events[outlet].extra = extra
            elif self._asset is not None and isinstance(outlet, AssetAlias):
                events[outlet].add(self._asset, extra=extra)

    def _add_asset(self, asset: Any) -> None:
        """Add the asset, unless an alias stands for it."""
        task, instance = self._task, self._context.get("ti")
        is_mapped = getattr(instance, "map_index", -1) not in (None, -1)
        if is_mapped and task.has_own_outlet:
            # The DAG does not know the outlets of a mapped task but those of partial(); Airflow 2.11 refuses an unknown alias.
            task.outlets = [asset]
        elif not any(outlet == asset or isinstance(outlet, AssetAlias) for outlet in task.outlets):
            task.outlets = [*task.outlets, asset]
