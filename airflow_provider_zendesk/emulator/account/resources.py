# SPDX-License-Identifier: Apache-2.0
"""The resources: how their records' rows are rendered, and which changes they can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from airflow_provider_zendesk.emulator.account.history import Kind
from airflow_provider_zendesk.emulator.account.rows import articles, custom_objects, routing, sideloads
from airflow_provider_zendesk.emulator.account.rows.engagements import engagement_id, render_engagement
from airflow_provider_zendesk.emulator.account.rows.events import (
    render_metric_event,
    render_ticket_event,
    render_with_comments,
)
from airflow_provider_zendesk.emulator.account.rows.people import render_organization, render_user
from airflow_provider_zendesk.emulator.account.rows.ratings import render_rating
from airflow_provider_zendesk.emulator.account.rows.side_conversations import (
    event_id,
    render_side_conversation_event,
)
from airflow_provider_zendesk.emulator.account.rows.sideloads import EmbeddedSideload, TopLevelSideload
from airflow_provider_zendesk.emulator.account.rows.state import State
from airflow_provider_zendesk.emulator.account.rows.talk import render_call, render_leg
from airflow_provider_zendesk.emulator.account.rows.tickets import render_ticket

Render = Callable[[int, int, State, int], bytes]
"""Renders the row of (seed, number, state, trait)."""


@dataclass(frozen=True)
class Resource:
    """
    A kind of record. Its records are numbered from 1, and the number is the row's id unless :attr:`identify` is set.

    A record's trait is a property fixed at its creation: with ``has_support_type`` its support type (see
    :class:`~.tickets.SupportType`), with ``created_deleted`` 1 if its row says ``deleted``, else 0.

    :param name: its name in the emulator's methods
    :param rows: the envelope's key for its rows
    :param changes: possible changes after the creation; none for an immutable stream
    :param has_support_type: the query parameter ``support_type_scope`` applies
    :param created_deleted: records may be deleted from the beginning
    :param exclude_deleted: the query parameter that leaves out deleted records, if there is one
    :param sideloads: by their names in ``include``
    :param alternative_rows: by their names in ``include``, renderers that replace the normal one
    :param identify: maps (seed, number) to the row's id
    """

    name: str
    rows: str
    render: Render
    changes: frozenset[Kind] = frozenset()
    has_support_type: bool = False
    created_deleted: bool = False
    exclude_deleted: str | None = None
    sideloads: Mapping[str, EmbeddedSideload | TopLevelSideload] = field(default_factory=dict)
    alternative_rows: Mapping[str, Render] = field(default_factory=dict)
    identify: Callable[[int, int], int | str] = lambda _seed, number: number


UPDATES = frozenset({Kind.UPDATE})
UPDATES_AND_DELETIONS = frozenset({Kind.UPDATE, Kind.DELETE})

_RESOURCES = (
    Resource(
        "tickets",
        "tickets",
        render_ticket,
        frozenset({Kind.UPDATE, Kind.SYSTEM, Kind.DELETE, Kind.SCRUB}),
        has_support_type=True,
        exclude_deleted="exclude_deleted",
        sideloads=sideloads.TICKET_SIDELOADS,
    ),
    Resource(
        "ticket_events",
        "ticket_events",
        render_ticket_event,
        has_support_type=True,
        alternative_rows={"comment_events": render_with_comments},
    ),
    Resource(
        "ticket_metric_events",
        "ticket_metric_events",
        render_metric_event,
        created_deleted=True,
        exclude_deleted="exclude_deleted",
    ),
    Resource("users", "users", render_user, UPDATES_AND_DELETIONS, sideloads=sideloads.USER_SIDELOADS),
    Resource(
        "organizations",
        "organizations",
        render_organization,
        UPDATES_AND_DELETIONS,
        sideloads=sideloads.ORGANIZATION_SIDELOADS,
    ),
    Resource(
        "articles",
        "articles",
        articles.render_article,
        UPDATES,
        sideloads={
            "users": TopLevelSideload(("author_id",), sideloads.user),
            "sections": TopLevelSideload(("section_id",), sideloads.SECTION),
            "categories": TopLevelSideload(
                ("section_id",), sideloads.CATEGORY, through=sideloads.category_of_section
            ),
            "translations": EmbeddedSideload("translations", articles.translations),
        },
    ),
    Resource("calls", "calls", render_call, UPDATES),
    Resource("legs", "legs", render_leg, UPDATES),
    Resource("side_conversation_events", "events", render_side_conversation_event, identify=event_id),
    Resource("satisfaction_ratings", "satisfaction_ratings", render_rating, UPDATES),
    Resource("engagements", "agent_engagement_data", render_engagement, identify=engagement_id),
    Resource("routing/attributes", "attributes", routing.render_attribute, identify=routing.attribute_id),
    Resource(
        "routing/attribute_values",
        "attribute_values",
        routing.render_attribute_value,
        identify=routing.attribute_value_id,
    ),
    Resource(
        "routing/instance_values",
        "instance_values",
        routing.render_instance_value,
        identify=routing.instance_value_id,
    ),
)
RESOURCES: Mapping[str, Resource] = {resource.name: resource for resource in _RESOURCES}

# Zendesk's own custom objects have one ::, such as standard::service_catalog_item in its theme.
CUSTOM_OBJECT = re.compile(r"custom_objects/(?P<key>[a-z0-9_]+(::[a-z0-9_]+)?)", re.ASCII)


def find_resource(name: str) -> Resource:
    """
    Return a resource by its name; a custom object's is ``custom_objects/<key>``.

    :raises ValueError: for an unknown name
    """
    if name in RESOURCES:
        return RESOURCES[name]
    if match := CUSTOM_OBJECT.fullmatch(name):
        return Resource(
            name,
            "custom_object_records",
            partial(custom_objects.render_record, match["key"]),
            UPDATES_AND_DELETIONS,
            exclude_deleted="filter[exclude_deleted]",
            identify=partial(custom_objects.record_id, match["key"]),
        )
    raise ValueError(
        f"there is no resource {name!r}; choose one of: {', '.join(RESOURCES)}, custom_objects/<key>"
    )
