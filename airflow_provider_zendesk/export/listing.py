# SPDX-License-Identifier: Apache-2.0
"""The names of the manifests and files of a run's windows, for whoever loads them next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.layout import parse, parse_of, stem
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.layout import WindowNames
    from airflow_provider_zendesk.lake.manifest import Manifest

MOST_LISTED = 500
"""So many names of each kind are kept at most: checkpoints and XCom hold them."""


class Listing(msgspec.Struct, frozen=True):
    """
    What is committed of a run's windows, by name relative to the root.

    :param manifests: one for each window; None: there are more than 500, so none is listed.
    :param files: of all datasets; None likewise.
    """

    manifests: tuple[str, ...] | None = ()
    files: tuple[str, ...] | None = ()

    def plus(self, names: WindowNames, manifest: Manifest) -> Listing:
        """Return the listing with one more window, at its end."""
        return Listing(
            _joined(self.manifests, [names.manifest(manifest.revision)]),
            _joined(self.files, [file.path for file in manifest.files]),
        )

    def in_order(self) -> Listing:
        """Return the listing in order of time."""
        return Listing(_sorted(self.manifests), _sorted(self.files))

    def check(self, resource: str, window: Window, name: str) -> None:
        """
        Check that a stored listing has only names of a resource and a run's window.

        :param name: the document that has it, for the error.
        :raises ExportStorageError: if it has any other name.
        """
        for kind, listed in (("manifest", self.manifests), ("part", self.files)):
            if len(listed or ()) > MOST_LISTED:
                raise ExportStorageError(f"{name} lists more than {MOST_LISTED} names")
            for one in listed or ():
                found = parse_of(resource, one)
                if found is None or found.kind != kind or not found.window.overlaps(window):
                    raise ExportStorageError(f"{name} lists '{quoted(one)}', which is no {kind} of its run")

    def revision(self) -> int | None:
        """Return the revision of the only window; None if there are more."""
        found = [parse(name) for name in self.manifests or ()]
        return found[0].revision if len(found) == 1 and found[0] else None

    def prefix(self, names: WindowNames) -> str | None:
        """
        Return how the names of the only window's files begin, in the resource's own dataset; None: there are more.

        A window that an earlier run committed may be in another folder than this run's partitioning would give it.

        :param names: of the window.
        """
        revision = self.revision()
        if revision is None:
            return None
        own = [name for name in self.files or () if name.startswith(f"{names.resource}/")]
        folder = own[0].rpartition("/")[0] if own else names.folder(names.resource)
        return f"{folder}/{stem(names.window)}-r{revision}-"


def _joined(listed: tuple[str, ...] | None, more: list[str]) -> tuple[str, ...] | None:
    return None if listed is None or len(listed) + len(more) > MOST_LISTED else (*listed, *more)


def _sorted(listed: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if listed is None else tuple(sorted(listed, key=_place))


def _place(name: str) -> tuple[Window, str]:
    found = parse(name)
    return (found.window if found else Window(0, 0)), name
