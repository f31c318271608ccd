# SPDX-License-Identifier: Apache-2.0
"""Zendesk's error answers to export requests."""

from __future__ import annotations

from airflow_provider_zendesk.emulator.http.messages import Refusal, Reply, refuse


def invalid_attribute(name: str, expected: str, path: str) -> Refusal:
    """Zendesk's generic answer to a parameter of the wrong type."""
    message = (
        f"You passed an invalid value for the {name} attribute."
        f" Invalid parameter: {name} must be {expected} from {path.lstrip('/')}"
    )
    return refuse(400, {"error": {"title": "Invalid attribute", "message": message}})


def too_recent(legacy: bool) -> Refusal:
    """
    The answer to a ``start_time`` within the last minute.

    Clients have met both forms. The full text of the current one is documented for custom objects only.
    """
    if legacy:
        description = "Too recent start_time. Use a start_time older than 5 minutes"
        return refuse(422, {"error": "InvalidValue", "description": description})
    title = "start_time must be more than 60 seconds ago"
    return refuse(400, {"errors": [{"code": "StartTimeTooRecent", "status": "400", "title": title}]})


def invalid_cursor() -> Refusal:
    """The answer to a broken cursor. It is documented for custom objects; no recording exists for tickets."""
    title = "cursor is invalid or expired"
    return refuse(400, {"errors": [{"code": "InvalidCursor", "status": "400", "title": title}]})


def upstream_timeout() -> Reply:
    """
    The answer when a page takes too long (Estuary and Airbyte, issue 52059, met it at 1000 rows a page).

    A gateway sends it: plain text, without the account's own headers such as the rate limits.
    """
    return Reply(504, b"upstream request timeout", content_type="text/plain")
