# SPDX-License-Identifier: Apache-2.0
"""What lies in storage of a resource, read in an order that a commit at the same time cannot make look wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.commit import read_manifest
from airflow_provider_zendesk.lake.layout import MANIFESTS, Committed, WindowNames, resource_of_manifest
from airflow_provider_zendesk.lake.manifest import File, Manifest
from airflow_provider_zendesk.lake.staging import Staged, staged
from airflow_provider_zendesk.lake.storage import Stored
from airflow_provider_zendesk.resources import is_resource
from airflow_provider_zendesk.verify.foreign import foreign
from airflow_provider_zendesk.window import PartitionBy, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.storage import Storage

_KINDS: tuple[PartitionBy, ...] = ("hour", "day", "month")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """
    What lies there of a resource in a stretch of time.

    :param scope: the time; windows that reach into it are looked at.
    :param revisions: the committed revisions by the name of their manifest.
    :param standing: those of them that count: each window's highest.
    :param manifests: of the standing ones, as far as they can be read.
    :param unreadable: why the others cannot.
    :param lying: the objects in the dataset folders, whatever their time.
    :param staged: what staging holds, likewise.
    :param foreign: the names of what is not ours in the other folders.
    """

    resource: str
    scope: Window
    revisions: dict[str, Committed]
    standing: dict[str, Committed]
    manifests: dict[str, Manifest]
    unreadable: dict[str, str]
    lying: dict[str, Stored]
    staged: tuple[Staged, ...]
    foreign: tuple[str, ...]

    def files(self) -> list[File]:
        """Return what the manifests list."""
        return [file for manifest in self.manifests.values() for file in manifest.files]

    def under_way(self) -> set[Window]:
        """Return the windows with an intent."""
        return {one.window for one in self.staged if one.has_intent}

    def partition_by(self) -> PartitionBy:
        """Return how the dataset is cut, as its files' folders tell; None also if they differ or there is none."""
        for kind in _KINDS:
            lies = [
                file.path.rpartition("/")[0] == names.folder(file.dataset)
                for name, manifest in self.manifests.items()
                for names in [WindowNames(self.resource, self.standing[name].window, kind)]
                for file in manifest.files
            ]
            if lies and all(lies):
                return kind
        return None


def take_snapshot(
    storage: Storage, resource: str, scope: Window, committed: dict[str, Committed]
) -> Snapshot:
    """
    Return what lies there.

    :param committed: the resource's committed revisions, listed just now.
    """
    revisions = {name: one for name, one in committed.items() if one.window.overlaps(scope)}
    highest = {one.window: name for name, one in sorted(revisions.items(), key=lambda item: item[1])}
    standing = {name: revisions[name] for name in highest.values()}
    manifests, unreadable = _read(storage, standing)
    lying = _lying(storage, resource, manifests.values())
    return Snapshot(
        resource=resource,
        scope=scope,
        revisions=revisions,
        standing=standing,
        manifests=manifests,
        unreadable=unreadable,
        lying=lying,
        # Last: a file on its way still has its intent now, or else a manifest that was not there before.
        staged=staged(storage, resource),
        foreign=foreign(storage, resource),
    )


def exported_resources(storage: Storage) -> list[str]:
    """Return the names of the resources that have manifests."""
    found = {resource_of_manifest(name) for name in storage.find(MANIFESTS)}
    return sorted(resource for resource in found if resource is not None and is_resource(resource))


def _read(storage: Storage, names: Iterable[str]) -> tuple[dict[str, Manifest], dict[str, str]]:
    """Return the manifests that can be read, and why the others cannot."""
    manifests, unreadable = {}, {}
    for name in names:
        try:
            manifests[name] = read_manifest(storage, name)
        except FileNotFoundError:
            unreadable[name] = f"{name} is gone since it was listed"
        except ExportStorageError as error:
            unreadable[name] = str(error)
    return manifests, unreadable


def _lying(storage: Storage, resource: str, manifests: Iterable[Manifest]) -> dict[str, Stored]:
    """Return the objects in the resource's dataset folders, those of sideloads included."""
    listed = {file.dataset for manifest in manifests for file in manifest.files}
    beside = storage.folders(resource.rpartition("/")[0])
    datasets = {resource, *listed, *(folder for folder in beside if folder.startswith(f"{resource}__"))}
    return {name: stored for dataset in sorted(datasets) for name, stored in storage.details(dataset).items()}
