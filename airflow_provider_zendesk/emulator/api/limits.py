# SPDX-License-Identifier: Apache-2.0
"""Rate limits: calls per minute for the account and for its exports, by the emulator's clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from airflow_provider_zendesk.emulator.api.exports.buckets import (
    EXPORTS,
    EXPORTS_BY_CURSOR,
    HELP_CENTER,
    SAMPLE,
    SIDE_CONVERSATIONS,
    TALK,
)
from airflow_provider_zendesk.emulator.api.limit_headers import Count, limit_headers, retry_after
from airflow_provider_zendesk.emulator.http.messages import TEXT, Refusal, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.account.switches import Switches
    from airflow_provider_zendesk.emulator.api.exports.export import Export

ACCOUNT = "account"

SAMPLES, SAMPLE_MINUTES = 10, 20  # Zendesk docs, Incremental Sample Export
EVENTS, EVENT_MINUTES = 600, 10  # Zendesk docs, Rate limits, Incremental Side Conversation Events

Form = Literal["exports", "account", "custom_objects"]
"""Which limit is used up; the bodies of their 429 differ."""


class Bucket:
    """
    Counts calls in fixed windows of the emulator's clock.

    :param name: its name in the endpoint's header
    :param total: calls per window; None for no limit and no headers (Zendesk does not send them on every account)
    :param window: seconds
    """

    def __init__(self, name: str, total: int | None, window: float) -> None:
        self.name = name
        self.total = total
        self.window = window
        self.clear()

    def clear(self) -> None:
        self._window_number = -1
        self._used = 0

    def take(self, now: float) -> bool:
        """Use one call; False if none is left."""
        self._roll(now)
        if self.total is not None and self._used >= self.total:
            return False
        self._used += 1
        return True

    def seconds_left(self, now: float) -> float:
        """Seconds until the next window."""
        return self.window - now % self.window

    def count(self, now: float) -> Count | None:
        """The state for the headers; None without a limit."""
        if self.total is None:
            return None
        self._roll(now)
        return Count(
            self.name, self.total, max(0, self.total - self._used), max(1, math.ceil(self.seconds_left(now)))
        )

    def _roll(self, now: float) -> None:
        current = int(now // self.window)
        if current != self._window_number:
            self._window_number, self._used = current, 0


class Limits:
    """
    The account's rate limits.

    All of ``/api/v2/incremental/*`` share one, except samples and the users' cursor export, which has twice as many
    calls: 20 on a standard plan, 60 with the add-on (since 2025-06-27). Talk has a separate limit as high as the
    exports', and the Help Center a separate one as high as the account's (Zendesk docs, Rate limits).

    :param requests_per_minute: for the whole account, exports included
    :param exports_per_minute: 10 on a standard plan, 30 with the High Volume API add-on
    :param minute: length of a minute in seconds; all windows are multiples of it
    :param switches: which headers to send
    """

    def __init__(
        self,
        clock: Clock,
        requests_per_minute: int | None,
        exports_per_minute: int | None,
        minute: float,
        switches: Switches,
    ) -> None:
        if minute <= 0:
            raise ValueError(f"minute is {minute}; a window takes more than 0 seconds")
        self._clock = clock
        self._minute = minute
        self._switches = switches
        by_cursor, samples, events = None, None, None
        if exports_per_minute is not None:
            by_cursor, samples, events = 2 * exports_per_minute, SAMPLES, EVENTS
        self.account = Bucket(ACCOUNT, requests_per_minute, minute)
        self._shared = {
            EXPORTS: Bucket(EXPORTS, exports_per_minute, minute),
            EXPORTS_BY_CURSOR: Bucket(EXPORTS_BY_CURSOR, by_cursor, minute),
            SAMPLE: Bucket(SAMPLE, samples, SAMPLE_MINUTES * minute),
            TALK: Bucket(TALK, exports_per_minute, minute),
            SIDE_CONVERSATIONS: Bucket(SIDE_CONVERSATIONS, events, EVENT_MINUTES * minute),
            HELP_CENTER: Bucket(HELP_CENTER, requests_per_minute, minute),
        }
        self._own: dict[str, Bucket] = {}

    def clear(self) -> None:
        """Reset all counts and remove the limits set by :meth:`set_limit`."""
        self._own.clear()
        for bucket in (self.account, *self._shared.values()):
            bucket.clear()

    def set_limit(self, paths: Collection[str], name: str, total: int | None) -> None:
        """
        Let these exports share a limit of their own from now on.

        :param paths: without ``.json``
        :param total: calls per minute; None for no limit
        """
        bucket = Bucket(name, total, self._minute)
        self._own |= dict.fromkeys(paths, bucket)

    def bucket_of(self, export: Export) -> Bucket | None:
        """The limit that an export counts against besides the account's, if any."""
        shared = None if export.bucket is None else self._shared[export.bucket]
        return self._own.get(export.path, shared)

    @property
    def help_center(self) -> Bucket:
        """The limit of all Help Center calls."""
        return self._shared[HELP_CENTER]

    def take(self, bucket: Bucket, form: Form) -> None:
        """
        Use one call.

        :raises Refusal: 429 if none is left
        """
        now = self._clock.now()
        if not bucket.take(now):
            header = retry_after(self._switches.retry_after_form, bucket.seconds_left(now), now)
            raise Refusal(over_limit(form, bucket.total, header))

    def headers(self, account: Bucket | None, bucket: Bucket | None) -> dict[str, str]:
        """
        The headers of an answer.

        :param account: the account's limit, if the call counts against it
        :param bucket: the endpoint's own limit, if it has one
        """
        now = self._clock.now()
        return limit_headers(
            self._switches.header_spelling,
            account.count(now) if account else None,
            bucket.count(now) if bucket else None,
        )


def form_of(export: Export) -> Form:
    """The form of an export's 429."""
    if export.errors_in_list:
        return "custom_objects"
    return "account" if export.bucket == HELP_CENTER else "exports"


def over_limit(form: Form, total: int | None, headers: dict[str, str]) -> Reply:
    """
    Zendesk's 429.

    The account's has a plain-text body, which broke a JSON parser in Airbyte (issue 11035). The exports' is JSON
    (issue 11899), and so is that of custom objects, with another envelope (Zendesk's OpenAPI).
    """
    if form == "account":
        return Reply(429, b"Number of allowed API requests per minute exceeded", headers, TEXT)
    if form == "custom_objects":
        title = f"Rate limit exceeded. Maximum {total} requests per minute."
        body: dict[str, object] = {"errors": [{"code": "RateLimitExceeded", "status": "429", "title": title}]}
    else:
        description = "Number of allowed incremental export API requests per minute exceeded"
        body = {"error": "APIRateLimitExceeded", "description": description}
    return json_reply(429, body, headers)
