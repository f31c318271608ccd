# SPDX-License-Identifier: Apache-2.0
"""
Names and folders below the root. Their form is a contract with everyone who reads the lake.

Others may put files there too. A listed name counts as one of this package's only if it has exactly the form defined
here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.window import PartitionBy, Window, partition_folder

SUFFIXES = tuple(FORMATS)
"""The suffixes of part names, one for each file format."""

MANIFESTS = "_manifests"
STAGING = "_staging"
LIMITS = "_limits"

_STAMP = "%Y%m%dT%H%M%SZ"
_BOUND = "[0-9]{8}T[0-9]{6}Z"
_STEM = f"(?P<stem>{_BOUND}-{_BOUND})"
_REVISION = "r(?P<revision>0|[1-9][0-9]*)"
_MANIFEST = re.compile(rf"{_STEM}-{_REVISION}\.json")
_PART = re.compile(rf"{_STEM}-{_REVISION}-[0-9]{{5}}\.(?:{'|'.join(map(re.escape, SUFFIXES))})")
_STAGED = re.compile(rf"{_STEM}/{_REVISION}/(?:intent\.json|[^/]+/.+)")
_KINDS: tuple[PartitionBy, ...] = ("hour", "day", "month")


class Committed(msgspec.Struct, frozen=True, order=True):
    """
    A window and a revision, as read from a name: that of a manifest, a part or a staged file.

    :param window: the bounds of the window.
    :param revision: 0 for the window's first export, one more for each export that replaced it.
    """

    window: Window
    revision: int


class WindowNames(msgspec.Struct, frozen=True):
    """
    The names of everything that belongs to one window of a resource, relative to the root.

    :param resource: the resource's name.
    :param window: the window.
    :param partition_by: what its partition folder is named after.
    """

    resource: str
    window: Window
    partition_by: PartitionBy

    def folder(self, dataset: str) -> str:
        """Return the folder that holds this window's rows of a dataset."""
        return "/".join(filter(None, (dataset, partition_folder(self.window, self.partition_by))))

    def part(self, dataset: str, revision: int, index: int, suffix: str) -> str:
        """Return the final name of a part; readers see rows only under final names."""
        return f"{self.folder(dataset)}/{stem(self.window)}-r{revision}-{index:05d}.{suffix}"

    def manifest(self, revision: int) -> str:
        """Return the name of a revision's manifest; the revision is committed if it exists."""
        return f"{manifests(self.resource)}/{stem(self.window)}-r{revision}.json"

    @property
    def staging(self) -> str:
        """Return the window's staging folder."""
        return f"{staging(self.resource)}/{stem(self.window)}"

    def intent(self, revision: int) -> str:
        """Return the name of a revision's intent."""
        return f"{self.staging}/r{revision}/intent.json"

    def attempt(self, revision: int, attempt: str) -> str:
        """Return the folder in which one attempt at a revision stages its parts."""
        return f"{self.staging}/r{revision}/{attempt}"

    def revision_of_part(self, name: str) -> int | None:
        """Return the revision of a part of this window, of any dataset; None for any other name."""
        return self._revision_of(parse_part_name(self.resource, name))

    def revision_of_staged(self, name: str) -> int | None:
        """Return the revision of an object in this window's staging; None for any other name."""
        return self._revision_of(parse_staged_name(self.resource, name))

    def _revision_of(self, one: Committed | None) -> int | None:
        return one.revision if one is not None and one.window == self.window else None


def late_dataset(resource: str) -> str:
    """Return the dataset for late rows: those read after their own window was closed."""
    return f"{resource}__late"


def stem(window: Window) -> str:
    """Return ``20261120T000000Z-20261121T000000Z``."""
    start, end = (datetime.fromtimestamp(bound, UTC).strftime(_STAMP) for bound in (window.start, window.end))
    return f"{start}-{end}"


def manifests(resource: str) -> str:
    """Return the folder of a resource's manifests."""
    return f"{MANIFESTS}/{resource}"


def staging(resource: str) -> str:
    """Return the folder of a resource's staging."""
    return f"{STAGING}/{resource}"


def rate_limit_hint(rate_limit: str) -> str:
    """Return the name of a rate limit's hint."""
    return f"{LIMITS}/{rate_limit}.json"


def resource_of_manifest(name: str) -> str | None:
    """Return the resource of a manifest, which may be missing from the catalogue; None for any other name."""
    folder = name.rpartition("/")[0]
    is_manifest = folder.startswith(f"{MANIFESTS}/") and parse_manifest_name(name) is not None
    return folder.removeprefix(f"{MANIFESTS}/") if is_manifest else None


def parse_manifest_name(name: str) -> Committed | None:
    """Return the window and revision of a manifest's name; None for any other name."""
    return _committed(_MANIFEST.fullmatch(name.rpartition("/")[2]))


def parse_part_name(resource: str, name: str) -> Committed | None:
    """Return the window and revision of the name of a part of a resource or its sideloads; None for any other name."""
    folder, _, last = name.rpartition("/")
    one = _committed(_PART.fullmatch(last))
    if one is None:
        return None
    partitions = "|".join(re.escape(partition_folder(one.window, kind)) for kind in _KINDS)
    is_there = re.fullmatch(rf"{re.escape(resource)}(?:__[^/]+)?(?:/(?:{partitions}))?", folder)
    return one if is_there else None


def parse_staged_name(resource: str, name: str) -> Committed | None:
    """Return the window and revision of the name of an object staged for a resource; None for any other name."""
    folder = f"{staging(resource)}/"
    return _committed(_STAGED.fullmatch(name.removeprefix(folder))) if name.startswith(folder) else None


def _committed(match: re.Match[str] | None) -> Committed | None:
    """Return the window and revision of a match; None if its digits are not the bounds of a possible window."""
    if match is None:
        return None
    try:
        window = Window(*map(_epoch, match["stem"].split("-")))
    except ValueError:
        return None
    if window.start >= window.end or stem(window) != match["stem"]:
        return None
    return Committed(window, int(match["revision"]))


def _epoch(stamp: str) -> int:
    return int(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp())
