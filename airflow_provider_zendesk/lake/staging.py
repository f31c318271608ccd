# SPDX-License-Identifier: Apache-2.0
"""What lies in staging, and removing what has been there for too long."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.lake.layout import WindowNames, parse_staged_name, staging
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage

OLD_DAYS = 7
_DAY = 86400


class Staged(msgspec.Struct, frozen=True):
    """
    What is staged for a window.

    :param folder: where it lies.
    :param window: the window.
    :param names: of the objects below it, those that are ours.
    :param newest: when the last of them was put, UTC epoch seconds; None where the driver does not tell.
    :param has_intent: a commit was decided on: nothing of it may be removed but by carrying that out.
    """

    folder: str
    window: Window
    names: tuple[str, ...]
    newest: float | None
    has_intent: bool

    def is_old(self) -> bool:
        """True if nothing was put there for 7 days, after which no attempt goes on from it."""
        return self.newest is not None and self.newest < time.time() - OLD_DAYS * _DAY


def staged(storage: Storage, resource: str) -> tuple[Staged, ...]:
    """Return what is staged for a resource, by window."""
    details = storage.details(staging(resource))
    found: defaultdict[Window, list[str]] = defaultdict(list)
    intents = set()
    for name in details:
        one = parse_staged_name(resource, name)
        if one is None:
            continue
        found[one.window].append(name)
        if name == WindowNames(resource, one.window, None).intent(one.revision):
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
    """Delete old staging that no intent needs, and return what that was."""
    useless = tuple(one for one in staged(storage, resource) if one.is_old() and not one.has_intent)
    for one in useless:
        storage.delete(one.names)
    return useless


def _newest(moments: list[float | None]) -> float | None:
    """Return the latest moment; None if one of them is not known."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None
