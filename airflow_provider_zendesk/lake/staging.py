# SPDX-License-Identifier: Apache-2.0
"""Lists what is in staging and removes what has been there too long."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.lake.layout import ObjectName, WindowNames, parse, staging
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage

OLD_DAYS = 7
_DAY = 86400


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


def list_staged(storage: Storage, resource: str) -> dict[Window, dict[str, ObjectName]]:
    """Return the names of what is staged for a resource, by window; one listing, whatever is committed."""
    found: defaultdict[Window, dict[str, ObjectName]] = defaultdict(dict)
    for name in storage.find(staging(resource)):
        one = parse(name)
        if one is not None and one.is_of(resource):
            found[one.window][name] = one
    return found


def staged(storage: Storage, resource: str) -> tuple[Staged, ...]:
    """Return what is staged for a resource, one item per window."""
    details = storage.details(staging(resource))
    found: defaultdict[Window, list[str]] = defaultdict(list)
    intents = set()
    for name in details:
        one = parse(name)
        if one is None or not one.is_of(resource):
            continue
        found[one.window].append(name)
        if one.kind == "intent":
            intents.add(one.window)
    return tuple(
        Staged(
            WindowNames(resource, window, None).staging,
            window,
            tuple(names),
            _newest([details[name].modified for name in names]),
            window in intents,
        )
        for window, names in sorted(found.items())
    )


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
