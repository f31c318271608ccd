# SPDX-License-Identifier: Apache-2.0
"""Query parameters of export requests, and how Zendesk rejects invalid ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.records import SUPPORT_TYPE_SCOPES, Selection
from airflow_provider_zendesk.emulator.api.exports.errors import invalid_attribute, too_recent
from airflow_provider_zendesk.emulator.api.exports.view import HIDDEN_SECONDS

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.resources import Resource
    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Request

MAX_ROWS = 1000  # Zendesk docs, Incremental Exports, per_page: maximum and default

INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)


def start_time(request: Request, view: View) -> int:
    """
    The epoch second to start from (inclusive).

    :raises Refusal: 400 if it is missing, not an integer, or less than a minute ago
    """
    start = any_start_time(request)
    if start >= view.now - HIDDEN_SECONDS:
        raise too_recent(view.switches.legacy_too_recent)
    return start


def any_start_time(request: Request) -> int:
    """
    The epoch second to start from (inclusive), however recent.

    :raises Refusal: 400 if it is missing or not an integer
    """
    text = request.query.get("start_time", "")
    if not INTEGER.fullmatch(text):
        raise invalid_attribute("start_time", "an integer", request.path)
    return int(text)


def page_size(
    request: Request, view: View, name: str = "per_page", default: int = MAX_ROWS, maximum: int = MAX_ROWS
) -> int:
    """
    How many rows the page may hold.

    :param name: the query parameter
    :raises Refusal: 400 for anything but 1 to ``maximum``
    """
    text = request.query.get(name, str(default))
    if not INTEGER.fullmatch(text) or not 1 <= int(text) <= maximum:
        raise invalid_attribute(name, f"an integer between 1 and {maximum}", request.path)
    return limited(int(text), view)


def limited(size: int, view: View) -> int:
    """The page size after the switches ``server_page`` and ``short_page``; ``short_page`` applies to one page only."""
    switches = view.switches
    short, switches.short_page = switches.short_page, None
    return min(rows for rows in (size, switches.server_page, short) if rows is not None)


def selected(request: Request, resource: Resource) -> Selection:
    """
    The filters that the resource supports, with Zendesk's defaults: AI agents' tickets are left out by default.

    :raises Refusal: 400 for an invalid value
    """
    deleted = resource.exclude_deleted
    scope = request.query.get("support_type_scope", "agent") if resource.has_support_type else "all"
    if scope not in SUPPORT_TYPE_SCOPES:
        raise invalid_attribute(
            "support_type_scope", f"one of {', '.join(SUPPORT_TYPE_SCOPES)}", request.path
        )
    names = request.query.get("include", "").split(",")
    # Unknown names are ignored.
    include = tuple(name for name in (*resource.alternative_rows, *resource.sideloads) if name in names)
    return Selection(deleted is not None and boolean(request, deleted), scope, include)


def boolean(request: Request, name: str) -> bool:
    """
    A boolean parameter that is false by default.

    :raises Refusal: 400 for anything but ``true`` and ``false``
    """
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise invalid_attribute(name, "a boolean", request.path)
    return text == "true"
