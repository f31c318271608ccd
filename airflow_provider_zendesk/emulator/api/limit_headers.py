# SPDX-License-Identifier: Apache-2.0
"""How an answer tells the rate limits: the headers' spellings that are on record, and the forms of ``Retry-After``."""

from __future__ import annotations

import math
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.switches import HeaderSpelling, RetryAfterForm


class Count(NamedTuple):
    """A limit as the headers tell it."""

    name: str
    total: int
    remaining: int
    resets: int
    """whole seconds until the next window"""


class Spelling(NamedTuple):
    """Names of headers: of the account's two families, and what the endpoint's begins with."""

    limit: str
    remaining: str
    family: str
    endpoint: str | None
    """None: it is not sent"""


SPELLINGS: dict[HeaderSpelling, Spelling | None] = {
    # Live, tickets, 2026-08: zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2
    "2026": Spelling("x-rate-limit", "x-rate-limit-remaining", "ratelimit", "zendesk-ratelimit-"),
    # Recorded 2023; from 2024 on the family was spelt ratelimit-*.
    "2023": Spelling("x-rate-limit", "x-rate-limit-remaining", "rate-limit", "zendesk-rate-limit-"),
    # Zendesk docs, Rate limits and Incremental Exports; nobody has recorded the capitals.
    "documented": Spelling("X-Rate-Limit", "X-Rate-Limit-Remaining", "ratelimit", "Zendesk-RateLimit-"),
    # A sandbox of 2023/24 had no header for its exports.
    "account_only": Spelling("x-rate-limit", "x-rate-limit-remaining", "ratelimit", None),
    "none": None,
}


def limit_headers(spelling: HeaderSpelling, account: Count | None, endpoint: Count | None) -> dict[str, str]:
    """
    The headers of an answer.

    :param account: None if the account has no limit
    :param endpoint: None if the endpoint has none of its own
    """
    names = SPELLINGS[spelling]
    headers: dict[str, str] = {}
    if names is None:
        return headers
    if account is not None:
        headers[names.limit] = headers[f"{names.family}-limit"] = str(account.total)
        headers[names.remaining] = headers[f"{names.family}-remaining"] = str(account.remaining)
        headers[f"{names.family}-reset"] = str(account.resets)
    if endpoint is not None and names.endpoint is not None:
        headers[names.endpoint + endpoint.name] = (
            f"total={endpoint.total}; remaining={endpoint.remaining}; resets={endpoint.resets}"
        )
    return headers


def retry_after(form: RetryAfterForm, left: float, now: float) -> dict[str, str]:
    """
    The header ``Retry-After``, or nothing.

    :param left: seconds until the next window
    :param now: epoch seconds
    """
    texts: dict[RetryAfterForm, str] = {
        "seconds": str(max(1, math.ceil(left))),
        "fraction": f"{math.ceil(left * 10) / 10:.1f}",
        "date": formatdate(math.ceil(now + left), usegmt=True),
        "absurd": "86400000",  # a thousand days; perhaps milliseconds
        "negative": "-5",
        "nonsense": "soon",
    }
    return {} if form == "none" else {"retry-after": texts[form]}
