# SPDX-License-Identifier: Apache-2.0
"""The root's own file: which account its exports are of, and how its files are arranged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ExportConflictError, ExportStorageError
from airflow_provider_zendesk.lake.documents import read_manifest
from airflow_provider_zendesk.lake.layout import MANIFESTS, MARKER, manifest_of_layout_1, parse
from airflow_provider_zendesk.lake.manifest import Manifest, dump, load
from airflow_provider_zendesk.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.lake.storage import Storage

LAYOUT = 2


class Marker(msgspec.Struct, frozen=True):
    """
    What holds for everything below a root.

    :param account: the account's host.
    :param layout: 2: the manifests of a month are in a folder of their own. Roots of layout 1 have no marker.
    """

    account: str
    layout: int = LAYOUT


def read_marker(storage: Storage) -> Marker | None:
    """
    Return the root's marker; None if nothing is committed there yet, or the marker was deleted.

    :raises ExportConflictError: if the root has another layout than this version of the package.
    """
    try:
        marker = load(storage.get(MARKER), Marker, MARKER)
    except FileNotFoundError:
        if next(manifests_of_layout_1(storage), None) is not None:
            raise ExportConflictError(
                "the root was written by an earlier version of this package, which kept all manifests of a resource in one "
                "folder; upgrade every worker, then run: python -m airflow_provider_zendesk.migrate ROOT"
            ) from None
        return None
    if marker.layout != LAYOUT:
        raise ExportConflictError(
            f"the root has layout {marker.layout} (see {MARKER}), and this version of the package has layout {LAYOUT}; "
            "use the version that wrote it"
        )
    return marker


def manifests_of_layout_1(storage: Storage) -> Iterator[str]:
    """Yield the names of the manifests that an earlier version of this package wrote."""
    for name in storage.find(MANIFESTS):
        if manifest_of_layout_1(name) is not None and own_manifest(storage, name) is not None:
            yield name


def own_manifest(storage: Storage, name: str) -> Manifest | None:
    """Return a manifest; None if the file is damaged, or another one's that only looks like a manifest by its name."""
    one = parse(manifest_of_layout_1(name) or name)
    if one is None:
        return None
    try:
        return read_manifest(storage, name, one)
    except (FileNotFoundError, ExportStorageError):
        return None


class RootAccount:
    """
    Sees to it that a root holds one account.

    :param storage: the root.
    :param account: the host of the account to export.
    """

    def __init__(self, storage: Storage, account: str) -> None:
        self._storage = storage
        self._account = account
        self._claimed = False

    def check(self) -> None:
        """
        Check that the root holds this account, or nothing yet.

        :raises ExportConflictError: if it holds another account, or has another layout.
        """
        marker = read_marker(self._storage)
        if marker is not None:
            self.compare(marker.account, MARKER)
            self._claimed = True
            return
        for name in self._storage.find(MANIFESTS):
            manifest = own_manifest(self._storage, name)
            if manifest is not None:
                self.compare(manifest.account, name)
                return

    def claim(self, storage: Storage) -> None:
        """
        Write the marker before the first commit, unless it exists.

        :param storage: the root, with scratch space that is removed if this process is killed.
        :raises ExportConflictError: if an export of another account was faster.
        """
        if self._claimed:
            return
        if not storage.create(MARKER, dump(Marker(self._account))):
            self.compare(load(self._storage.get(MARKER), Marker, MARKER).account, MARKER)
        self._claimed = True

    def compare(self, account: str, name: str) -> None:
        """
        Compare the account that a file names.

        :raises ExportConflictError: if it is another one.
        """
        if account != self._account:
            raise ExportConflictError(
                f"the root holds the account '{quoted(account)}' (see {name}), and this connection is {self._account!r}; "
                "give each account a root of its own in path="
            )
