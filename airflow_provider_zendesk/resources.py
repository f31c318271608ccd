# SPDX-License-Identifier: Apache-2.0
"""
The catalogue: what each resource's export accepts and returns, and which field it is sorted by.

It contains only data, and no other module refers to a resource by name. The facts are from Zendesk's reference page
"Incremental Exports" (developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/)
unless a comment says otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Pagination = Literal["cursor", "time"]


class Parameter(msgspec.Struct, frozen=True):
    """
    A query parameter that an endpoint accepts besides those for paging and sideloads.

    :param name: the operator's argument.
    :param default: sent if the caller gives None. Zendesk's own default of every switch is off.
    :param choices: the values Zendesk accepts.
    :param key: its name in the query, if that differs from ``name``.
    """

    name: str
    default: str | bool
    choices: tuple[str | bool, ...]
    key: str = ""


class Deletion(msgspec.Struct, frozen=True):
    """
    How a row shows that its record was deleted.

    :param field: the row's field.
    :param value: the field's value for a deleted record; None: any value but null.
    """

    field: str
    value: str | bool | None = None


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """
    How an endpoint returns and accepts its cursor.

    :param envelope: where an answer has the next cursor: in ``after_cursor``; in ``meta.after_cursor``; or in the URL in
        ``next_page`` or ``next_page_url``, of which only the cursor is used, since the URL may name another host.
    :param parameters: the query parameters for the cursor, in the order of its parts.
    :param with_start_time: ``start_time`` is sent with every call, not only the first.
    """

    envelope: Literal["after_cursor", "meta", "next_page", "next_page_url"] = "after_cursor"
    parameters: tuple[str, ...] = ("cursor",)
    with_start_time: bool = False


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """
    One way to read a resource.

    :param path: relative to the account's root.
    :param pagination: the kind of paging.
    :param ends: how the stream's end is documented: the answer's ``end_of_stream``; its ``has_more``; a ``next_page`` that
        is null; or not at all (``unsaid``). If an answer has ``end_of_stream``, that always decides. ``list``: by
        ``has_more`` or, where the list is not paged by cursor, by ``next_page``. ``whole_list``: as ``list``, and an answer
        with neither is the whole list.
    :param cursor: how the cursor is returned and accepted; see :class:`Cursor`.
    :param takes_start_time: rows before ``start_time`` are left out; False: the stream always starts at its first row.
    :param max_per_page: the most records per page; None: the endpoint accepts no page size.
    :param page_size: the query parameter for the page size.
    :param full_pages: the known sizes of full pages. A page with this many rows in one second may lack further rows of
        that second.
    :param rate_limit: name of the endpoint's own rate limit, as in the header ``zendesk-ratelimit-<name>``.
    """

    path: str
    pagination: Pagination
    ends: Literal["end_of_stream", "has_more", "next_page", "unsaid", "list", "whole_list"] = "end_of_stream"
    cursor: Cursor = Cursor()
    takes_start_time: bool = True
    max_per_page: int | None = 1000
    page_size: str = "per_page"
    full_pages: tuple[int, ...] = (1000,)
    rate_limit: str = "incremental-exports"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """
    One kind of record and how it is exported.

    :param name: its name for users.
    :param records: the key of the rows in an answer.
    :param sort_key: the row's field that the API filters and sorts by: epoch seconds or ISO 8601 text. None: the rows are a
        list that is taken whole, see :mod:`~airflow_provider_zendesk.reference_data`.
    :param zoneless: the text has no time zone and means UTC.
    :param sort_key_in_docs: the field used instead by rows in the format that Zendesk's reference shows.
    :param endpoints: the ways to read it, the best one first.
    :param deletion: what marks a deleted record; None: the stream has no deleted records.
    :param settle: settle time: the seconds after a given time until Zendesk shows everything from before it, as far as
        is known.
    :param late: until the settle time has passed, rows may still appear in seconds that were already read, so newer
        pages are not final. False: Zendesk itself hides rows that are too recent.
    :param ordered: rows come in ascending order of the sort key, so reading may stop at the end of the window.
    :param parameters: the parameters it accepts besides those for paging.
    :param sideloads: names that ``include`` accepts.
    :param include: the sideloads requested by default.
    :param sample: path of its sample export; None: it has none.
    :param immutable: rows are events, which never change and never leave the stream.
    :param id: the row's field that, together with the sort key, identifies a row; None: only the whole row does.
    """

    name: str
    records: str
    sort_key: str | None
    sort_key_in_docs: str | None = None
    zoneless: bool = False
    endpoints: tuple[Endpoint, ...]
    deletion: Deletion | None = None
    settle: int = 60
    late: bool = False
    ordered: bool = True
    immutable: bool = False
    parameters: tuple[Parameter, ...] = ()
    sideloads: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    sample: str | None = None
    id: str | None = "id"

    def endpoint(self, pagination: Pagination | None = None) -> Endpoint:
        """
        Return the endpoint with this kind of paging; None means the best one.

        :raises ValueError: if the resource has no such endpoint.
        """
        has = {endpoint.pagination: endpoint for endpoint in self.endpoints}
        if pagination is None:
            return self.endpoints[0]
        if pagination not in has:
            raise ValueError(
                f"resource {self.name!r} has no {pagination!r} export; use "
                f"pagination={' or '.join(map(repr, has))}, or leave it out"
            )
        return has[pagination]

    def query(
        self,
        endpoint: Endpoint,
        *,
        per_page: int | None = None,
        include: Sequence[str] | None = None,
        **wanted: str | bool | None,
    ) -> dict[str, str | int]:
        """
        Return the query parameters to send with every page, without the position.

        :param endpoint: one of this resource's endpoints.
        :param per_page: the most records per page; None means the endpoint's maximum.
        :param include: names of sideloads; None means the catalogue's default, an empty sequence means none.
        :param wanted: values by parameter name; None means the catalogue's default.
        :raises ValueError: for a value the endpoint does not accept; the message lists those it does.
        """
        query: dict[str, str | int] = {}
        if size := self._page_size(per_page, endpoint):
            query[endpoint.page_size] = size
        if names := self._included(include):
            query["include"] = ",".join(names)
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in wanted.items():
            if name not in known and value not in (None, False):
                raise ValueError(
                    f"resource {self.name!r} has no parameter {name!r} (got {value!r}); it accepts: "
                    f"{', '.join(known) or 'none'}"
                )
        for parameter in self.parameters:
            if value := self._value(parameter, wanted.get(parameter.name)):
                query[parameter.key or parameter.name] = value
        return query

    def _page_size(self, per_page: int | None, endpoint: Endpoint) -> int | None:
        most = endpoint.max_per_page
        if per_page is None:
            return most
        if most is None:
            raise ValueError(
                f"resource {self.name!r} does not accept per_page (got {per_page!r}); leave it out"
            )
        if isinstance(per_page, bool) or not isinstance(per_page, int) or not 1 <= per_page <= most:
            raise ValueError(
                f"per_page={per_page!r} must be 1 to {most} for resource {self.name!r}; change it or leave it out"
            )
        return per_page

    def _included(self, include: Sequence[str] | None) -> Sequence[str]:
        names = self.include if include is None else include
        if isinstance(names, str):
            raise ValueError(f"include={names!r} must be a list of names, such as [{names!r}]")
        unknown = [name for name in names if name not in self.sideloads]
        if unknown:
            raise ValueError(
                f"resource {self.name!r} has no sideload {', '.join(map(repr, unknown))}; it has: "
                f"{', '.join(self.sideloads) or 'none'}"
            )
        return names

    def _value(self, parameter: Parameter, wanted: str | bool | None) -> str | None:
        """Return what to send for a parameter; None: send nothing, since the value is Zendesk's default."""
        value = parameter.default if wanted is None else wanted
        if value not in parameter.choices:
            raise ValueError(
                f"{parameter.name}={value!r} is not valid for resource {self.name!r}; choose one of: "
                f"{', '.join(map(repr, parameter.choices))}"
            )
        if isinstance(value, str):
            return value
        return "true" if value else None


