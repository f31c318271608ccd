# SPDX-License-Identifier: Apache-2.0
"""
The catalogue of reference data: lists that Zendesk returns whole, since they have no stream of changes.

It contains only data. The paths and records are from Zendesk's reference pages, one for each list. Calls count against the
account's rate limit, and not that of the exports (Zendesk docs, Rate limits).
"""

from __future__ import annotations

import re

from airflow_provider_zendesk.resources import Cursor, Endpoint, Resource

_HELP_CENTER = "/api/v2/help_center/"


def _list(
    name: str, path: str = "", records: str = "", id_: str | None = "id", *, whole: bool = False
) -> Resource:
    """
    Return a list.

    :param path: relative to the account's root; by default that of its name.
    :param records: the key of the records in an answer; by default its name.
    :param whole: its reference page documents no paging, so an answer that names no next page is the whole list.
    """
    path = path or f"/api/v2/{name}"
    return Resource(
        name=name,
        records=records or name,
        sort_key=None,
        ordered=False,
        settle=0,
        id=id_,
        endpoints=(
            Endpoint(
                path=path,
                pagination="cursor",
                ends="list" if not whole else "whole_list",
                cursor=Cursor(envelope="meta", parameters=("page[after]",)),
                takes_start_time=False,
                # Zendesk docs, Pagination: "most endpoints limit this to a maximum of 100".
                max_per_page=100,
                page_size="page[size]",
                rate_limit="help-center" if path.startswith(_HELP_CENTER) else "account",
            ),
        ),
    )


def _fields_of_object(key: str) -> Resource:
    path = f"/api/v2/custom_objects/{key}/fields"
    return _list(f"custom_object_fields/{key}", path, "custom_object_fields", whole=True)


_FIELDS_OF_OBJECT = re.compile(r"custom_object_fields/([a-z0-9_]+(?:::[a-z0-9_]+)?)")

REFERENCE_LISTS: dict[str, Resource] = {
    one.name: one
    for one in (
        _list("ticket_fields"),
        _list("user_fields"),
        _list("organization_fields"),
        _list("ticket_forms", whole=True),
        _list("groups"),
        _list("group_memberships"),
        _list("brands"),
        _list("custom_statuses", whole=True),
        _list("macros"),
        _list("views"),
        _list("triggers"),
        _list("automations"),
        _list("schedules", "/api/v2/business_hours/schedules", whole=True),
        _list("sla_policies", "/api/v2/slas/policies"),
        _list("locales", whole=True),
        _list("custom_objects", id_="key", whole=True),
        _list("deleted_users"),
        _list("deleted_tickets"),
        _list("sections", f"{_HELP_CENTER}sections"),
        _list("categories", f"{_HELP_CENTER}categories"),
        _list("dynamic_content_items", "/api/v2/dynamic_content/items", "items"),
    )
}


def is_list(name: str) -> bool:
    """Return True if the catalogue has this list."""
    return name in REFERENCE_LISTS or _FIELDS_OF_OBJECT.fullmatch(name) is not None


def get_list(name: str) -> Resource:
    """
    Return the catalogue's entry.

    :param name: one of :data:`REFERENCE_LISTS`, or ``custom_object_fields/<key>``.
    :raises ValueError: for an unknown name; the message lists the known ones.
    """
    if match := _FIELDS_OF_OBJECT.fullmatch(name):
        return _fields_of_object(match[1])
    try:
        return REFERENCE_LISTS[name]
    except KeyError:
        raise ValueError(
            f"unknown reference data {name!r}; choose one of: {', '.join(REFERENCE_LISTS)}, custom_object_fields/<key>"
        ) from None
