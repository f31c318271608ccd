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

WINDOW = 60  # seconds; Zendesk counts calls a minute


class Bucket:
    """
    Calls in a fixed window of one minute of the emulator's clock.

    :param total: calls a minute; None for no limit (and no headers: Zendesk does not send them on every account)
    """

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.clear()

    def clear(self) -> None:
        self._window = -1
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

    @staticmethod
    def resets(now: float) -> int:
        """Whole seconds until the next window, at least 1."""
        return max(1, math.ceil(WINDOW - now % WINDOW))

    def _roll(self, now: float) -> None:
        window = int(now // WINDOW)
        if window != self._window:
            self._window, self._used = window, 0


class Limits:
    """
    The account's buckets; all exports share one (Zendesk's header for it names no endpoint).

    :param requests_per_minute: for the whole account, exports included
    :param exports_per_minute: 10 on a standard plan, 30 with the High Volume API add-on
    """

    def __init__(self, clock: Clock, requests_per_minute: int | None, exports_per_minute: int | None) -> None:
        self._clock = clock
        self.buckets = {ACCOUNT: Bucket(requests_per_minute), EXPORTS: Bucket(exports_per_minute)}

    def clear(self) -> None:
        for bucket in self.buckets.values():
            bucket.clear()

    def take(self, name: str) -> None:
        """
        Use one call of a bucket.

        :raises Refusal: the real 429. The account's has a plain-text body, which broke a JSON parser in
            Airbyte (issue 11035); the exports' is JSON (issue 11899).
        """
        now = self._clock.now()
        if self.buckets[name].take(now):
            return
        headers = {"retry-after": str(Bucket.resets(now))}
        if name == ACCOUNT:
            body = b"Number of allowed API requests per minute exceeded"
            raise Refusal(Reply(429, body, headers, TEXT))
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
            headers["ratelimit-reset"] = str(Bucket.resets(now))
        if name is not None and (bucket := self.buckets[name]).total is not None:
            headers[f"zendesk-ratelimit-{name}"] = (
                f"total={bucket.total}; remaining={bucket.remaining(now)}; resets={Bucket.resets(now)}"
            )
        return headers
