# SPDX-License-Identifier: Apache-2.0
"""What the emulator answers, apart from how it travels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.faults import Delivery

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request as the emulator's parts see it; header names in lower case."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Reply:
    """
    One answer, before compression.

    :param status: HTTP status; 0 if the connection ends without an answer
    """

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    rows: int = 0
    """records in the body"""
    as_is: bool = False
    """send exactly this, without compression"""
    pause: float = 0.0
    """real seconds until it leaves"""
    delivery: Delivery | None = None
    """how it travels; None for as it should"""


class Refusal(Exception):
    """A request that ends with an error reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status, reply.body)
        self.reply = reply


def json_reply(status: int, payload: Any, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, msgspec.json.encode(payload), headers or {})


def refuse(status: int, payload: Any, headers: dict[str, str] | None = None) -> Refusal:
    """A refusal with a JSON body, to be raised."""
    return Refusal(json_reply(status, payload, headers))


def invalid_attribute(name: str, expected: str, path: str) -> Refusal:
    """Zendesk's generic answer to a parameter of the wrong type."""
    message = (
        f"You passed an invalid value for the {name} attribute."
        f" Invalid parameter: {name} must be {expected} from {path.lstrip('/')}"
    )
    return refuse(400, {"error": {"title": "Invalid attribute", "message": message}})


def invalid_cursor() -> Refusal:
    """Documented for custom objects; nobody has recorded one for tickets."""
    title = "cursor is invalid or expired"
    return refuse(400, {"errors": [{"code": "InvalidCursor", "status": "400", "title": title}]})


def upstream_timeout() -> Reply:
    """
    The answer to a page that takes too long to make (Estuary and Airbyte, issue 52059, met it at 1000 rows a page).

    It is a gateway's own: plain text, and nothing of the account's, such as its rate limits, in the headers.
    """
    return Reply(504, b"upstream request timeout", content_type="text/plain")
