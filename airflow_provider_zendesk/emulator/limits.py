# SPDX-License-Identifier: Apache-2.0
"""Rate limits: calls a minute for the account and for its exports, by the emulator's clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.replies import TEXT, Refusal, Reply, refuse

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.clock import Clock

ACCOUNT = "account"
EXPORTS = "incremental-exports"
EXPORTS_BY_CURSOR = "incremental-exports-cursor"
SAMPLE = "incremental-exports-sample"

WINDOW = 60  # seconds; Zendesk counts calls a minute
SAMPLES, SAMPLE_WINDOW = 10, 1200  # calls in so many seconds (Zendesk docs, Incremental Sample Export)


class Bucket:
    """
    Calls in a fixed window of the emulator's clock.

    :param total: calls in a window; None for no limit (and no headers: Zendesk does not send them on every account)
    :param window: seconds
    """

    def __init__(self, total: int | None, window: int = WINDOW) -> None:
        self.total = total
        self.window = window
        self.clear()

    def clear(self) -> None:
        self._current = -1
        self._used = 0

    def take(self, now: float) -> bool:
        """Use one call; False if there was none left."""
        self._roll(now)
        if self.total is not None and self._used >= self.total:
            return False
        self._used += 1
        return True

    def remaining(self, now: float) -> int:
        self._roll(now)
        return max(0, (self.total or 0) - self._used)

    def resets(self, now: float) -> int:
        """Whole seconds until the next window, at least 1."""
        return max(1, math.ceil(self.window - now % self.window))

    def _roll(self, now: float) -> None:
        current = int(now // self.window)
        if current != self._current:
            self._current, self._used = current, 0


class Limits:
    """
    The account's buckets; exports share one (Zendesk's header for it names no endpoint) unless documented otherwise.

    The users' cursor export has twice as many calls: 20 on a standard plan, 60 with the add-on (since 2025-06-27).

    :param requests_per_minute: for the whole account, exports included
    :param exports_per_minute: 10 on a standard plan, 30 with the High Volume API add-on
    """

    def __init__(self, clock: Clock, requests_per_minute: int | None, exports_per_minute: int | None) -> None:
        self._clock = clock
        limited = exports_per_minute is not None
        self.buckets = {
            ACCOUNT: Bucket(requests_per_minute),
            EXPORTS: Bucket(exports_per_minute),
            EXPORTS_BY_CURSOR: Bucket(2 * exports_per_minute if exports_per_minute is not None else None),
            SAMPLE: Bucket(SAMPLES if limited else None, SAMPLE_WINDOW),
        }

    def clear(self) -> None:
        for bucket in self.buckets.values():
            bucket.clear()

    def take(self, name: str, errors_in_list: bool = False) -> None:
        """
        Use one call of a bucket.

        :param errors_in_list: answer in the form that Zendesk's OpenAPI has for custom objects
        :raises Refusal: the real 429. The account's has a plain-text body, which broke a JSON parser in
            Airbyte (issue 11035); the exports' is JSON (issue 11899).
        """
        now = self._clock.now()
        bucket = self.buckets[name]
        if bucket.take(now):
            return
        headers = {"retry-after": str(bucket.resets(now))}
        if name == ACCOUNT:
            body = b"Number of allowed API requests per minute exceeded"
            raise Refusal(Reply(429, body, headers, TEXT))
        if errors_in_list:
            title = f"Rate limit exceeded. Maximum {bucket.total} requests per minute."
            body_in_list = {"errors": [{"code": "RateLimitExceeded", "status": "429", "title": title}]}
            raise refuse(429, body_in_list, headers)
        description = "Number of allowed incremental export API requests per minute exceeded"
        raise refuse(429, {"error": "APIRateLimitExceeded", "description": description}, headers)

    def headers(self, name: str | None) -> dict[str, str]:
        """
        The headers of an answer.

        :param name: the endpoint's own bucket, if it has one
        """
        now = self._clock.now()
        headers = {}
        account = self.buckets[ACCOUNT]
        if account.total is not None:
            total, remaining = str(account.total), str(account.remaining(now))
            headers["x-rate-limit"] = headers["ratelimit-limit"] = total
            headers["x-rate-limit-remaining"] = headers["ratelimit-remaining"] = remaining
            headers["ratelimit-reset"] = str(account.resets(now))
        if name is not None and (bucket := self.buckets[name]).total is not None:
            headers[f"zendesk-ratelimit-{name}"] = (
                f"total={bucket.total}; remaining={bucket.remaining(now)}; resets={bucket.resets(now)}"
            )
        return headers
