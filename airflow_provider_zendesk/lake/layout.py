# SPDX-License-Identifier: Apache-2.0
"""
Names and folders below the root. Their form is a contract with everyone who reads the lake.

Others may put files there too. A listed name counts as one of this package's only if it has exactly the form defined
here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

import msgspec

from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.names import is_safe
from airflow_provider_zendesk.window import PartitionBy, Window, partition_folder

SUFFIXES = tuple(FORMATS)
"""The suffixes of part names, one for each file format."""

MANIFESTS = "_manifests"
STAGING = "_staging"
LIMITS = "_limits"
MARKER = "_lake.json"
ACROSS_MONTHS = "across-months"

Kind = Literal["manifest", "part", "intent", "checkpoint", "staged", "scratch"]

_STAMP = "%Y%m%dT%H%M%SZ"
_BOUND = "[0-9]{8}T[0-9]{6}Z"
_STEM = f"(?P<stem>{_BOUND}-{_BOUND})"
_REVISION = "r(?P<revision>0|[1-9][0-9]{0,8})"
_SUFFIX = "|".join(map(re.escape, SUFFIXES))
_KINDS: tuple[PartitionBy, ...] = ("hour", "day", "month")
_FORMS: dict[Kind, re.Pattern[str]] = {
    "manifest": re.compile(rf"{MANIFESTS}/(?P<folder>.+)/{_STEM}-{_REVISION}\.json"),
    "intent": re.compile(rf"{STAGING}/(?P<folder>.+?)/{_STEM}/{_REVISION}/intent\.json"),
    "checkpoint": re.compile(rf"{STAGING}/(?P<folder>.+?)/{_STEM}/{_REVISION}/[^/]+/checkpoint-[0-9]+\.json"),
    "staged": re.compile(rf"{STAGING}/(?P<folder>.+?)/{_STEM}/{_REVISION}/[^/]+/.+"),
    "scratch": re.compile(rf"{STAGING}/(?P<folder>.+)/{_STEM}-{_REVISION}-[0-9a-f]{{32}}\.tmp"),
    "part": re.compile(rf"(?P<folder>[^_].*)/{_STEM}-{_REVISION}-[0-9]{{5}}\.(?:{_SUFFIX})"),
}


class ObjectName(msgspec.Struct, frozen=True, order=True):
    """
    An object's name, taken apart. Names are in order of their window and revision.

    :param window: the bounds of the window.
    :param revision: 0 for the window's first export, one more for each export that replaced it.
    :param kind: what the object is.
    :param dataset: of a part the dataset, otherwise the resource; it may be missing from the catalogue.
    """

    window: Window
    revision: int
    kind: Kind
    dataset: str

    def is_of(self, resource: str) -> bool:
        """True if the object is a resource's, or holds its sideloads or late rows."""
        beside = self.dataset.removeprefix(f"{resource}__")
        # Custom objects have no sideloads, and custom_objects/a__b is one of its own.
        is_name = beside == "late" if "/" in resource else "/" not in beside
        is_beside = self.kind == "part" and beside != self.dataset and is_name and is_safe(beside)
        return is_beside or self.dataset == resource


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
        return f"{self.manifests}/{stem(self.window)}-r{revision}.json"

    @property
    def prefix_of_month(self) -> str:
        """Return how the names of this window's parts, and of others of the same month, begin below their dataset's folder."""
        day, month, none = prefixes_of_month(self.window)
        return {"hour": day, "day": day, "month": month}.get(str(self.partition_by), none)

    @property
    def manifests(self) -> str:
        """Return the folder of the window's manifests."""
        return f"{manifests(self.resource)}/{month(self.window)}"

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

    def scratch(self, revision: int) -> str:
        """Return how the names of a revision's scratch files begin; see :meth:`Storage.with_scratch`."""
        return f"{self.staging}-r{revision}-"

    def parse(self, name: str) -> ObjectName | None:
        """Take a name of one of this window's objects apart, those of its sideloads included; None for any other name."""
        found = parse_of(self.resource, name)
        return found if found and found.window == self.window else None


def check_dataset(resource: str, dataset: str) -> None:
    """
    Check that a dataset is a resource's.

    :raises ValueError: if it is not.
    """
    if not ObjectName(Window(0, 1), 0, "part", dataset).is_of(resource):
        raise ValueError(
            f"dataset={dataset!r} is none of {resource!r}; give {resource!r} for its own rows, '{resource}__late' for late rows, "
            f"or a sideload such as '{resource}__users'"
        )


