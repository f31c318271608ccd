# SPDX-License-Identifier: Apache-2.0
"""
The catalogue: what each resource's export accepts, returns and orders by.

Pure data, and the one place that knows a resource by name. Facts are those of Zendesk's reference page
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
    A query parameter that an endpoint takes besides paging and sideloads.

    :param name: the operator's argument.
    :param default: sent when the caller gives None; Zendesk's own default of every switch is off.
    :param choices: the values Zendesk accepts.
    :param key: its name in the query, where that is another.
    """

    name: str
    default: str | bool
    choices: tuple[str | bool, ...]
    key: str = ""


class Deletion(msgspec.Struct, frozen=True):
    """
    How a row says that its record was deleted.

    :param field: the row's field.
    :param value: what the field then holds; None: anything but null.
    """

    field: str
    value: str | bool | None = None

    def marks(self, value: bytes) -> bool:
        """True if the field's JSON is the mark."""
        return value != b"null" and (self.value is None or value == msgspec.json.encode(self.value))


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """
    How the cursor of an endpoint travels.

    :param envelope: where an answer holds the next one: its ``after_cursor``; its ``meta.after_cursor``; or the URL in its
        ``next_page`` or ``next_page_url``, of which nothing but the cursor is used: the URL may name another host.
    :param parameters: the query parameters that carry it, in the order of its parts.
    :param with_start_time: ``start_time`` is sent on every call, not on the first alone.
    """

    envelope: Literal["after_cursor", "meta", "next_page", "next_page_url"] = "after_cursor"
    parameters: tuple[str, ...] = ("cursor",)
    with_start_time: bool = False


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """
    One way to walk a resource.

    :param path: below the account's root.
    :param pagination: the paging family.
    :param ends: what the documentation says ends the stream: the envelope's ``end_of_stream``; its ``has_more``; a
        ``next_page`` that is null; or nothing at all. Whatever an answer says of ``end_of_stream`` decides all the same.
    :param cursor: how a cursor travels; see :class:`Cursor`.
    :param takes_start_time: rows before ``start_time`` are left out; False: the stream always begins at its beginning.
    :param max_per_page: records a page, at most; None: the endpoint takes no page size.
    :param page_size: the query parameter that asks for fewer.
    :param full_pages: sizes of pages that were cut, as far as they are known: a page with as many rows within one second
        may have left some of that second out.
    :param rate_limit: name of the endpoint's own bucket, as in the header ``zendesk-ratelimit-<name>``.
    """

    path: str
    pagination: Pagination
    ends: Literal["end_of_stream", "has_more", "next_page", "unsaid"] = "end_of_stream"
    cursor: Cursor = Cursor()
    takes_start_time: bool = True
    max_per_page: int | None = 1000
    page_size: str = "per_page"
    full_pages: tuple[int, ...] = (1000,)
    rate_limit: str = "incremental-exports"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """
    One kind of record and how it is exported.

    :param name: what users call it.
    :param records: the envelope's key that holds the rows.
    :param sort_key: the row's field that the API filters and orders by: epoch seconds, or ISO 8601 text.
    :param zoneless: the text names no zone and means UTC.
    :param sort_key_in_docs: the field that rows have instead in the form that Zendesk's reference shows.
    :param endpoints: the ways to walk it, the best one first.
    :param deletion: the mark of a deleted record; None: such records are not in the stream.
    :param settle: seconds after a moment until Zendesk shows all that happened before it, as far as is known.
    :param late: rows of a second that was already seen may still come until then, so a page younger than that is not
        to be trusted; elsewhere Zendesk hides what is too young.
    :param ordered: rows come by ascending sort key, so that a walk may stop at the end of the window.
    :param parameters: what can be asked for besides paging.
    :param sideloads: names that ``include`` offers.
    :param include: those asked for by default.
    :param sample: path of its sample export; None: it has none.
    :param immutable: rows are events, which never change nor leave the stream.
    :param id: the row's field that, with the sort key, makes a row unique; None: nothing less than the whole row does.
    """

    name: str
    records: str
    sort_key: str
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
        Return the endpoint of a paging family; None means the best one.

        :raises ValueError: for a family the resource lacks.
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
        Return the query parameters to send on every page, paging position aside.

        :param endpoint: one of this resource's.
        :param per_page: records a page; None means as many as the endpoint gives. It is a ceiling.
        :param include: names of sideloads; None means the catalogue's, an empty sequence none.
        :param wanted: value by parameter name; None means the catalogue's default.
        :raises ValueError: for a value the endpoint does not take, naming those it does.
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
                    f"resource {self.name!r} has no parameter {name!r} (got {value!r}); it takes: "
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
            raise ValueError(f"resource {self.name!r} takes no per_page (got {per_page!r}); leave it out")
        if isinstance(per_page, bool) or not isinstance(per_page, int) or not 1 <= per_page <= most:
            raise ValueError(
                f"per_page={per_page!r} is not possible for resource {self.name!r}; give 1 to {most}, or leave it out"
            )
        return per_page

    def _included(self, include: Sequence[str] | None) -> Sequence[str]:
        names = self.include if include is None else include
        if isinstance(names, str):
            raise ValueError(f"include={names!r} is text; give a list of names, such as [{names!r}]")
        unknown = [name for name in names if name not in self.sideloads]
        if unknown:
            raise ValueError(
                f"resource {self.name!r} offers no sideload {', '.join(map(repr, unknown))}; it offers: "
                f"{', '.join(self.sideloads) or 'none'}"
            )
        return names

    def _value(self, parameter: Parameter, wanted: str | bool | None) -> str | None:
        """Return what to send for a parameter; None: nothing, since it is what Zendesk does anyway."""
        value = parameter.default if wanted is None else wanted
        if value not in parameter.choices:
            raise ValueError(
                f"{parameter.name}={value!r} is not possible for resource {self.name!r}; choose one of: "
                f"{', '.join(map(repr, parameter.choices))}"
            )
        if isinstance(value, str):
            return value
        return "true" if value else None


