# SPDX-License-Identifier: Apache-2.0
"""How long an export waits for Zendesk, and when it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from airflow_provider_zendesk.client.waiting import patiently
from airflow_provider_zendesk.exceptions import NotBefore, ZendeskResponseError
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.exceptions import ZendeskStartTimeTooRecentError

T = TypeVar("T")

_WAITS = 5


class Usage(msgspec.Struct):
    """
    What one try of a task has spent.

    :param requests: calls to Zendesk.
    :param answered_at: when the last good answer came, the try began, or what it waited for was due: this machine's
        time, UTC epoch seconds.
    :param waits: how often each end, UTC epoch seconds, was waited for.
    """

    requests: int
    answered_at: float
    waits: dict[int, int]


class WaitPolicy:
    """
    Waits as long as Zendesk asks to, and until its clock shows all that is asked for.

    :param client: makes the calls, and has the clock.
    :param settle: seconds after which Zendesk shows all that happened before a moment.
    :param pause: waits until the moment it is given; it may raise to give the worker back.
    """

    def __init__(self, client: ZendeskClient, settle: int, pause: Callable[[NotBefore], None]) -> None:
        self._client = client
        self._settle = settle
        self._pause = pause
        self._before = Usage(0, client.clock(), {})

    @property
    def usage(self) -> Usage:
        """What this try has spent so far."""
        return msgspec.structs.replace(self._before, requests=self._before.requests + self._client.requests)

    def resume(self, usage: Usage) -> None:
        """Go on from what this same try had spent when it gave its worker back."""
        self._before = usage

    def ask(self, call: Callable[[], T]) -> T:
        """
        Return what a call gives, as soon as Zendesk lets it.

        :raises ZendeskError: the last refusal, after half an hour without one good answer, and whatever else it raises.
        """
        result = patiently(call, self._pause, since=self._before.answered_at, clock=self._client.clock)
        self._before.answered_at = self._client.clock()
        return result

    def settled(self, end: int) -> int:
        """Return the moment from which Zendesk shows all that happened before ``end``."""
        return end + self._settle

    def wait_to_settle(self, end: int, server_time: float) -> None:
        """
        Wait until all that happened before ``end`` shows, by Zendesk's clock.

        :raises ZendeskResponseError: if that clock does not move.
        """
        if self._count(end) > _WAITS:
            raise ZendeskResponseError(
                f"the Date of Zendesk's answers stands still at {iso(server_time)}; look for a proxy that keeps answers"
            )
        self._wait_for(self.settled(end), server_time)

    def wait_to_show(self, end: int, refusal: ZendeskStartTimeTooRecentError) -> None:
        """
        Wait until a position comes out of the minute that Zendesk hides; on older servers it was five.

        :param end: of the window that is exported; it must settle in any case.
        :raises ZendeskStartTimeTooRecentError: if it does not.
        """
        refusals = self._count(end)
        if refusals > _WAITS:
            raise refusal
        shown = refusal.server_time + (refusals - 1) * self._settle
        self._wait_for(max(self.settled(end), shown), refusal.server_time)

    def _count(self, end: int) -> int:
        self._before.waits[end] = self._before.waits.get(end, 0) + 1
        return self._before.waits[end]

    def _wait_for(self, moment: float, server_time: float) -> None:
        """Wait until Zendesk's clock has passed a moment."""
        # A second more, since Date has no fractions.
        seconds = max(moment - server_time, 0) + 1
        until = self._client.clock() + seconds
        # Nothing is wrong till then.
        self._before.answered_at = until
        self._pause(
            NotBefore(
                until,
                f"Zendesk's clock says {iso(server_time)}; it shows all that is asked for in {seconds:.0f} s",
            )
        )
