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
    :param paging: ``cursor``: by cursor if the query has ``page[size]``, otherwise by page number; ``none``: all in one answer
    :param times: records have ``created_at`` and ``updated_at``
    """

    name: str
    path: str
    rows: str
    make: Make
    count: int = 5
    paging: str = "cursor"
    times: bool = True


def _text(number: int) -> str:
    return fragments.SUBJECTS[number % 16].decode("unicode_escape", "ignore")[:40] if number % 3 == 0 else ""


def _titled(first: int, what: str, more: Callable[[int], Fields] = lambda number: {}) -> Make:
    def make(number: int) -> Fields:
        title = f"{what} {number} größe"
        return {
            "id": first + number,
            "title": title,
            "raw_title": title,
            "description": _text(number),
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
    return {
        "key": key,
        "title": key.title(),
        "raw_title": key.title(),
        "title_pluralized": f"{key.title()}s",
        "description": None,
    }


def _membership(number: int) -> Fields:
    return {
        "id": 361000900000 + number,
        "user_id": 361000000100 + number % 40,
        "group_id": 361000000200 + number % 12,
        "default": number % 2 == 0,
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


_SUPPORT = "/api/v2/"
_HELP_CENTER = "/api/v2/help_center/"
_LOCALES = ("en-US", "de", "ja", "fr", "pt-BR")

_KINDS = (
    ListKind("ticket_fields", _SUPPORT + "ticket_fields", "ticket_fields", _ticket_field, len(_TICKET_FIELD_IDS)),
    ListKind("user_fields", _SUPPORT + "user_fields", "user_fields", _field_with_key(("birthday", "contract_no", "plan", "vip"), 7100), 4),
    ListKind("organization_fields", _SUPPORT + "organization_fields", "organization_fields", _field_with_key(("datepudding", "org_field_1", "org_field_2"), 7200), 3),
    ListKind("ticket_forms", _SUPPORT + "ticket_forms", "ticket_forms", _named(361000008071, "Form", lambda number: {"active": True, "position": number, "default": number == 0, "ticket_field_ids": list(_TICKET_FIELD_IDS[:3])}), 2, "none"),
    ListKind("groups", _SUPPORT + "groups", "groups", _named(361000000200, "Group", lambda number: {"default": number == 0, "deleted": False, "is_public": True, "description": ""}), 12),
    ListKind("group_memberships", _SUPPORT + "group_memberships", "group_memberships", _membership, 40),
    ListKind("brands", _SUPPORT + "brands", "brands", _named(361000000301, "Brand", lambda number: {"subdomain": f"brand{number}", "active": True, "default": number == 0, "has_help_center": True}), 3),
    ListKind("custom_statuses", _SUPPORT + "custom_statuses", "custom_statuses", lambda number: {"id": 361000000001 + number, "status_category": ("new", "open", "pending", "hold", "solved")[number % 5], "agent_label": f"Status {number}", "end_user_label": f"Status {number}", "active": True, "default": number < 5}, 8, "none"),
    ListKind("macros", _SUPPORT + "macros", "macros", _titled(361001000000, "Macro", lambda number: {"actions": [], "restriction": None})),
    ListKind("views", _SUPPORT + "views", "views", _titled(361001100000, "View", _conditions)),
    ListKind("triggers", _SUPPORT + "triggers", "triggers", _titled(361001200000, "Trigger", lambda number: {**_actions(number), "category_id": "1"})),
    ListKind("automations", _SUPPORT + "automations", "automations", _titled(361001300000, "Automation", _actions)),
    ListKind("schedules", _SUPPORT + "business_hours/schedules", "schedules", _named(361001400000, "Schedule", lambda number: {"time_zone": "Berlin", "intervals": [{"start_time": 1980, "end_time": 2460}]}), 2, "none"),
    ListKind("sla_policies", _SUPPORT + "slas/policies", "sla_policies", _titled(361001500000, "Policy", lambda number: {"filter": {"all": [], "any": []}, "policy_metrics": [{"priority": "low", "metric": "first_reply_time", "target": 60 * number, "business_hours": False}]}), 3, "pages"),
    ListKind("locales", _SUPPORT + "locales", "locales", lambda number: {"id": number + 1, "locale": _LOCALES[number % 5], "name": _LOCALES[number % 5], "default": number == 0, "rtl": False}),
    ListKind("custom_objects", _SUPPORT + "custom_objects", "custom_objects", _object, 2, "none"),
    ListKind("sections", _HELP_CENTER + "sections", "sections", _named(361000600000, "Section", lambda number: {"locale": "en-us", "position": number, "category_id": 361000610000 + number % 3, "outdated": False}), 20),
    ListKind("categories", _HELP_CENTER + "categories", "categories", _named(361000610000, "Category", lambda number: {"locale": "en-us", "position": number, "outdated": False}), 3),
    ListKind("dynamic_content_items", _SUPPORT + "dynamic_content/items", "items", _named(361001600000, "Item", lambda number: {"placeholder": f"{{{{dc.item_{number}}}}}", "default_locale_id": 1, "outdated": False, "variants": []}), 2),
    ListKind("deleted_tickets", _SUPPORT + "deleted_tickets", "deleted_tickets", _named(0, "")),
    ListKind("deleted_users", _SUPPORT + "deleted_users", "deleted_users", _named(0, "")),
)  # fmt: skip
LISTS: Mapping[str, ListKind] = {kind.name: kind for kind in _KINDS}


def fields_of_object(key: str) -> ListKind:
    """The fields of a custom object."""
    return ListKind(
        f"custom_object_fields/{key}",
        f"{_SUPPORT}custom_objects/{key}/fields",
        "custom_object_fields",
        _field_with_key(("title", "isbn"), 7300),
        2,
        "none",
    )