def _switch(name: str, key: str = "") -> Parameter:
    return Parameter(name, False, (False, True), key)


# A record may appear minutes after its own timestamp, and after later records. For organizations, Talk and side
# conversation events, Estuary's connector (2026-09) therefore rereads the last five minutes.
_MINUTES_LATE = 300

# Zendesk's own default, "agent", silently leaves out tickets that AI agents handled.
_SUPPORT_TYPE_SCOPE = Parameter("support_type_scope", "all", ("all", "agent", "ai_agent"))

TICKETS = Resource(
    name="tickets",
    records="tickets",
    # Changes with every update, including system updates, and is what start_time is compared to. updated_at does not change
    # with system updates or with the scrub 30 days after a deletion.
    sort_key="generated_timestamp",
    deletion=Deletion("status", "deleted"),
    endpoints=(
        Endpoint(path="/api/v2/incremental/tickets/cursor", pagination="cursor"),
        Endpoint(path="/api/v2/incremental/tickets", pagination="time"),
    ),
    parameters=(_switch("exclude_deleted"), _SUPPORT_TYPE_SCOPE),
    sideloads=(
        "users",
        "groups",
        "organizations",
        "metric_sets",
        "dates",
        "sharing_agreements",
        "comment_count",
        "incident_counts",
        "ticket_forms",
        "brands",
        "custom_statuses",
    ),
    sample="/api/v2/incremental/tickets/sample",
)

