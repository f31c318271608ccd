# SPDX-License-Identifier: Apache-2.0
"""What a test may put in the place of an answer; see :meth:`ZendeskEmulator.answer_next`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """
    Another answer than Zendesk's; no credentials are looked at and no rate limit is used up.

    :param status: HTTP status
    :param body: sent as it is, never compressed
    :param headers: in addition to the usual ones, or in their place
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewrite:
    """
    Zendesk's answer with another body.

    :param change: gets the body before compression and returns the one to send
    """

    change: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Hangup:
    """The connection closes without a byte."""


Plan = Answer | Rewrite | Hangup | Callable[[], object] | None
"""For one request; a callable runs first, and then the request is served normally."""
