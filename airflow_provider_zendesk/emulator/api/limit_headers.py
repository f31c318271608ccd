# SPDX-License-Identifier: Apache-2.0
"""Rate limit headers in the spellings that are on record, and the forms of ``Retry-After``."""

from __future__ import annotations

import math
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.switches import HeaderSpelling, RetryAfterForm


class Count(NamedTuple):
    """The state of a rate limit, for the headers."""

    name: str
    total: int
    remaining: int
    resets: int
    """whole seconds until the next window"""


class Spelling(NamedTuple):
    """Names of the account's two groups of headers, and the prefix of the endpoint's header."""

    limit: str
    remaining: str
    group: str
    endpoint: str | None
    """None if the header is not sent"""


SPELLINGS: dict[HeaderSpelling, Spelling | None] = {
    # Live, tickets, 2026-08: zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2
    "2026": Spelling("x-rate-limit", "x-rate-limit-remaining", "ratelimit", "zendesk-ratelimit-"),
    # Recorded in 2023; since 2024 the names start with ratelimit-.
    "2023": Spelling("x-rate-limit", "x-rate-limit-remaining", "rate-limit", "zendesk-rate-limit-"),
    # Zendesk docs, Rate limits and Incremental Exports; there is no recording with capitals.
    "documented": Spelling("X-Rate-Limit", "X-Rate-Limit-Remaining", "ratelimit", "Zendesk-RateLimit-"),
    # A sandbox of 2023/24 sent no header for its exports.
    "account_only": Spelling("x-rate-limit", "x-rate-limit-remaining", "ratelimit", None),
    "none": None,
}


def limit_headers(spelling: HeaderSpelling, account: Count | None, endpoint: Count | None) -> dict[str, str]:
    """
    The headers of an answer.

    :param account: None if the account has no limit
    :param endpoint: None if the endpoint has no limit of its own
    """
    names = SPELLINGS[spelling]
    headers: dict[str, str] = {}
    if names is None:
        return headers
    if account is not None:
        headers[names.limit] = headers[f"{names.group}-limit"] = str(account.total)
        headers[names.remaining] = headers[f"{names.group}-remaining"] = str(account.remaining)
        headers[f"{names.group}-reset"] = str(account.resets)
    if endpoint is not None and names.endpoint is not None:
        headers[names.endpoint + endpoint.name] = (
            f"total={endpoint.total}; remaining={endpoint.remaining}; resets={endpoint.resets}"
        )
    return headers


def retry_after(form: RetryAfterForm, left: float, now: float) -> dict[str, str]:
    """
    The header ``Retry-After``, or no header.

    :param left: seconds until the next window
    :param now: epoch seconds
    """
    texts: dict[RetryAfterForm, str] = {
        "seconds": str(max(1, math.ceil(left))),
        "fraction": f"{math.ceil(left * 10) / 10:.1f}",
        "date": formatdate(math.ceil(now + left), usegmt=True),
        "absurd": "86400000",  # a thousand days in seconds; perhaps meant as milliseconds
        "negative": "-5",
        "nonsense": "soon",
    }
    return {} if form == "none" else {"retry-after": texts[form]}
