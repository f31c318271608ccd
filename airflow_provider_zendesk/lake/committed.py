# SPDX-License-Identifier: Apache-2.0
"""Which windows of a resource are committed, as the names of the manifests say, and the manifests that count."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.documents import read_manifest
from airflow_provider_zendesk.lake.layout import MANIFESTS, manifests, months_touched, parse, parse_of
from airflow_provider_zendesk.lake.overlapping import executor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.manifest import Manifest
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.window import Window

_LOOKS = 10


class Latest(NamedTuple):
    """
    The revision of a window that counts.

    :param name: the name of its manifest.
    :param revisions: how many revisions of the window are stored; more than one if it is being replaced.
    """

    name: str
    window: Window
    manifest: Manifest
    revisions: int


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


def committed_resources(storage: Storage) -> list[str]:
    """Return the names of the resources that have manifests, as these say; it lists all manifests."""
    return sorted({one.dataset for name in storage.find(MANIFESTS) if (one := parse(name)) is not None})


def latest_manifests(storage: Storage, look: Callable[[], Mapping[str, ObjectName]]) -> list[Latest]:
    """
    Return the manifest of the highest revision of each window, in order of time.

    If a window is replaced between the listing and the reading, everything is listed again, so no window is missing and
    none is there twice.

    :param look: lists the committed revisions of the windows that matter, by the name of their manifest.
    :raises ExportStorageError: if a manifest is damaged, or if windows are replaced each time.
    """
    for _ in range(_LOOKS):
        found = sorted(look().items(), key=lambda item: item[1])
        highest = {one.window: name for name, one in found}
        revisions = Counter(one.window for _, one in found)
        try:
            with executor(storage.concurrency) as pool:
                read = list(pool.map(partial(read_manifest, storage), highest.values()))
        except FileNotFoundError as error:
            missing = error
            continue
        return [
            Latest(name, window, manifest, revisions[window])
            for (window, name), manifest in zip(highest.items(), read, strict=True)
        ]
    raise ExportStorageError(
        f"windows were replaced each of the {_LOOKS} times that they were read ({missing}); retry later"
    )


def _parsed(resource: str, names: list[str]) -> dict[str, ObjectName]:
    return {name: one for name in names if (one := parse_of(resource, name)) is not None}
