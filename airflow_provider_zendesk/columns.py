# SPDX-License-Identifier: Apache-2.0
"""
The columns of typed files: which fields the records of each resource have, and of which type.

It contains only data. The fields are those of Zendesk's reference pages and of recorded answers. A field that is missing
here is not lost: it is stored with all other undeclared fields.
"""

from __future__ import annotations

import msgspec

from airflow_provider_zendesk.catalogue import get_rows, is_known
from airflow_provider_zendesk.column_types import Column, columns
from airflow_provider_zendesk.reference_columns import COLUMN_OF_OBJECT_FIELDS, REFERENCE_COLUMNS

VERSION = 1
"""Of the contract: one more with every change to the columns of any resource."""

_CALL_OR_LEG = columns(
    {
        "int64": "id agent_id duration hold_time talk_time minutes_billed wrap_up_time consultation_time",
        "string": "call_charge completion_status",
        "timestamp": "created_at updated_at",
        "list<string>": "quality_issues",
    }
)
_ROUTING = columns({"string": "id name type", "timestamp": "time"})

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "tickets": (
        *columns(
            {
                "int64": "id requester_id submitter_id assignee_id organization_id group_id forum_topic_id problem_id "
                "custom_status_id ticket_form_id brand_id generated_timestamp comment_count",
                "double": "satisfaction_probability",
                "bool": "has_incidents is_public allow_channelback allow_attachments from_messaging_channel",
                "string": "url external_id type subject raw_subject description priority status recipient encoded_id support_type "
                "result_type",
                "timestamp": "created_at updated_at due_at",
                "list<int64>": "collaborator_ids follower_ids email_cc_ids sharing_agreement_ids followup_ids",
                "list<string>": "tags",
                "fields": "custom_fields",
                "json": "via satisfaction_rating metric_set dates incident_counts slas email_ccs",
            }
        ),
        Column("fields", "repeated", of="custom_fields"),
    ),
    "ticket_events": columns(
        {
            "int64": "id ticket_id timestamp updater_id",
            "string": "via event_type",
            "timestamp": "created_at time",
            "json": "child_events system metadata",
        }
    ),
    "users": columns(
        {
            "int64": "id locale_id organization_id role_type custom_role_id default_group_id open_ticket_count",
            "bool": "verified active shared shared_agent shared_phone_number two_factor_auth_enabled moderator "
            "only_private_comments restricted_agent suspended report_csv is_billing_admin chat_only",
            "string": "url name email time_zone iana_time_zone phone locale role external_id alias signature details notes "
            "ticket_restriction permanently_deleted remote_photo_url",
            "timestamp": "created_at updated_at last_login_at",
            "list<string>": "tags",
            "map": "user_fields",
            "json": "photo suspension_details identities groups organizations roles abilities",
        }
    ),
    "organizations": columns(
        {
            "int64": "id group_id",
            "bool": "shared_tickets shared_comments",
            "string": "url name external_id details notes",
            "timestamp": "created_at updated_at deleted_at",
            "list<string>": "domain_names tags",
            "map": "organization_fields",
            "json": "abilities",
        }
    ),
    "ticket_metric_events": columns(
        {
            "int64": "id ticket_id instance_id",
            "bool": "deleted",
            "string": "metric type",
            "timestamp": "time",
            "json": "sla group_sla status",
        }
    ),
    "articles": columns(
        {
            "int64": "id author_id position vote_sum vote_count section_id user_segment_id permission_group_id",
            "bool": "comments_disabled draft promoted outdated",
            "string": "url html_url name title source_locale locale body",
            "timestamp": "created_at updated_at edited_at",
            "list<int64>": "user_segment_ids",
            "list<string>": "outdated_locales label_names content_tag_ids",
            "json": "translations",
        }
    ),
    "calls": (
        *_CALL_OR_LEG,
        *columns(
            {
                "int64": "call_group_id customer_id line_id phone_number_id ticket_id time_to_answer wait_time ivr_time_spent "
                "ivr_hops recording_control_interactions recording_time not_recording_time copilot_suggestions_offered "
                "copilot_suggestions_used",
                "bool": "callback customer_requested_voicemail default_group exceeded_queue_wait_time outside_business_hours "
                "overflowed voicemail post_call_summary_created post_call_transcription_created real_time_transcription",
                "string": "call_channel call_recording_consent call_recording_consent_action call_recording_consent_keypress "
                "callback_source direction ivr_action ivr_destination_group_name ivr_routed_to line line_type overflowed_to "
                "phone_number post_call_summary post_call_transcription transcription_language",
            }
        ),
    ),
    "legs": (
        *_CALL_OR_LEG,
        *columns(
            {
                "int64": "call_id user_id conference_from conference_time conference_to consultation_from consultation_to "
                "transferred_from transferred_to",
                "string": "available_via forwarded_to type",
            }
        ),
    ),
    "routing/attributes": _ROUTING,
    "routing/attribute_values": (*_ROUTING, *columns({"string": "attribute_id"})),
    "routing/instance_values": columns(
        {"string": "id attribute_value_id instance_id type", "timestamp": "time"}
    ),
    "side_conversation_events": columns(
        {
            "int64": "ticket_id",
            "string": "id side_conversation_id type via",
            "timestamp": "created_at",
            "json": "actor message updates",
        },
        "+00:00",
    ),
    "satisfaction_ratings": columns(
        {
            "int64": "id ticket_id assignee_id group_id requester_id reason_id reason_code",
            "string": "url score comment reason",
            "timestamp": "created_at updated_at",
        }
    ),
    "engagements": columns(
        {
            "int64": "ticket_id agent_id group_id requester_id agent_messages_count agent_replies_count end_user_messages_count",
            "double": "offer_time_seconds assignment_to_first_reply_time_seconds average_requester_wait_time_seconds "
            "longest_requester_wait_time_seconds total_requester_wait_time_seconds",
            "string": "engagement_id channel engagement_start_reason engagement_end_reason ticket_status_start ticket_status_end",
            "timestamp": "engagement_start_time engagement_end_time",
        },
        "",
    ),
    "ticket_field_history": columns(
        {
            "int64": "ticket_id event_id child_event_id updater_id",
            "string": "id field field_name change doubt via",
            "timestamp": "at",
            "list<string>": "added removed",
            "json": "old_value new_value",
        }
    ),
    "ticket_comments": columns(
        {
            "int64": "id ticket_id event_id author_id updater_id",
            "bool": "public",
            "string": "type body html_body",
            "timestamp": "at",
            "json": "attachments data via",
        }
    ),
}
_CUSTOM_OBJECT_RECORD = columns(
    {
        "string": "id url name custom_object_key external_id created_by_user_id updated_by_user_id",
        "timestamp": "created_at updated_at",
        "map": "custom_object_fields",
        "json": "photo",
    }
)
_SIDELOAD = columns({"int64": "id"})


