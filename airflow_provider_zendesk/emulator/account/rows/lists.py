# SPDX-License-Identifier: Apache-2.0
"""
Records of the lists that have no stream of changes, as Zendesk's reference pages show them.

The ids that rows of tickets, users and articles carry are those of these records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_zendesk.emulator.account.rows import fragments

Fields = dict[str, Any]
Make = Callable[[int], Fields]
"""Makes the fields of the record with this number, its id among them."""


@dataclass(frozen=True)
class ListKind:
    """
    A list.

    :param name: its name in the emulator's methods
    :param path: without ``.json``
    :param rows: the envelope's key for its rows
    :param make: makes a record's fields
    :param count: records that every account has from the beginning
    :param paging: ``cursor``: by cursor if the query has ``page[size]``, otherwise by page number; ``pages``: only by page number;
        ``none``: all in one answer
    """

    name: str
    path: str
    rows: str
    make: Make
    count: int = 5
    paging: str = "cursor"


def _titled(first: int, what: str, more: Callable[[int], Fields] = lambda number: {}) -> Make:
    def make(number: int) -> Fields:
        title = f"{what} {number} größe"
        return {
            "id": first + number,
            "title": title,
            "raw_title": title,
            "description": 'Größe "XL" \\ 🚀' if number % 3 == 0 else "",
            "active": number % 4 != 0,
            "position": number,
            **more(number),
        }

    return make


def _named(first: int, what: str, more: Callable[[int], Fields] = lambda number: {}) -> Make:
    return lambda number: {"id": first + number, "name": f"{what} {number} – Ü", **more(number)}


_TICKET_FIELD_IDS = fragments.CUSTOM_FIELD_IDS
_TYPES = ("text", "tagger", "integer", "date", "checkbox", "multiselect")


def _ticket_field(number: int) -> Fields:
    kind = _TYPES[number % 6]
    options = (
        [
            {
                "id": 400 + number,
                "name": "Größe XL",
                "raw_name": "Größe XL",
                "value": "größe_xl",
                "default": False,
            }
        ]
        if kind in ("tagger", "multiselect")
        else None
    )
    known = number < len(_TICKET_FIELD_IDS)
    return {
        **_titled(0, "Field")(number),
        "id": _TICKET_FIELD_IDS[number] if known else 32000000 + number,
        "type": kind,
        "required": number % 5 == 0,
        "key": None,
        "removable": True,
        "agent_description": None,
        "regexp_for_validation": None,
        "tag": None,
        **({"custom_field_options": options} if options else {}),
    }


def _field_with_key(keys: tuple[str, ...], first: int) -> Make:
    def make(number: int) -> Fields:
        key = keys[number] if number < len(keys) else f"field_{number}"
        return {**_titled(first, "Field")(number), "key": key, "type": "text", "system": False, "tag": None}

    return make


def _object(number: int) -> Fields:
    key = "book" if number == 0 else f"thing_{number}"
    return {"key": key, "title": key.title(), "title_pluralized": f"{key.title()}s", "description": None}


def _membership(number: int) -> Fields:
    return {
        "id": 361000900000 + number,
        "user_id": 361000000100 + number % 40,
        "group_id": 361000000200 + number % 12,
        "default": number % 2 == 0,
    }


def _form(number: int) -> Fields:
    return {
        "active": True,
        "position": number,
        "default": number == 0,
        "ticket_field_ids": list(_TICKET_FIELD_IDS[:3]),
    }


def _group(number: int) -> Fields:
    return {"default": number == 0, "deleted": False, "is_public": True, "description": ""}


def _brand(number: int) -> Fields:
    return {
        "subdomain": f"brand{number}",
        "active": True,
        "default": number == 0,
        "has_help_center": True,
    }


def _status(number: int) -> Fields:
    return {
        "id": 361000000001 + number,
        "status_category": ("new", "open", "pending", "hold", "solved")[number % 5],
        "agent_label": f"Status {number}",
        "end_user_label": f"Status {number}",
        "active": True,
        "default": number < 5,
    }


def _conditions(_number: int) -> Fields:
    return {
        "conditions": {"all": [{"field": "status", "operator": "less_than", "value": "solved"}], "any": []}
    }


def _actions(number: int) -> Fields:
    return {
        **_conditions(number),
        "actions": [{"field": "group_id", "value": str(361000000200 + number % 12)}],
    }


def _macro(_number: int) -> Fields:
    return {"actions": [], "restriction": None}


def _schedule(_number: int) -> Fields:
    return {"time_zone": "Berlin", "intervals": [{"start_time": 1980, "end_time": 2460}]}


def _policy(number: int) -> Fields:
    return {
        "id": 361001500000 + number,
        "title": f"Policy {number}",
        "description": "",
        "position": number,
        "filter": {"all": [], "any": []},
        "policy_metrics": [{"priority": "low", "metric": "first_reply_time", "target": 60 * number}],
    }


def _locale(number: int) -> Fields:
    code = ("en-US", "de", "ja", "fr", "pt-BR")[number % 5]
    return {"id": number + 1, "locale": code, "name": code, "default": number == 0, "rtl": False}


def _section(number: int) -> Fields:
    return {**_category(number), "category_id": 361000610000 + number % 3}


def _category(number: int) -> Fields:
    return {"locale": "en-us", "position": number, "outdated": False}


def _dynamic_content(number: int) -> Fields:
    return {
        "placeholder": f"{{{{dc.item_{number}}}}}",
        "default_locale_id": 1,
        "outdated": False,
        "variants": [],
    }


def _of_records(_number: int) -> Fields:
    raise NotImplementedError("this list follows from the deletions of other records")


_USER_FIELDS = ("birthday", "contract_no", "plan", "vip")
_ORGANIZATION_FIELDS = ("datepudding", "org_field_1", "org_field_2")


def _support(
    name: str, make: Make, count: int = 5, paging: str = "cursor", path: str = "", rows: str = ""
) -> ListKind:
    return ListKind(name, f"/api/v2/{path or name}", rows or name, make, count, paging)


_KINDS = (
    _support("ticket_fields", _ticket_field, len(_TICKET_FIELD_IDS)),
    _support("user_fields", _field_with_key(_USER_FIELDS, 7100), len(_USER_FIELDS)),
    _support("organization_fields", _field_with_key(_ORGANIZATION_FIELDS, 7200), len(_ORGANIZATION_FIELDS)),
    _support("ticket_forms", _named(361000008071, "Form", _form), 2, "none"),
    _support("groups", _named(361000000200, "Group", _group), 12),
    _support("group_memberships", _membership, 40),
    _support("brands", _named(361000000301, "Brand", _brand), 3),
    _support("custom_statuses", _status, 8, "none"),
    _support("macros", _titled(361001000000, "Macro", _macro)),
    _support("views", _titled(361001100000, "View", _conditions)),
    _support("triggers", _titled(361001200000, "Trigger", _actions)),
    _support("automations", _titled(361001300000, "Automation", _actions)),
    _support("schedules", _named(361001400000, "Schedule", _schedule), 2, "none", "business_hours/schedules"),
    _support("sla_policies", _policy, 3, "pages", "slas/policies"),
    _support("locales", _locale),
    _support("custom_objects", _object, 2, "none"),
    _support("sections", _named(361000600000, "Section", _section), 20, path="help_center/sections"),
    _support("categories", _named(361000610000, "Category", _category), 3, path="help_center/categories"),
    _support(
        "dynamic_content_items",
        _named(361001600000, "Item", _dynamic_content),
        2,
        path="dynamic_content/items",
        rows="items",
    ),
    _support("deleted_tickets", _of_records, 0),
    _support("deleted_users", _of_records, 0),
)
LISTS: Mapping[str, ListKind] = {kind.name: kind for kind in _KINDS}


def fields_of_object(key: str) -> ListKind:
    """The fields of a custom object."""
    return ListKind(
        f"custom_object_fields/{key}",
        f"/api/v2/custom_objects/{key}/fields",
        "custom_object_fields",
        _field_with_key(("title", "isbn"), 7300),
        2,
        "none",
    )
