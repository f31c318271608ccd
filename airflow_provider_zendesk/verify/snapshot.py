# SPDX-License-Identifier: Apache-2.0
"""What is stored for a resource, read in an order such that a concurrent commit cannot look like damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.catalogue import is_known
from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.committed import committed_resources
from airflow_provider_zendesk.lake.documents import read_manifest
from airflow_provider_zendesk.lake.layout import ObjectName, partition_of, prefixes_of_month
from airflow_provider_zendesk.lake.manifest import File, Manifest
from airflow_provider_zendesk.lake.marker import read_marker
from airflow_provider_zendesk.lake.staging import Staged, staged
from airflow_provider_zendesk.lake.storage import Stored
from airflow_provider_zendesk.verify.foreign import foreign
from airflow_provider_zendesk.window import PartitionBy, Window, cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.storage import Storage


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is stored for a resource in a period of time.

    :param scope: the period; windows that overlap it are included.
    :param revisions: the committed revisions by the name of their manifest.
    :param current: the highest revision of each window.
    :param manifests: the manifests of the current revisions, if they can be read.
    :param unreadable: why the other manifests cannot be read.
    :param stored: the objects in the dataset folders, of any time.
    :param staged: what is in staging, of any time.
    :param foreign: names of other people's files in the other folders.
    """

    resource: str
    scope: Window
    revisions: dict[str, ObjectName]
    current: dict[str, ObjectName]
    manifests: dict[str, Manifest]
    unreadable: dict[str, str]
    stored: dict[str, Stored]
    staged: tuple[Staged, ...]
    foreign: tuple[str, ...]

    def files(self) -> list[File]:
        """Return the files that the manifests list."""
        return [file for manifest in self.manifests.values() for file in manifest.files]

    def under_way(self) -> set[Window]:
        """Return the windows with an intent."""
        return {one.window for one in self.staged if one.has_intent}

    def partition_by(self) -> PartitionBy:
        """Return how the dataset is partitioned, from its files' folders; None also if they differ or there are none."""
        found = {
            partition_of(self.current[name].window, file.dataset, file.path)
            for name, manifest in self.manifests.items()
            for file in manifest.files
        }
        return found.pop() if len(found) == 1 else None


def take_snapshot(
    storage: Storage,
    resource: str,
    scope: Window,
    committed: dict[str, ObjectName],
    period: Window | None = None,
) -> Snapshot:
    """
    Return a snapshot of what is stored.

    :param committed: the resource's committed revisions, listed just before.
    :param period: look at the files of the months of this period only, and of those in which its windows start; None: at
        all files.
    """
    revisions = {name: one for name, one in committed.items() if one.window.overlaps(scope)}
    highest = {one.window: name for name, one in sorted(revisions.items(), key=lambda item: item[1])}
    current = {name: revisions[name] for name in highest.values()}
    manifests, unreadable = _read(storage, current)
    stored = _stored_objects(storage, resource, manifests.values(), period)
    return Snapshot(
        resource=resource,
        scope=scope,
        revisions=revisions,
        current=current,
        manifests=manifests,
        unreadable=unreadable,
        stored=stored,
        # Staging is read last: a file found above that is being committed now has either an intent, which is still found here,
        # or a manifest that did not exist before, so that the caller checks again.
        staged=staged(storage, resource),
        foreign=foreign(storage, resource, period),
    )


def exported_resources(storage: Storage) -> list[str]:
    """
    Return the names of the resources that have manifests.

    :raises ExportConflictError: if the root has the layout of another version of this package.
    """
    read_marker(storage)
    return list(filter(is_known, committed_resources(storage)))


def _read(storage: Storage, names: Iterable[str]) -> tuple[dict[str, Manifest], dict[str, str]]:
    """Return the manifests that can be read, and why the others cannot."""
    manifests, unreadable = {}, {}
    for name in names:
        try:
            manifests[name] = read_manifest(storage, name)
        except FileNotFoundError:
            unreadable[name] = f"{name} no longer exists, although it was just listed"
        except ExportStorageError as error:
            unreadable[name] = str(error)
    return manifests, unreadable


def _stored_objects(
    storage: Storage, resource: str, manifests: Iterable[Manifest], period: Window | None
) -> dict[str, Stored]:
    """Return the objects in the resource's dataset folders, those of sideloads included."""
    manifests = list(manifests)
    prefixes = {""}
    if period is not None:
        windows = [*cut(period, "month"), *(manifest.window.window() for manifest in manifests)]
        prefixes = {prefix for window in windows for prefix in prefixes_of_month(window)}
    listed = {file.dataset for manifest in manifests for file in manifest.files}
    beside = storage.folders(resource.rpartition("/")[0])
    datasets = {resource, *listed, *(folder for folder in beside if folder.startswith(f"{resource}__"))}
    return {
        name: stored
        for dataset in sorted(datasets)
        for prefix in sorted(prefixes)
        for name, stored in storage.details(dataset, prefix).items()
    }
