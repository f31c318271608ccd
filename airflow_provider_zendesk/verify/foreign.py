# SPDX-License-Identifier: Apache-2.0
"""Finds files that others put into our own folders. They do no harm, and we never move or delete them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from airflow_provider_zendesk.catalogue import is_known
from airflow_provider_zendesk.exceptions import ExportStorageAccessError
from airflow_provider_zendesk.lake.layout import (
    LIMITS,
    MANIFESTS,
    STAGING,
    manifests,
    months_touched,
    parse_of,
    rate_limit_hint,
    staging,
)
from airflow_provider_zendesk.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.window import Window

# The temporary file of a rate-limit hint whose write was killed.
_SCRAP = re.compile(rf"{LIMITS}/[0-9a-f]{{32}}\.tmp")


def foreign(storage: Storage, resource: str, period: Window | None) -> tuple[str, ...]:
    """
    Return the names of other people's files in the folders for manifests, staging and rate-limit hints.

    Files in the folders of other resources are left to the verification of those resources.

    :param period: look only at the manifests and the staging of this resource in this period; None: everywhere.
    """
    found = [name for name in _names(storage, resource, period) if parse_of(resource, name) is None]
    # These are only hints, so it does not matter if the folder cannot be read.
    with suppress(ExportStorageAccessError):
        found += [name for name in storage.find(LIMITS) if not _is_rate_limit_hint(name)]
        found += [f"{folder}/" for folder in storage.folders(LIMITS)]
    return tuple(sorted(name for name in found if not _is_of_another(resource, name)))


def _names(storage: Storage, resource: str, period: Window | None) -> Iterator[str]:
    """Yield the names of all objects in the folders for manifests and staging, or those in the period's folders."""
    if period is None:
        for folder in (MANIFESTS, STAGING):
            yield from storage.find(folder)
        return
    own = manifests(resource)
    for folder in (MANIFESTS, own, *(f"{own}/{name}" for name in months_touched(period)), STAGING):
        yield from storage.files(folder)
    yield from storage.find(staging(resource))


def _is_rate_limit_hint(name: str) -> bool:
    limits = {endpoint.rate_limit for entry in RESOURCES.values() for endpoint in entry.endpoints}
    return name in map(rate_limit_hint, limits) or _SCRAP.fullmatch(name) is not None


def _is_of_another(resource: str, name: str) -> bool:
    """Return True if an object is in the folder of another resource, whose name may have one part or two."""
    folders = name.split("/")[1:-1]
    owners = ("/".join(folders[:count]) for count in (1, 2))
    return any(is_known(owner) and owner != resource for owner in owners)
