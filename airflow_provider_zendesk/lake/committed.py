# SPDX-License-Identifier: Apache-2.0
"""Which windows of a resource are committed, as the names of the manifests say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.lake.layout import manifests, months_touched, parse_of

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.window import Window


def committed(storage: Storage, resource: str) -> dict[str, ObjectName]:
    """Return all committed revisions of a resource, by the name of their manifest."""
    return _parsed(resource, storage.find(manifests(resource)))


def committed_near(storage: Storage, resource: str, window: Window) -> dict[str, ObjectName]:
    """
    Return the committed revisions of every window that may overlap a given one, by the name of their manifest.

    It lists one folder for each month that the given window touches, and one more.
    """
    folders = (f"{manifests(resource)}/{name}" for name in months_touched(window))
    return _parsed(resource, [name for folder in folders for name in storage.files(folder)])


def _parsed(resource: str, names: list[str]) -> dict[str, ObjectName]:
    return {name: one for name in names if (one := parse_of(resource, name)) is not None}
