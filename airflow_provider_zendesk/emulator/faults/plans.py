# SPDX-License-Identifier: Apache-2.0
"""What can be planned for an export request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from airflow_provider_zendesk.emulator.http.delivery import Delivery


@dataclass(frozen=True)
class Answer:
    """
    A fixed answer instead of Zendesk's. Credentials are not checked and no rate limit is used up.

    :param status: HTTP status
    :param body: sent unchanged, never compressed
    :param headers: added to the usual headers, or replacing them
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewrite:
    """
    Zendesk's answer with another body or other headers.

    :param change: gets the body before compression and returns the one to send
    :param headers: added to the usual headers, or replacing them
    """

    change: Callable[[bytes], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """
    Zendesk's answer with a truncated body. Length and compression are consistent, so an HTTP client sees no error.

    :param keep: how much of the body is kept: a number of bytes if it is an int, a fraction if it is a float
    """

    keep: float = 0.5

    def change(self, body: bytes) -> bytes:
        return body[: self.keep if isinstance(self.keep, int) else int(len(body) * self.keep)]


@dataclass(frozen=True)
class Stall:
    """
    A wait before the request is served normally, with the account's state after the wait.

    :param seconds: real seconds
    """

    seconds: float


Plan = Answer | Rewrite | Cut | Stall | Delivery | Callable[[], object] | None
"""For one request. A callable is called first, and then the request is served normally."""
