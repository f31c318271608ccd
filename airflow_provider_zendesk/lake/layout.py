# SPDX-License-Identifier: Apache-2.0
"""
Names and places below the root. What they look like is a contract with whoever reads the lake.

Others put files there too. What is read back from a listing is ours only if it is exactly what is written here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from airflow_provider_zendesk.window import PartitionBy, Window, partition_folder

SUFFIXES = ("jsonl.gz",)
"""What a part's name may end with: one for each file format."""

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
    A revision of a window, as a name tells: that of its manifest, of a part, or of what is staged for it.

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

    def revision_of_part(self, name: str) -> int | None:
        """Return the revision of a part of this window, of whichever dataset; None for any other name."""
        return self._revision_of(parse_part_name(self.resource, name))

    def revision_of_staged(self, name: str) -> int | None:
        """Return the revision that an object in this window's staging belongs to; None for any other name."""
        return self._revision_of(parse_staged_name(self.resource, name))

    def _revision_of(self, one: Committed | None) -> int | None:
        return one.revision if one is not None and one.window == self.window else None


def late_dataset(resource: str) -> str:
    """Return the dataset of rows that came after the window they belong to was left."""
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
    """Return the name of the note of a rate limit."""
    return f"{LIMITS}/{rate_limit}.json"


def resource_of_manifest(name: str) -> str | None:
    """Return the resource in whose folder a manifest is, which the catalogue may lack; None for any other name."""
    folder = name.rpartition("/")[0]
    is_manifest = folder.startswith(f"{MANIFESTS}/") and parse_manifest_name(name) is not None
    return folder.removeprefix(f"{MANIFESTS}/") if is_manifest else None


def parse_manifest_name(name: str) -> Committed | None:
    """Return what a manifest's name tells, None for any other name."""
    return _told(_MANIFEST.fullmatch(name.rpartition("/")[2]))


def parse_part_name(resource: str, name: str) -> Committed | None:
    """Return what the name of a part of a resource tells, those of its sideloads included; None for any other name."""
    folder, _, last = name.rpartition("/")
    one = _told(_PART.fullmatch(last))
    if one is None:
        return None
    partitions = "|".join(re.escape(partition_folder(one.window, kind)) for kind in _KINDS)
    is_there = re.fullmatch(rf"{re.escape(resource)}(?:__[^/]+)?(?:/(?:{partitions}))?", folder)
    return one if is_there else None


def parse_staged_name(resource: str, name: str) -> Committed | None:
    """Return what the name of something staged for a resource tells, None for any other name."""
    folder = f"{staging(resource)}/"
    return _told(_STAGED.fullmatch(name.removeprefix(folder))) if name.startswith(folder) else None


def _told(match: re.Match[str] | None) -> Committed | None:
    """Return what a name tells; None if it has digits in the right places, but no window that would be named so."""
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
