# SPDX-License-Identifier: Apache-2.0
"""The outlet that ``emit_asset`` adds to an export."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import Asset, AssetAlias

from airflow_provider_zendesk.urls import is_relative, without_connection

ALIAS = "zendesk_exports"
"""The name of the alias where the asset's URL is only known when the task runs."""


def outlet_of(path: Any, resource: Any) -> Any:
    """
    Return the asset of a dataset; an alias if a template or another task still has to say which one it is.

    The arguments are not checked here, since a DAG file that is parsed should not fail for them.
    """
    texts = (path, resource)
    is_known = all(isinstance(text, str) and text.isascii() and "{" not in text for text in texts)
    if not is_known or is_relative(path):
        return AssetAlias(ALIAS)
    return Asset(f"{without_connection(path)}/{resource}")
