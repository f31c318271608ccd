# SPDX-License-Identifier: Apache-2.0
"""What was found, and what to change."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["ok", "note", "warning", "error"]

_ORDER: tuple[Severity, ...] = ("error", "warning", "note", "ok")


class Check(msgspec.Struct, frozen=True):
    """
    One thing that was tried.

    :param name: what.
    :param severity: ``error``: exports fail. ``warning``: they will, or they may. ``note``: worth to know.
    :param found: what was found, in one line.
    :param change: what to change; ``""`` if nothing.
    """

    name: str
    severity: Severity
    found: str
    change: str = ""


class Diagnosis(msgspec.Struct, frozen=True):
    """
    Everything that was tried, in the order in which it was tried.

    :param account: the account's host; None if the connection has none.
    :param path: the root whose storage was tried; None if none was given.
    """

    account: str | None
    path: str | None
    checks: tuple[Check, ...]

    @property
    def is_healthy(self) -> bool:
        """Exports can work."""
        return all(check.severity != "error" for check in self.checks)

    def changes(self) -> list[str]:
        """Return what to change, the most urgent first."""
        urgent = sorted(self.checks, key=lambda check: _ORDER.index(check.severity))
        return list(dict.fromkeys(check.change for check in urgent if check.change))

    def lines(self) -> list[str]:
        """Return a table for people, and what to change."""
        width = max((len(check.name) for check in self.checks), default=0)
        table = [f"{check.severity:<8} {check.name:<{width}}  {check.found}" for check in self.checks]
        changes = [f"{number}. {change}" for number, change in enumerate(self.changes(), 1)]
        return [*table, *(["", "To change, in this order:", *changes] if changes else [])]
