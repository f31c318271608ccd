# SPDX-License-Identifier: Apache-2.0
"""How long a walk waits for Zendesk, and when it gives up. It decides; whoever drives the walk waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.client.waiting import PATIENCE, give_up
from airflow_provider_zendesk.exceptions import NotBefore, ZendeskResponseError
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.exceptions import ZendeskStartTimeTooRecentError

_WAITS = 5


class Usage(msgspec.Struct):
    """
    What one try of a task has used.

    :param requests: calls to Zendesk.
    :param answered_at: when the last good answer came, the try began, or the last wait for Zendesk's clock ended: this
        machine's time, UTC epoch seconds.
    :param waits: how often each end of a window, UTC epoch seconds, was waited for.
    """

    requests: int
    answered_at: float
    waits: dict[int, int]


class WaitPolicy:
    """
    Waits as long as Zendesk asks to, and until its clock shows all that is asked for.

    :param client: makes the calls, and has the clock.
    :param settle: seconds after which Zendesk shows all that happened before a moment.
    """

    def __init__(self, client: ZendeskClient, settle: int) -> None:
        self._client = client
        self._settle = settle
        self._before = Usage(0, client.clock(), {})

    @property
    def usage(self) -> Usage:
        """What this try has used so far."""
        return msgspec.structs.replace(self._before, requests=self._before.requests + self._client.requests)

    def resume(self, usage: Usage) -> None:
        """Go on from what this same try had used when it deferred."""
        self._before = usage

    def was_answered(self) -> None:
        """Take note of a good answer."""
        self._before.answered_at = self._client.clock()

    def check_patience(self, refusal: NotBefore) -> None:
        """
        Make sure that it is worth waiting once more.

        :raises ZendeskError: the reason for the refusal, once half an hour has passed without one good answer.
        """
        waited = self._client.clock() - self._before.answered_at
        if waited >= PATIENCE:
            give_up(refusal, waited)

    def settled_at(self, end: int) -> int:
        """Return the moment from which Zendesk shows all that happened before ``end``."""
        return end + self._settle

    def until_settled(self, end: int, server_time: float) -> NotBefore:
        """
        Return the wait until Zendesk shows all that happened before ``end``, by Zendesk's clock.

        :raises ZendeskResponseError: if that clock does not move.
        """
        if self._count(end) > _WAITS:
            raise ZendeskResponseError(
                f"the Date of Zendesk's answers stands still at {iso(server_time)}; look for a proxy that keeps answers"
            )
        return self._until(self.settled_at(end), server_time)

    def until_shown(self, end: int, refusal: ZendeskStartTimeTooRecentError) -> NotBefore:
        """
        Return the wait until a position is older than the minute that Zendesk hides; older servers hid five.

        :param end: of the window that is exported, which has to settle in any case.
        :raises ZendeskStartTimeTooRecentError: if it was refused again after several such waits.
        """
        refusals = self._count(end)
        if refusals > _WAITS:
            raise refusal
        shown = refusal.server_time + (refusals - 1) * self._settle
        return self._until(max(self.settled_at(end), shown), refusal.server_time)

    def _count(self, end: int) -> int:
        self._before.waits[end] = self._before.waits.get(end, 0) + 1
        return self._before.waits[end]

    def _until(self, moment: float, server_time: float) -> NotBefore:
        """Return the wait until Zendesk's clock has passed a moment."""
        # One second more, since Date has no fractions.
        seconds = max(moment - server_time, 0) + 1
        until = self._client.clock() + seconds
        # Nothing is wrong until then, so the half hour begins there.
        self._before.answered_at = until
        return NotBefore(
            until,
            f"Zendesk's clock says {iso(server_time)}; it shows everything that is asked for in {seconds:.0f} s",
        )