def late_dataset(resource: str) -> str:
    """Return the dataset for late rows: those read after their own window was closed."""
    return f"{resource}__late"


def partition_of(window: Window, dataset: str, path: str) -> PartitionBy:
    """Return what the partition folder of a window's part is named after; None if it has none."""
    folder = path.rpartition("/")[0]
    return next((kind for kind in _KINDS if folder == f"{dataset}/{partition_folder(window, kind)}"), None)


@lru_cache
def stem(window: Window) -> str:
    """Return ``20261120T000000Z-20261121T000000Z``."""
    start, end = (datetime.fromtimestamp(bound, UTC).strftime(_STAMP) for bound in (window.start, window.end))
    return f"{start}-{end}"


def manifests(resource: str) -> str:
    """Return the folder of a resource's manifests."""
    return f"{MANIFESTS}/{resource}"


def month(window: Window) -> str:
    """
    Return the folder of a window's manifests below those of its resource: its UTC month, ``2026-11``.

    Windows that are not inside one month share a folder. So whoever looks for the windows that overlap another one lists
    the folders of the months it touches, and that one.
    """
    first, last = (
        datetime.fromtimestamp(moment, UTC).strftime("%Y-%m") for moment in (window.start, window.end - 1)
    )
    return first if first == last else ACROSS_MONTHS


def is_month(folder: str) -> bool:
    """Return True if a folder below a resource's manifests is one of those that :func:`month` names."""
    return folder == ACROSS_MONTHS or re.fullmatch("[0-9]{4}-[0-9]{2}", folder) is not None


def months_touched(window: Window) -> list[str]:
    """Return the names of all folders that may have manifests of windows that overlap this one."""
    first = datetime.fromtimestamp(window.start, UTC)
    last = datetime.fromtimestamp(window.end - 1, UTC)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    numbers = range(first.month - 1, first.month - 1 + count)
    return [*(f"{first.year + number // 12}-{number % 12 + 1:02d}" for number in numbers), ACROSS_MONTHS]


def prefixes_of_month(window: Window) -> tuple[str, ...]:
    """Return how the names of all parts of the month in which a window starts begin, below their dataset's folder."""
    start = datetime.fromtimestamp(window.start, UTC)
    return f"dt={start:%Y-%m}", f"month={start:%Y-%m}", f"{start:%Y%m}"


def staging(resource: str) -> str:
    """Return the folder of a resource's staging."""
    return f"{STAGING}/{resource}"


def rate_limit_hint(rate_limit: str) -> str:
    """Return the name of a rate limit's hint."""
    return f"{LIMITS}/{rate_limit}.json"


def parse(name: str) -> ObjectName | None:
    """
    Take the name of a manifest, a part or an object in staging apart.

    :param name: relative to the root.
    :return: None if it does not have exactly the form that this package gives to names.
    """
    if not is_safe(name):
        return None
    for kind, form in _FORMS.items():
        match = form.fullmatch(name)
        window = _window(match["stem"]) if match else None
        if match and window:
            folder = match["folder"]
            if kind == "part":
                folder = _dataset(folder, window)
            elif kind == "manifest":
                folder, _, there = folder.rpartition("/")
                if there != month(window):
                    return None
            return ObjectName(window, int(match["revision"]), kind, folder)
    return None


def parse_of(resource: str, name: str) -> ObjectName | None:
    """Take the name of one of a resource's objects apart, those of its sideloads included; None for any other name."""
    found = parse(name)
    return found if found and found.is_of(resource) else None


def manifest_of_layout_1(name: str) -> str | None:
    """Return the name that a manifest of layout 1, which had no folders for months, has now; None for any other name."""
    match = _FORMS["manifest"].fullmatch(name)
    window = _window(match["stem"]) if match else None
    if match is None or window is None or parse(name) is not None:
        return None
    return f"{MANIFESTS}/{match['folder']}/{month(window)}/{name.rpartition('/')[2]}"


def _window(stem_: str) -> Window | None:
    """Return the window of a stem; None if its digits are not the bounds of a possible one."""
    try:
        window = Window(*map(_epoch, stem_.split("-")))
    except ValueError:
        return None
    return window if window.start < window.end and stem(window) == stem_ else None


def _dataset(folder: str, window: Window) -> str:
    """Return the dataset of a folder: the folder itself, or what is above the window's partition folder."""
    for kind in _KINDS:
        if folder.endswith(partition := f"/{partition_folder(window, kind)}"):
            return folder.removesuffix(partition)
    return folder


def _epoch(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())
