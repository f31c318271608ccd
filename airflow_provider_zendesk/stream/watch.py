# SPDX-License-Identifier: Apache-2.0
"""Checks whether a stream has been read to its end or is past a moment, without storing any rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.exceptions import ZendeskStartTimeTooRecentError
from airflow_provider_zendesk.resources import RESOURCES
from airflow_provider_zendesk.stream.stream import Stream, StreamState
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.resources import Resource
    from airflow_provider_zendesk.stream.page import Page

# About as many calls as Zendesk allows a minute. A check must end even if the account changes faster than it is read.
_PAGES = 10
# The Date header has no fractions of a second, and the time an answer takes is subtracted from it.
_MARGIN = 2
_SAYS_ITS_END = ("end_of_stream", "has_more")


class Seen(msgspec.Struct, frozen=True):
    """
    The result of a check.

    :param reason: ``"end_of_stream"`` or ``"passed_end"``; None if neither is true yet.
    :param position: the last record's sort key, ``2026-11-20T00:00:00Z``; None if there was no record.
    :param lag_seconds: how far the position is behind Zendesk's clock; 0 at the end of the stream.
    :param cursor: where a later check continues; for time-based exports a second, UTC epoch.
    :param server_time: Zendesk's clock, ``2026-11-20T00:00:00Z``.
    :param requests: calls made by this check.
    """

    reason: str | None
    position: str | None
    lag_seconds: int | None
    cursor: str | None
    server_time: str
    requests: int


class StreamWatch:
    """
    Checks a stream from a moment on.

    :param resource: the catalogue's entry.
    :param start: where to begin, UTC epoch seconds.
    :param end: the moment to pass, UTC epoch seconds; None to wait for the end of the stream.
    :raises ValueError: if Zendesk does not say where this stream ends, or ``end`` is not after ``start``.
    """

    def __init__(self, resource: Resource, start: int, end: int | None = None) -> None:
        self._resource = resource
        self._endpoint = resource.endpoint()
        self.start = start
        self._end = end
        self.cursor: str | None = None
        """Where the next check continues; may be set to where an earlier one stopped."""
        if self._endpoint.ends not in _SAYS_ITS_END:
            names = [name for name, other in RESOURCES.items() if other.endpoint().ends in _SAYS_ITS_END]
            raise ValueError(
                f"Zendesk does not say where the stream of {resource.name!r} ends, so there is nothing to wait for; it "
                f"does for: {', '.join(names)} and custom_objects/<key>"
            )
        if end is not None and end <= start:
            raise ValueError(f"end_time {iso(end)} must be later than start_time {iso(start)}")

    @property
    def first_look(self) -> int:
        """When a check can first show anything, by this machine's clock, UTC epoch seconds: after the settle time."""
        return self._settled + _MARGIN

    @property
    def _settled(self) -> int:
        return self.start + self._resource.settle

    def look(self, client: ZendeskClient) -> Seen | None:
        """
        Read on from where the last check stopped.

        :return: the result; None if Zendesk does not return rows that recent yet.
        :raises NotBefore: if Zendesk asks to wait; the position is kept.
        :raises ZendeskError: if a request fails permanently.
        """
        query = self._resource.query(self._endpoint, include=())
        stream = Stream(
            client, self._resource, self._endpoint, query, self.start, ordered=self._resource.ordered
        )
        stream.resume(StreamState(self.cursor, 0, ()))
        before = client.requests
        seen = None
        for _ in range(_PAGES):
            try:
                page = stream.fetch()
            except ZendeskStartTimeTooRecentError:
                return seen
            # Zendesk's clock may be behind this machine's.
            if page.server_time < self._settled:
                return seen
            stream.advance(page)
            self.cursor = stream.position
            seen = self._seen(page, stream, client.requests - before)
            if seen.reason is not None:
                break
        return seen

    def _seen(self, page: Page, stream: Stream, requests: int) -> Seen:
        passed = self._end is not None and page.passes(self._end)
        behind = None if page.latest is None else max(int(page.server_time) - page.latest, 0)
        return Seen(
            reason="passed_end" if passed else "end_of_stream" if stream.ended else None,
            position=None if page.latest is None else iso(page.latest),
            lag_seconds=0 if stream.ended else behind,
            cursor=stream.position,
            server_time=iso(page.server_time),
            requests=requests,
        )
