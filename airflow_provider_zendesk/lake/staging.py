# SPDX-License-Identifier: Apache-2.0
"""Lists what is in staging and removes what has been there too long."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.lake.layout import ObjectName, WindowNames, parse_of, staging
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.storage import Storage

OLD_DAYS = 7
_DAY = 86400

StagedNames = dict[Window, dict[str, ObjectName]]
"""What is staged: by window, the names of the objects, taken apart."""


class Staged(msgspec.Struct, frozen=True):
    """
    What is staged for a window.

    :param folder: the window's staging folder.
    :param window: the window.
    :param names: the names of the objects in that folder that this package has put there.
    :param newest: when the last of them was put, UTC epoch seconds; None if the driver does not say.
    :param has_intent: there is an intent, so the objects must stay until it is carried out, which removes them.
    """

    folder: str
    window: Window
    names: tuple[str, ...]
    newest: float | None
    has_intent: bool

    def is_old(self) -> bool:
        """Return True if nothing was put there for 7 days; no attempt resumes from it after that."""
        return self.newest is not None and self.newest < time.time() - OLD_DAYS * _DAY


def list_staged(storage: Storage, resource: str) -> StagedNames:
    """Return the names of what is staged for a resource, by window; one listing, whatever is committed."""
    return _by_window(resource, storage.find(staging(resource)))


def staged(storage: Storage, resource: str) -> tuple[Staged, ...]:
    """Return what is staged for a resource, one item per window."""
    details = storage.details(staging(resource))
    return tuple(
        Staged(
            WindowNames(resource, window, None).staging,
            window,
            tuple(names),
            _newest([details[name].modified for name in names]),
            any(one.kind == "intent" for one in names.values()),
        )
        for window, names in sorted(_by_window(resource, details).items())
    )


def _by_window(resource: str, names: Iterable[str]) -> StagedNames:
    found: StagedNames = defaultdict(dict)
    for name in names:
        if (one := parse_of(resource, name)) is not None:
            found[one.window][name] = one
    return found


def prune(storage: Storage, resource: str) -> tuple[Staged, ...]:
    """Delete old staging that has no intent, and return what was deleted."""
    useless = tuple(one for one in staged(storage, resource) if one.is_old() and not one.has_intent)
    for one in useless:
        storage.delete(one.names)
    return useless


def _newest(moments: list[float | None]) -> float | None:
    """Return the latest moment; None if any of them is unknown."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None
