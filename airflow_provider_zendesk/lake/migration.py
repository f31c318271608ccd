# SPDX-License-Identifier: Apache-2.0
"""Moves the manifests of layout 1 to where they are in layout 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.lake.layout import MANIFESTS, manifest_of_layout_1
from airflow_provider_zendesk.lake.marker import RootAccount, own_manifest

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage


def migrate(storage: Storage) -> int:
    """
    Move all manifests of layout 1 below a root, and write the root's marker. No export may run meanwhile.

    Each manifest is put under its new name before the old one is deleted, and the marker is written last, so it can be
    interrupted and run again.

    :return: how many manifests were moved.
    :raises ExportConflictError: if the manifests are of several accounts.
    :raises StorageError: if storage fails.
    """
    moved = 0
    account = None
    for name in storage.find(MANIFESTS):
        manifest = own_manifest(storage, name)
        if manifest is None:
            continue
        account = account or RootAccount(storage, manifest.account)
        account.compare(manifest.account, name)
        if new := manifest_of_layout_1(name):
            storage.put(new, storage.get(name))
            storage.delete([name])
            moved += 1
    if account is not None:
        account.claim(storage)
    return moved
