# SPDX-License-Identifier: Apache-2.0
"""What lies in staging, and removing what has been there for too long."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.export.layout import parse_manifest_name, staging
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from airflow_provider_zendesk.export.storage import Storage

OLD_DAYS = 7
_DAY = 86400


class Staged(msgspec.Struct, frozen=True):
    """
    A folder right below a resource's staging: that of a window, as a rule.

    :param folder: its name.
    :param window: the window that it is named for; None for any other name.
    :param names: of the objects below it.
    :param newest: when the last of them was put, UTC epoch seconds; None where the driver does not tell.
    :param has_intent: a commit was decided on: nothing of it may be removed but by carrying that out.
    """

    folder: str
    window: Window | None
    names: tuple[str, ...]
    newest: float | None
    has_intent: bool

    def is_old(self) -> bool:
        """True if nothing was put there for 7 days, after which no attempt goes on from it."""
        return self.newest is not None and self.newest < time.time() - OLD_DAYS * _DAY


def staged(storage: Storage, resource: str) -> tuple[Staged, ...]:
    """Return what lies in a resource's staging, by folder."""
    details = storage.details(staging(resource))
    names_by_folder = defaultdict(list)
    for name in details:
        inside = name.removeprefix(f"{staging(resource)}/")
        names_by_folder[f"{staging(resource)}/{inside.partition('/')[0]}"].append(name)
    return tuple(
        Staged(
            folder,
            _window(folder),
            tuple(names),
            _newest([details[name].modified for name in names]),
            any(name.endswith("/intent.json") for name in names),
        )
        for folder, names in sorted(names_by_folder.items())
    )


def prune(storage: Storage, resource: str) -> tuple[Staged, ...]:
    """Delete old staging that no intent needs, and return what that was."""
    useless = tuple(one for one in staged(storage, resource) if one.is_old() and not one.has_intent)
    for one in useless:
        storage.delete(one.names)
    return useless


def _window(folder: str) -> Window | None:
    named = parse_manifest_name(f"{folder}-r0.json")
    return None if named is None else named.window


def _newest(moments: list[float | None]) -> float | None:
    """Return the latest moment; None if one of them is not known."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None
