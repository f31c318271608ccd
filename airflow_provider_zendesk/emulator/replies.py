# SPDX-License-Identifier: Apache-2.0
"""What the emulator answers, apart from how it travels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

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
    """One answer, before compression."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    rows: int = 0
    """records in the body"""
    as_is: bool = False
    """send exactly this, without compression"""


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