class Contract(msgspec.Struct, frozen=True):
    """
    The columns of a dataset.

    :param columns: the declared fields.
    :param sort_keys: the fields, any of which is the sort key; none for sideloads and for lists that are taken whole, which
        have no sort key and no deleted records.
    :param deletion: the field that marks deleted records; None if there are none.
    :param deleted: its value for a deleted record; None: any but null.
    """

    columns: tuple[Column, ...]
    sort_keys: tuple[str, ...] = ()
    deletion: str | None = None
    deleted: str | bool | None = None


def contract_of(dataset: str) -> Contract:
    """
    Return the columns of a dataset; those of a sideload that is a resource too are the resource's.

    :param dataset: a resource, a list, a derived dataset, ``<resource>__late``, or ``<resource>__<sideload>``.
    """
    name = dataset.removesuffix("__late")
    if not is_known(name):
        return Contract(_COLUMNS.get(dataset.partition("__")[2], _SIDELOAD))
    rows = get_rows(name)
    names = tuple(key for key in (rows.sort_key, rows.sort_key_in_docs) if key)
    if rows.deletion is None:
        return Contract(_declared(name), names)
    return Contract(_declared(name), names, rows.deletion.field, rows.deletion.value)


def _declared(name: str) -> tuple[Column, ...]:
    if name.startswith("custom_object_fields/"):
        return COLUMN_OF_OBJECT_FIELDS
    return (_COLUMNS | REFERENCE_COLUMNS).get(name, _CUSTOM_OBJECT_RECORD)