TICKET_EVENTS = Resource(
    name="ticket_events",
    records="ticket_events",
    sort_key="timestamp",
    immutable=True,
    # Zendesk's reference shows metric events here, but real rows are audits with child_events.
    sort_key_in_docs="time",
    endpoints=(Endpoint(path="/api/v2/incremental/ticket_events", pagination="time"),),
    parameters=(_SUPPORT_TYPE_SCOPE,),
    sideloads=("comment_events",),
    # Without this sideload, a row only shows that there was a comment.
    include=("comment_events",),
    sample="/api/v2/incremental/ticket_events/sample",
)

USERS = Resource(
    name="users",
    records="users",
    sort_key="updated_at",
    deletion=Deletion("active", False),
    endpoints=(
        # Has a rate limit of its own, twice as high, since 2025-06-27.
        Endpoint(
            path="/api/v2/incremental/users/cursor",
            pagination="cursor",
            rate_limit="incremental-exports-cursor",
        ),
        Endpoint(path="/api/v2/incremental/users", pagination="time"),
    ),
    sideloads=("identities", "groups", "organizations", "roles", "abilities", "open_ticket_count"),
    sample="/api/v2/incremental/users/sample",
)

ORGANIZATIONS = Resource(
    name="organizations",
    records="organizations",
    sort_key="updated_at",
    # Not documented. Rows of real accounts have it; it is null unless the record is deleted.
    deletion=Deletion("deleted_at"),
    settle=_MINUTES_LATE,
    late=True,
    endpoints=(Endpoint(path="/api/v2/incremental/organizations", pagination="time"),),
    sideloads=("abilities",),
    sample="/api/v2/incremental/organizations/sample",
)

_METRIC_EVENTS = "/api/v2/incremental/ticket_metric_events"

TICKET_METRIC_EVENTS = Resource(
    name="ticket_metric_events",
    records="ticket_metric_events",
    sort_key="time",
    immutable=True,
    deletion=Deletion("deleted", True),
    # Recorded "many minutes after the ticket change" but with that change's timestamp (Estuary's connector, 2026-09, which
    # rereads the last 30 minutes). Zendesk does not hide the last minute here.
    settle=1800,
    late=True,
    endpoints=(
        # Ordinary cursor paging, with at most 100 records per page and a documented end (Zendesk docs, Ticket Metric Events).
        Endpoint(
            path=_METRIC_EVENTS,
            pagination="cursor",
            ends="has_more",
            cursor=Cursor(envelope="meta", parameters=("page[after]",), with_start_time=True),
            max_per_page=100,
            page_size="page[size]",
        ),
        # No page size is documented; a real account returned pages of 100 (zendesk-api.md 8).
        Endpoint(
            path=_METRIC_EVENTS,
            pagination="time",
            ends="unsaid",
            max_per_page=None,
            full_pages=(100, 1000),
        ),
    ),
    parameters=(_switch("exclude_deleted"), _switch("include_changes")),
)

ARTICLES = Resource(
    name="articles",
    records="articles",
    sort_key="updated_at",
    # Airbyte found them unsorted, whichever order was requested.
    ordered=False,
    settle=_MINUTES_LATE,
    late=True,
    endpoints=(
        Endpoint(
            # One team got status 415 without the suffix.
            path="/api/v2/help_center/incremental/articles.json",
            pagination="time",
            ends="unsaid",
            # Not documented. Other Help Center lists have at most 100 records per page; guides mention 1000 for this one.
            max_per_page=None,
            full_pages=(100, 1000),
            # Help Center calls do not count against Support's rate limits, or vice versa (Zendesk docs, Rate limits).
            rate_limit="help-center",
        ),
    ),
    sideloads=("users", "sections", "categories", "translations"),
)


def _talk(name: str) -> Resource:
    """Return one of Talk's statistics. Its ``next_page`` is never null, and returns the last second again forever."""
    return Resource(
        name=name,
        records=name,
        sort_key="updated_at",
        settle=_MINUTES_LATE,
        late=True,
        endpoints=(
            Endpoint(
                path=f"/api/v2/channels/voice/stats/incremental/{name}",
                pagination="time",
                ends="unsaid",
                max_per_page=None,
                rate_limit="talk-incremental-exports",
            ),
        ),
    )