def _switch(name: str, key: str = "") -> Parameter:
    return Parameter(name, False, (False, True), key)


# A record may show minutes after its own timestamp, and after later ones were seen: Estuary's connector (2026-09) reads
# five minutes again of organizations, Talk and side conversation events.
_MINUTES_LATE = 300

# Zendesk's own default, "agent", silently leaves out tickets that AI agents handled.
_SUPPORT_TYPE_SCOPE = Parameter("support_type_scope", "all", ("all", "agent", "ai_agent"))

TICKETS = Resource(
    name="tickets",
    records="tickets",
    # Moves with every update, system ones too, and is what start_time is compared to; updated_at stays
    # behind on system updates and on the scrub 30 days after a deletion.
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
    # The reference shows metric events here; real rows are audits with child_events.
    sort_key_in_docs="time",
    endpoints=(Endpoint(path="/api/v2/incremental/ticket_events", pagination="time"),),
    parameters=(_SUPPORT_TYPE_SCOPE,),
    sideloads=("comment_events",),
    # Without it a comment is only a mark that there was one.
    include=("comment_events",),
    sample="/api/v2/incremental/ticket_events/sample",
)

USERS = Resource(
    name="users",
    records="users",
    sort_key="updated_at",
    deletion=Deletion("active", False),
    endpoints=(
        # A bucket of its own, twice as large, since 2025-06-27.
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
    # Not in the documentation; rows of live accounts have it, null when alive.
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
    # Recorded "many minutes after the ticket change" and stamped with that change's time (Estuary's connector, 2026-09,
    # which reads 30 minutes again); no minute is hidden here.
    settle=1800,
    late=True,
    endpoints=(
        # Ordinary cursor paging, at most 100 a page and with a documented end (Zendesk docs, Ticket Metric Events).
        Endpoint(
            path=_METRIC_EVENTS,
            pagination="cursor",
            ends="has_more",
            cursor=Cursor(envelope="meta", parameters=("page[after]",), with_start_time=True),
            max_per_page=100,
            page_size="page[size]",
        ),
        # No page size is documented; a live account gave pages of 100 (zendesk-api.md 8).
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
    # Airbyte found them unsorted whatever was asked for.
    ordered=False,
    settle=_MINUTES_LATE,
    late=True,
    endpoints=(
        Endpoint(
            # One team met 415 without the suffix.
            path="/api/v2/help_center/incremental/articles.json",
            pagination="time",
            ends="unsaid",
            # In no document; lists of the Help Center cap at 100 elsewhere, and guides speak of 1000 here.
            max_per_page=None,
            full_pages=(100, 1000),
            # Help Center calls do not count against Support's limits, nor the reverse (Zendesk docs, Rate limits).
            rate_limit="help-center",
        ),
    ),
    sideloads=("users", "sections", "categories", "translations"),
)


def _talk(name: str) -> Resource:
    """Return one of Talk's statistics: ``next_page`` is never null, and the last second comes again for ever."""
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
    """Return one of skills-based routing's streams: no start time, so the whole stream is walked."""
    return Resource(
        name=f"routing/{records}",
        records=records,
        sort_key="time",
        immutable=True,
        # Rows tell of events, but their id is the attribute's: created and renamed in one second, it has two alike.
        id=None,
        # instance_values come grouped by attribute value.
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
    # With milliseconds; windows are cut at whole seconds.
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

ENGAGEMENTS = Resource(
    name="engagements",
    records="agent_engagement_data",
    id="engagement_id",
    # Recorded answers (zenpy, 2025-06) are in this order, and their cursor is the last row's start and id.
    sort_key="engagement_start_time",
    zoneless=True,
    immutable=True,
    # "Engagement data is available after the engagement ends" (Zendesk docs), so a row shows as late as it is long. An
    # hour is a guess; reconciliation measures it.
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
            # The recorded URLs hold a page_size; whether a client may choose it is not known.
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
    )
}


def is_resource(name: str) -> bool:
    """True if the catalogue has it."""
    try:
        get_resource(name)
    except ValueError:
        return False
    return True


def get_resource(name: str) -> Resource:
    """
    Return the catalogue's entry.

    :param name: one of :data:`RESOURCES`, or ``custom_objects/<key>``.
    :raises ValueError: for a name the catalogue lacks, listing those it has.
    """
    if match := _CUSTOM_OBJECT.fullmatch(name):
        return _custom_object(match[1])
    try:
        return RESOURCES[name]
    except KeyError:
        raise ValueError(
            f"unknown resource {name!r}; choose one of: {', '.join(RESOURCES)}, custom_objects/<key> (lower-case letters, "
            "digits and underscores, and one '::' after a prefix)"
        ) from None
