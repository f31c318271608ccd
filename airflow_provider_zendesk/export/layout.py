# SPDX-License-Identifier: Apache-2.0
"""Names and places below the root. What they look like is a contract with whoever reads the lake."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from airflow_provider_zendesk.window import PartitionBy, Window, partition_folder

_STAMP = "%Y%m%dT%H%M%SZ"
_MANIFEST = re.compile(r"(\d{8}T\d{6}Z)-(\d{8}T\d{6}Z)-r(\d+)\.json")


class Committed(msgspec.Struct, frozen=True, order=True):
    """
    A committed window, as the name of its manifest tells.

    :param window: its bounds.
    :param revision: 0 for the first export of it, one more for each that replaced it.
    """

    window: Window
    revision: int


class WindowNames(msgspec.Struct, frozen=True):
    """
    The names of everything that belongs to one window of a resource, relative to the root.

    :param resource: the resource's name.
    :param window: the window.
    :param partition_by: what its folder is named for.
    """

    resource: str
    window: Window
    partition_by: PartitionBy

    def folder(self, dataset: str) -> str:
        """Return where a dataset's rows of this window lie."""
        return "/".join(filter(None, (dataset, partition_folder(self.window, self.partition_by))))

    def part(self, dataset: str, revision: int, index: int, suffix: str) -> str:
        """Return the final name of a part: the only place where readers see rows."""
        return f"{self.folder(dataset)}/{stem(self.window)}-r{revision}-{index:05d}.{suffix}"

    def manifest(self, revision: int) -> str:
        """Return the name whose existence means: this revision is committed."""
        return f"{manifests(self.resource)}/{stem(self.window)}-r{revision}.json"

    @property
    def staging(self) -> str:
        """Return the folder of what is not committed yet."""
        return f"{staging(self.resource)}/{stem(self.window)}"

    def intent(self, revision: int) -> str:
        """Return the name of a revision's intent."""
        return f"{self.staging}/r{revision}/intent.json"

    def attempt(self, revision: int, attempt: str) -> str:
        """Return the folder in which one attempt at a revision stages its parts."""
        return f"{self.staging}/r{revision}/{attempt}"

    def revision_of_part(self, name: str) -> int:
        """Return the revision of a part of this window."""
        return int(name.rpartition(f"{stem(self.window)}-r")[2].partition("-")[0])

    def revision_of_staged(self, name: str) -> int:
        """Return the revision that an object in this window's staging belongs to."""
        return int(name.removeprefix(f"{self.staging}/r").partition("/")[0])


def late_dataset(resource: str) -> str:
    """Return the dataset of rows that came after the window they belong to was left."""
    return f"{resource}__late"


def stem(window: Window) -> str:
    """Return ``20261120T000000Z-20261121T000000Z``."""
    start, end = (datetime.fromtimestamp(bound, UTC).strftime(_STAMP) for bound in (window.start, window.end))
    return f"{start}-{end}"


def manifests(resource: str) -> str:
    """Return the folder of a resource's manifests."""
    return f"_manifests/{resource}"


def staging(resource: str) -> str:
    """Return the folder of a resource's staging."""
    return f"_staging/{resource}"


def parse_manifest_name(name: str) -> Committed | None:
    """Return what a manifest's name tells, None for any other name."""
    match = _MANIFEST.fullmatch(name.rpartition("/")[2])
    if match is None:
        return None
    try:
        return Committed(Window(_epoch(match[1]), _epoch(match[2])), int(match[3]))
    except ValueError:
        return None  # digits in the right places, but no date


def _epoch(stamp: str) -> int:
    return int(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp())
