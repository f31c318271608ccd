# SPDX-License-Identifier: Apache-2.0
"""
The columns of reference data: which fields the records of each list have, and of which type.

It contains only data. The fields are those of Zendesk's reference pages; any others are kept in ``_extra``.
"""

from __future__ import annotations

from airflow_provider_zendesk.column_types import Column, columns

_TIMES = "created_at updated_at"
_RULE = columns(
    {
        "int64": "id position",
        "bool": "active default",
        "string": "url title raw_title description",
        "timestamp": _TIMES,
    }
)
_FIELD = columns(
    {
        "int64": "id position",
        "bool": "active system",
        "string": "url key type title raw_title description raw_description regexp_for_validation tag relationship_target_type",
        "timestamp": _TIMES,
        "json": "custom_field_options relationship_filter",
    }
)
_HELP_CENTER = columns(
    {
        "int64": "id position",
        "bool": "outdated",
        "string": "url html_url locale source_locale name description",
        "timestamp": _TIMES,
    }
)

COLUMN_OF_OBJECT_FIELDS = _FIELD

REFERENCE_COLUMNS: dict[str, tuple[Column, ...]] = {
    "ticket_fields": columns(
        {
            "int64": "id position creator_user_id sub_type_id",
            "bool": "active required collapsed_for_agents visible_in_portal editable_in_portal required_in_portal removable "
            "agent_can_edit",
            "string": "url key type title raw_title description raw_description title_in_portal raw_title_in_portal "
            "agent_description regexp_for_validation tag creator_app_name relationship_target_type",
            "timestamp": _TIMES,
            "json": "custom_field_options system_field_options custom_statuses relationship_filter",
        }
    ),
    "user_fields": _FIELD,
    "organization_fields": _FIELD,
    "ticket_forms": columns(
        {
            "int64": "id position",
            "bool": "active default end_user_visible in_all_brands",
            "string": "url name raw_name display_name raw_display_name",
            "timestamp": _TIMES,
            "list<int64>": "ticket_field_ids restricted_brand_ids",
            "json": "agent_conditions end_user_conditions",
        }
    ),
    "groups": columns(
        {
            "int64": "id",
            "bool": "default deleted is_public",
            "string": "url name description",
            "timestamp": _TIMES,
        }
    ),
    "group_memberships": columns(
        {"int64": "id user_id group_id", "bool": "default", "string": "url", "timestamp": _TIMES}
    ),
    "brands": columns(
        {
            "int64": "id",
            "bool": "active default has_help_center is_deleted",
            "string": "url name brand_url subdomain host_mapping help_center_state signature_template",
            "timestamp": _TIMES,
            "list<int64>": "ticket_form_ids",
            "json": "logo",
        }
    ),
    "custom_statuses": columns(
        {
            "int64": "id",
            "bool": "active default",
            "string": "url status_category agent_label raw_agent_label end_user_label raw_end_user_label description "
            "raw_description end_user_description raw_end_user_description",
            "timestamp": _TIMES,
        }
    ),
    "macros": (*_RULE, *columns({"json": "actions restriction"})),
    "views": (*_RULE, *columns({"bool": "watchable", "json": "conditions execution restriction"})),
    "triggers": (*_RULE, *columns({"string": "category_id", "json": "conditions actions"})),
    "automations": (*_RULE, *columns({"json": "conditions actions"})),
    "schedules": columns(
        {"int64": "id", "string": "url name time_zone", "timestamp": _TIMES, "json": "intervals"}
    ),
    "sla_policies": columns(
        {
            "int64": "id position",
            "string": "url title description",
            "timestamp": _TIMES,
            "json": "filter policy_metrics metric_settings",
        }
    ),
    "locales": columns(
        {
            "int64": "id",
            "bool": "default rtl",
            "string": "url locale name native_name presentation_name",
            "timestamp": _TIMES,
        }
    ),
    "custom_objects": columns(
        {
            "bool": "include_in_list_view allows_photos allows_attachments",
            "string": "url key title raw_title title_pluralized raw_title_pluralized description raw_description "
            "created_by_user_id updated_by_user_id",
            "timestamp": _TIMES,
        }
    ),
    "deleted_users": columns(
        {
            "int64": "id organization_id locale_id",
            "bool": "active shared_phone_number",
            "string": "url name email time_zone phone locale role",
            "timestamp": _TIMES,
            "json": "photo",
        }
    ),
    "deleted_tickets": columns(
        {"int64": "id", "string": "subject previous_state", "timestamp": "deleted_at", "json": "actor"}
    ),
    "sections": (
        *_HELP_CENTER,
        *columns({"int64": "category_id parent_section_id", "string": "theme_template"}),
    ),
    "categories": _HELP_CENTER,
    "dynamic_content_items": columns(
        {
            "int64": "id default_locale_id",
            "bool": "outdated",
            "string": "url name placeholder",
            "timestamp": _TIMES,
            "json": "variants",
        }
    ),
}