def _routing(records: str) -> Resource:
    """Return one of skills-based routing's streams. It has no start time, so the whole stream is read each time."""
    return Resource(
        name=f"routing/{records}",
        records=records,
        sort_key="time",
        immutable=True,
        # Rows are events, but their id is the attribute's: if an attribute is created and renamed within a second, both rows
        # have the same id and sort key.
        id=None,
        # instance_values are grouped by attribute value.
        ordered=False,
        endpoints=(
            Endpoint(
                path=f"/api/v2/incremental/routing/{records}",
                pagination="cursor",
                ends="next_page",
                cursor=Cursor(envelope="next_page"),
                takes_start_time=False,
                max_per_page=None,
            ),
        ),
    )


SIDE_CONVERSATION_EVENTS = Resource(
    name="side_conversation_events",
    records="events",
    # It has milliseconds, but windows start and end at whole seconds.
    sort_key="created_at",
    immutable=True,
    settle=_MINUTES_LATE,
    late=True,
    endpoints=(
        Endpoint(
            path="/api/v2/tickets/side_conversations/events",
            pagination="time",
            ends="next_page",
            max_per_page=None,
            rate_limit="side-conversation-events",
        ),
    ),
)

SATISFACTION_RATINGS = Resource(
    name="satisfaction_ratings",
    records="satisfaction_ratings",
    # Zendesk's reference says that start_time is the "time of the oldest satisfaction rating". Singer's tap-zendesk 2.8 takes
    # it for the time of the last update. Its end_time is not sent: whether that second is included is not documented.
    sort_key="updated_at",
    # The order is not documented.
    ordered=False,
    settle=_MINUTES_LATE,
    late=True,
    endpoints=(
        Endpoint(
            path="/api/v2/satisfaction_ratings",
            pagination="cursor",
            ends="has_more",
            cursor=Cursor(envelope="meta", parameters=("page[after]",), with_start_time=True),
            max_per_page=100,
            page_size="page[size]",
            rate_limit="account",
        ),
    ),
)

ENGAGEMENTS = Resource(
    name="engagements",
    records="agent_engagement_data",
    id="engagement_id",
    # Recorded answers (zenpy, 2025-06) are sorted by it, and their cursor is the last row's start time and id.
    sort_key="engagement_start_time",
    zoneless=True,
    immutable=True,
    # "Engagement data is available after the engagement ends" (Zendesk docs), so a row is late by the engagement's length.
    # One hour is a guess; reconciliation measures the real value.
    settle=3600,
    late=True,
    endpoints=(
        Endpoint(
            path="/api/v2/engagements",
            pagination="cursor",
            ends="has_more",
            cursor=Cursor(
                envelope="next_page_url",
                parameters=("start_time_cursor", "engagement_id_cursor"),
                with_start_time=True,
            ),
            # The recorded URLs have a page_size parameter; it is not known whether a client may set it.
            max_per_page=None,
            rate_limit="engagements",
        ),
    ),
)


def _custom_object(key: str) -> Resource:
    return Resource(
        name=f"custom_objects/{key}",
        records="custom_object_records",
        sort_key="updated_at",
        deletion=Deletion("name", "[DELETED]"),
        endpoints=(
            Endpoint(
                path=f"/api/v2/incremental/custom_objects/{key}/cursor", pagination="cursor", ends="has_more"
            ),
        ),
        parameters=(_switch("exclude_deleted", "filter[exclude_deleted]"),),
    )


# Zendesk's own objects have a prefix: standard::service_catalog_item.
_CUSTOM_OBJECT = re.compile(r"custom_objects/([a-z0-9_]+(?:::[a-z0-9_]+)?)")

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        TICKETS,
        TICKET_EVENTS,
        USERS,
        ORGANIZATIONS,
        TICKET_METRIC_EVENTS,
        ARTICLES,
        _talk("calls"),
        _talk("legs"),
        _routing("attributes"),
        _routing("attribute_values"),
        _routing("instance_values"),
        SIDE_CONVERSATION_EVENTS,
        ENGAGEMENTS,
        SATISFACTION_RATINGS,
    )
}


def is_resource(name: str) -> bool:
    """Return True if the catalogue has this resource."""
    try:
        get_resource(name)
    except ValueError:
        return False
    return True


def get_resource(name: str) -> Resource:
    """
    Return the catalogue's entry.

    :param name: one of :data:`RESOURCES`, or ``custom_objects/<key>``.
    :raises ValueError: for an unknown name; the message lists the known ones.
    """
    if match := _CUSTOM_OBJECT.fullmatch(name):
        if name.endswith("__late"):
            raise ValueError(
                f"the resource {name!r} cannot be exported: its folder would be that of the late rows of "
                f"{name.removesuffix('__late')!r}"
            )
        return _custom_object(match[1])
    try:
        return RESOURCES[name]
    except KeyError:
        raise ValueError(
            f"unknown resource {name!r}; choose one of: {', '.join(RESOURCES)}, custom_objects/<key> (lower-case letters, "
            "digits and underscores, and one '::' after a prefix)"
        ) from None
