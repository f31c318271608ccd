# SPDX-License-Identifier: Apache-2.0
"""Is a stream drained, or past a moment? Looks without keeping anything."""

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

# About what Zendesk allows a minute; a look must end, on an account that changes faster than it is read too.
_PAGES = 10
# Date has no fractions, and the time an answer takes is taken off it.
_MARGIN = 2
_TELLING = ("end_of_stream", "has_more")


class Seen(msgspec.Struct, frozen=True):
    """
    What a look showed.

    :param reason: ``"end_of_stream"`` or ``"passed_end"``; None: neither yet.
    :param position: the last record's sort key, ``2026-11-20T00:00:00Z``; None if there was none.
    :param lag_seconds: how far the look is behind Zendesk's clock; 0 at the end of the stream.
    :param cursor: where a later look goes on; for time-based exports a second, UTC epoch.
    :param server_time: Zendesk's clock, ``2026-11-20T00:00:00Z``.
    :param requests: calls made by this look.
    """

    reason: str | None
    position: str | None
    lag_seconds: int | None
    cursor: str | None
    server_time: str
    requests: int


class StreamWatch:
    """
    Looks at a stream from a moment on.

    :param resource: the catalogue's entry.
    :param start: where to begin, UTC epoch seconds.
    :param end: a moment that is enough to pass, UTC epoch seconds; None: the stream has to end.
    :raises ValueError: if Zendesk does not say where this stream ends, or ``end`` is not behind ``start``.
    """

    def __init__(self, resource: Resource, start: int, end: int | None = None) -> None:
        self._resource = resource
        self._endpoint = resource.endpoint()
        self.start = start
        self._end = end
        self.cursor: str | None = None
        """Where the next look goes on; it may be set to where an earlier one stood."""
        if self._endpoint.ends not in _TELLING:
            telling = [name for name, other in RESOURCES.items() if other.endpoint().ends in _TELLING]
            raise ValueError(
                f"Zendesk does not say where the stream of {resource.name!r} ends, so there is nothing to wait for; it "
                f"does for: {', '.join(telling)} and custom_objects/<key>"
            )
        if end is not None and end <= start:
            raise ValueError(f"end_time {iso(end)} must be later than start_time {iso(start)}")

    @property
    def first_look(self) -> int:
        """When a look may tell, by this machine's clock, UTC epoch seconds: before that what is asked about hides."""
        return self._settled + _MARGIN

    @property
    def _settled(self) -> int:
        return self.start + self._resource.settle

    def look(self, client: ZendeskClient) -> Seen | None:
        """
        Read on from where the last look stood.

        :return: what was seen; None if Zendesk shows nothing yet.
        :raises NotBefore: if Zendesk asks to wait; what was read so far is kept.
        :raises ZendeskError: if it fails for good.
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
