# SPDX-License-Identifier: Apache-2.0
"""Requests and replies, as everything between the server and the account's records handles them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.http.delivery import Delivery

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Reply:
    """
    The reply to a request, before compression.

    :param status: HTTP status; 0 if the connection is closed without a response
    """

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    rows: int = 0
    """records in the body"""
    as_is: bool = False
    """send the body without compression"""
    pause: float = 0.0
    """real seconds to wait before sending it"""
    delivery: Delivery | None = None
    """what goes wrong while it is sent; None for a normal response"""


class Refusal(Exception):
    """Ends the handling of a request with an error reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status, reply.body)
        self.reply = reply


def json_reply(status: int, payload: Any, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, msgspec.json.encode(payload), headers or {})


def refuse(status: int, payload: Any, headers: dict[str, str] | None = None) -> Refusal:
    """A refusal with a JSON body, for the caller to raise."""
    return Refusal(json_reply(status, payload, headers))
