# SPDX-License-Identifier: Apache-2.0
"""The table of the incremental exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.cursor_export import CursorExport, CustomObjectExport
from airflow_provider_zendesk.emulator.endless_export import ArticleExport, TalkExport
from airflow_provider_zendesk.emulator.engagement_export import EngagementExport
from airflow_provider_zendesk.emulator.limits import EXPORTS, EXPORTS_BY_CURSOR, SAMPLE
from airflow_provider_zendesk.emulator.metric_events_export import MetricEventExport
from airflow_provider_zendesk.emulator.resources import CUSTOM_OBJECT
from airflow_provider_zendesk.emulator.routing import value_of_instance
from airflow_provider_zendesk.emulator.routing_export import RoutingExport
from airflow_provider_zendesk.emulator.side_conversation_export import SideConversationExport
from airflow_provider_zendesk.emulator.time_export import SampleExport, TimeExport

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.paging import Export

SUPPORT = "/api/v2/incremental/"
TALK = "/api/v2/channels/voice/stats/incremental/"

_EXPORTS: tuple[Export, ...] = (
    CursorExport(SUPPORT + "tickets/cursor", "tickets"),
    # Its own limit since 2025-06-27 (Zendesk changelog).
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
    EngagementExport("/api/v2/engagements", "engagements"),
    RoutingExport(SUPPORT + "routing/attributes", "routing/attributes"),
    RoutingExport(SUPPORT + "routing/attribute_values", "routing/attribute_values"),
    RoutingExport(SUPPORT + "routing/instance_values", "routing/instance_values", value_of_instance),
)
_BY_PATH = {export.path: export for export in _EXPORTS}


def paths_of(resource_or_path: str) -> list[str]:
    """
    The path of an export, or of all exports of a resource but its sample, without ``.json``.

    :raises ValueError: for an export there is not
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
    """What the header is to call a rate limit of an export's own: the name it has already, or one like it."""
    export = find_export(resource_or_path)
    if export is not None and export.bucket not in (EXPORTS, None):
        return export.bucket
    plain = resource_or_path.removesuffix(".json").rpartition("incremental/")[2].removeprefix("/api/v2/")
    return f"{EXPORTS}-{plain.replace('/', '-').replace('_', '-')}"


def find_export(path: str) -> Export | None:
    """The export at a path, with or without ``.json``; that of a custom object whether or not there is such a one."""
    path = path.removesuffix(".json")
    if path in _BY_PATH:
        return _BY_PATH[path]
    resource = path.removeprefix(SUPPORT).removesuffix("/cursor")
    if path == f"{SUPPORT}{resource}/cursor" and CUSTOM_OBJECT.fullmatch(resource):
        return CustomObjectExport(path, resource)
    return None
