# SPDX-License-Identifier: Apache-2.0
"""The table of resources: what one's records look like, and what can happen to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from airflow_provider_zendesk.emulator import articles, custom_objects, routing, sideloads
from airflow_provider_zendesk.emulator.engagements import engagement_id, render_engagement
from airflow_provider_zendesk.emulator.events import (
    render_metric_event,
    render_ticket_event,
    render_with_comments,
)
from airflow_provider_zendesk.emulator.history import Kind, State
from airflow_provider_zendesk.emulator.people import render_organization, render_user
from airflow_provider_zendesk.emulator.side_conversations import event_id, render_side_conversation_event
from airflow_provider_zendesk.emulator.sideloads import Beside, Embedded
from airflow_provider_zendesk.emulator.talk import render_call, render_leg
from airflow_provider_zendesk.emulator.tickets import render_ticket

Render = Callable[[int, int, State, int], bytes]
"""(seed, number, state, trait) to the row"""


@dataclass(frozen=True)
class Resource:
    """
    One kind of record. Its records are numbered from 1; the number is the row's id unless :attr:`identify` says otherwise.

    :param name: what the emulator's methods call it
    :param rows: the envelope's key for its rows
    :param render: makes a row
    :param later: what can happen to a record once it exists; nothing for an immutable stream
    :param scoped: a record's trait is who handles it, see :class:`~.tickets.Support`, and ``support_type_scope`` chooses
    :param deleted_at_birth: a record's trait is whether its row says ``deleted``, as it does from the beginning
    :param exclude_deleted: the query parameter that leaves deleted records out, if there is one
    :param sideloads: by the name ``include`` knows them by
    :param fuller: names in ``include`` that make another row altogether
    :param identify: (seed, number) to the row's id
    """

    name: str
    rows: str
    render: Render
    later: frozenset[Kind] = frozenset()
    scoped: bool = False
    deleted_at_birth: bool = False
    exclude_deleted: str | None = None
    sideloads: Mapping[str, Embedded | Beside] = field(default_factory=dict)
    fuller: Mapping[str, Render] = field(default_factory=dict)
    identify: Callable[[int, int], int | str] = lambda _seed, number: number


CHANGES = frozenset({Kind.UPDATE})
CHANGES_AND_DELETIONS = frozenset({Kind.UPDATE, Kind.DELETE})

_RESOURCES = (
    Resource(
        "tickets",
        "tickets",
        render_ticket,
        frozenset({Kind.UPDATE, Kind.SYSTEM, Kind.DELETE, Kind.SCRUB}),
        scoped=True,
        exclude_deleted="exclude_deleted",
        sideloads=sideloads.OF_TICKETS,
    ),
    Resource(
        "ticket_events",
        "ticket_events",
        render_ticket_event,
        scoped=True,
        fuller={"comment_events": render_with_comments},
    ),
    Resource(
        "ticket_metric_events",
        "ticket_metric_events",
        render_metric_event,
        deleted_at_birth=True,
        exclude_deleted="exclude_deleted",
    ),
    Resource("users", "users", render_user, CHANGES_AND_DELETIONS, sideloads=sideloads.OF_USERS),
    Resource(
        "organizations",
        "organizations",
        render_organization,
        CHANGES_AND_DELETIONS,
        sideloads=sideloads.OF_ORGANIZATIONS,
    ),
    Resource(
        "articles",
        "articles",
        articles.render_article,
        CHANGES,
        sideloads={
            "users": Beside(("author_id",), sideloads.user),
            "sections": Beside(("section_id",), sideloads.SECTION),
            "categories": Beside(("section_id",), sideloads.CATEGORY, through=sideloads.category_of_section),
            "translations": Embedded("translations", articles.translations),
        },
    ),
    Resource("calls", "calls", render_call, CHANGES),
    Resource("legs", "legs", render_leg, CHANGES),
    Resource("side_conversation_events", "events", render_side_conversation_event, identify=event_id),
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

# Zendesk's own have :: once, such as standard::service_catalog_item in its theme.
CUSTOM_OBJECT = re.compile(r"custom_objects/(?P<key>[a-z0-9_]+(::[a-z0-9_]+)?)", re.ASCII)


def find_resource(name: str) -> Resource:
    """
    Return a resource by its name; a custom object's is ``custom_objects/<key>``.

    :raises ValueError: for a name there is not
    """
    if name in RESOURCES:
        return RESOURCES[name]
    if match := CUSTOM_OBJECT.fullmatch(name):
        return Resource(
            name,
            "custom_object_records",
            partial(custom_objects.render_record, match["key"]),
            CHANGES_AND_DELETIONS,
            exclude_deleted="filter[exclude_deleted]",
            identify=partial(custom_objects.record_id, match["key"]),
        )
    raise ValueError(
        f"there is no resource {name!r}; choose one of: {', '.join(RESOURCES)}, custom_objects/<key>"
    )
