# SPDX-License-Identifier: Apache-2.0
"""What an export request asks for, and how Zendesk refuses what it does not take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.records import SCOPES, Selection
from airflow_provider_zendesk.emulator.replies import Refusal, Request, invalid_attribute, refuse

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.paging import View
    from airflow_provider_zendesk.emulator.resources import Resource

HIDDEN = 60  # seconds: what changed in the last minute is left out (Zendesk announcement, 2024-10-28)
MOST_ROWS = 1000  # Zendesk docs, Incremental Exports, per_page: at most and by default

INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)


def start_time(request: Request, view: View) -> int:
    """
    The epoch second to begin at, itself included.

    :raises Refusal: 400 if it is missing, not a whole number, or less than a minute old
    """
    start = any_start_time(request)
    if start >= view.now - HIDDEN:
        raise too_recent(view.switches.legacy_too_recent)
    return start


def any_start_time(request: Request) -> int:
    """
    The epoch second to begin at, however recent.

    :raises Refusal: 400 if it is missing or not a whole number
    """
    text = request.query.get("start_time", "")
    if not INTEGER.fullmatch(text):
        raise invalid_attribute("start_time", "an integer", request.path)
    return int(text)


def too_recent(legacy: bool) -> Refusal:
    """Both forms that clients have met; the first in full is documented for custom objects only."""
    if legacy:
        description = "Too recent start_time. Use a start_time older than 5 minutes"
        return refuse(422, {"error": "InvalidValue", "description": description})
    title = "start_time must be more than 60 seconds ago"
    return refuse(400, {"errors": [{"code": "StartTimeTooRecent", "status": "400", "title": title}]})


def page_size(
    request: Request, view: View, name: str = "per_page", usual: int = MOST_ROWS, most: int = MOST_ROWS
) -> int:
    """
    How many rows the page may hold.

    :param name: the parameter that asks for it
    :param usual: unless it is asked for
    :param most: that may be asked for
    :raises Refusal: 400 for anything but 1 to ``most``
    """
    text = request.query.get(name, str(usual))
    if not INTEGER.fullmatch(text) or not 1 <= int(text) <= most:
        raise invalid_attribute(name, f"an integer between 1 and {most}", request.path)
    return limited(int(text), view)


def limited(size: int, view: View) -> int:
    """The page size, or what the switches ``server_page`` and, this once, ``short_page`` leave of it."""
    switches = view.switches
    short, switches.short_page = switches.short_page, None
    return min(most for most in (size, switches.server_page, short) if most is not None)


def selected(request: Request, resource: Resource, view: View) -> Selection:
    """
    The filters the resource has, with Zendesk's defaults: what AI agents handle is left out unless asked for.

    :raises Refusal: 400 for a value there is not
    """
    deleted = resource.exclude_deleted
    scope = request.query.get("support_type_scope", "agent") if resource.scoped else "all"
    if scope not in SCOPES:
        raise invalid_attribute("support_type_scope", f"one of {', '.join(SCOPES)}", request.path)
    asked = request.query.get("include", "").split(",")
    # A name that is not offered is passed over without a word.
    include = tuple(name for name in (*resource.fuller, *resource.sideloads) if name in asked)
    return Selection(deleted is not None and boolean(request, deleted), scope, include)


def boolean(request: Request, name: str) -> bool:
    """
    A switch that is off unless asked for.

    :raises Refusal: 400 for anything but ``true`` and ``false``
    """
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise invalid_attribute(name, "a boolean", request.path)
    return text == "true"
