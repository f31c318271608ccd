# SPDX-License-Identifier: Apache-2.0
"""All export endpoints, and how to find one by its path or resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.resources import CUSTOM_OBJECT
from airflow_provider_zendesk.emulator.account.rows.routing import value_of_instance
from airflow_provider_zendesk.emulator.api.exports.buckets import EXPORTS, EXPORTS_BY_CURSOR, SAMPLE
from airflow_provider_zendesk.emulator.api.exports.cursor_based import CursorExport, CustomObjectExport
from airflow_provider_zendesk.emulator.api.exports.engagements import EngagementExport
from airflow_provider_zendesk.emulator.api.exports.metric_events import MetricEventExport, RatingExport
from airflow_provider_zendesk.emulator.api.exports.open_ended import ArticleExport, TalkExport
from airflow_provider_zendesk.emulator.api.exports.routing import RoutingExport
from airflow_provider_zendesk.emulator.api.exports.side_conversations import SideConversationExport
from airflow_provider_zendesk.emulator.api.exports.time_based import SampleExport, TimeExport

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.api.exports.export import Export

SUPPORT = "/api/v2/incremental/"
TALK = "/api/v2/channels/voice/stats/incremental/"

_EXPORTS: tuple[Export, ...] = (
    CursorExport(SUPPORT + "tickets/cursor", "tickets"),
    # Has its own rate limit since 2025-06-27 (Zendesk changelog).
    CursorExport(SUPPORT + "users/cursor", "users", EXPORTS_BY_CURSOR),
    TimeExport(SUPPORT + "tickets", "tickets"),
    TimeExport(SUPPORT + "ticket_events", "ticket_events"),
    TimeExport(SUPPORT + "users", "users"),
    TimeExport(SUPPORT + "organizations", "organizations"),
    SampleExport(SUPPORT + "tickets/sample", "tickets"),
    SampleExport(SUPPORT + "ticket_events/sample", "ticket_events"),
    SampleExport(SUPPORT + "users/sample", "users"),
    SampleExport(SUPPORT + "organizations/sample", "organizations"),
    MetricEventExport(SUPPORT + "ticket_metric_events", "ticket_metric_events"),
    ArticleExport("/api/v2/help_center/incremental/articles", "articles"),
    TalkExport(TALK + "calls", "calls"),
    TalkExport(TALK + "legs", "legs"),
    SideConversationExport("/api/v2/tickets/side_conversations/events", "side_conversation_events"),
    RatingExport("/api/v2/satisfaction_ratings", "satisfaction_ratings"),
    EngagementExport("/api/v2/engagements", "engagements"),
    RoutingExport(SUPPORT + "routing/attributes", "routing/attributes"),
    RoutingExport(SUPPORT + "routing/attribute_values", "routing/attribute_values"),
    RoutingExport(SUPPORT + "routing/instance_values", "routing/instance_values", value_of_instance),
)
_BY_PATH = {export.path: export for export in _EXPORTS}


def paths_of(resource_or_path: str) -> list[str]:
    """
    The paths, without ``.json``, of an export or of all exports of a resource except its sample.

    :raises ValueError: for an unknown export
    """
    if one := find_export(resource_or_path):
        return [one.path]
    if CUSTOM_OBJECT.fullmatch(resource_or_path):
        return [f"{SUPPORT}{resource_or_path}/cursor"]
    paths = [
        export.path for export in _EXPORTS if export.resource == resource_or_path and export.bucket != SAMPLE
    ]
    if not paths:
        raise ValueError(f"there is no export {resource_or_path!r}; give a resource or an export's path")
    return paths


def bucket_name(resource_or_path: str) -> str:
    """Name of an export's own rate limit in the header: the existing one, or one that follows the same pattern."""
    export = find_export(resource_or_path)
    if export is not None and export.bucket not in (EXPORTS, None):
        return export.bucket
    plain = resource_or_path.removesuffix(".json").rpartition("incremental/")[2].removeprefix("/api/v2/")
    return f"{EXPORTS}-{plain.replace('/', '-').replace('_', '-')}"


def find_export(path: str) -> Export | None:
    """The export at a path, with or without ``.json``. A custom object need not exist to have one."""
    path = path.removesuffix(".json")
    if path in _BY_PATH:
        return _BY_PATH[path]
    resource = path.removeprefix(SUPPORT).removesuffix("/cursor")
    if path == f"{SUPPORT}{resource}/cursor" and CUSTOM_OBJECT.fullmatch(resource):
        return CustomObjectExport(path, resource)
    return None
