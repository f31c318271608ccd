# SPDX-License-Identifier: Apache-2.0
"""The account as an export request sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.delays import Delays
from airflow_provider_zendesk.emulator.account.history import sort_key

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.account import Account
    from airflow_provider_zendesk.emulator.account.switches import Switches

HIDDEN_SECONDS = 60  # exports leave out what changed in the last minute (Zendesk announcement, 2024-10-28)


@dataclass(frozen=True)
class View:
    """The account at the time of an export request."""

    account: Account
    now: float
    """epoch seconds"""
    origin: str
    """the emulator's own, such as ``http://127.0.0.1:43121``"""
    switches: Switches

    @property
    def moment(self) -> int:
        """The epoch second whose state the page shows."""
        return math.floor(self.now)

    @property
    def settled(self) -> int:
        """The key that ends the visible part of the stream: the last minute is hidden."""
        return sort_key(math.floor(self.now - HIDDEN_SECONDS) + 1, 0)

    @property
    def delays(self) -> Delays:
        """How far rows may deviate from their sort keys."""
        return Delays(self.switches.late_rows, self.switches.old_rows)
