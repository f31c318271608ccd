# SPDX-License-Identifier: Apache-2.0
"""
The catalogue: what each resource's export accepts, returns and orders by.

Pure data, and the one place that knows a resource by name. Facts are those of Zendesk's reference page
"Incremental Exports" (developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/)
unless a comment says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


Pagination = Literal["cursor", "time"]


class Parameter(msgspec.Struct, frozen=True):
    """
    A query parameter that an endpoint takes besides paging.

    :param name: the operator's argument, and the key in the query.
    :param default: sent when the caller gives None; None sends nothing.
    :param choices: the values Zendesk accepts.
    """

    name: str
    default: str | bool | None
    choices: tuple[str | bool, ...]


class Deletion(msgspec.Struct, frozen=True):
    """
    How a row says that its record was deleted.

    :param field: the row's field.
    :param value: what the field then holds.
    """

    field: str
    value: str | bool


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """
    One way to walk a resource.

    :param path: below the account's root.
    :param pagination: the paging family; it fixes the envelope, the stop rule and the progress guard.
    :param max_per_page: records a page, at most.
    :param rate_limit: name of the endpoint's own bucket, as in the header ``zendesk-ratelimit-<name>``.
    """

    path: str
    pagination: Pagination
    max_per_page: int
    rate_limit: str


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """
    One kind of record and how it is exported.

    :param name: what users call it.
    :param records: the envelope's key that holds the rows.
    :param sort_key: the row's field that the API filters and orders by, in UTC epoch seconds.
    :param deletion: the mark of a deleted record.
    :param settle: seconds after a moment until Zendesk shows all that happened before it.
    :param endpoints: the ways to walk it, the best one first.
    :param parameters: what can be asked for besides paging.
    :param sideloads: names that ``include`` offers.
    :param id: the row's field that, with the sort key, makes a row unique.
    :param ordered: rows come by ascending sort key, so that a walk may stop at the end of the window.
    """

    name: str
    records: str
    sort_key: str
    deletion: Deletion
    settle: int
    endpoints: tuple[Endpoint, ...]
    parameters: tuple[Parameter, ...] = ()
    sideloads: tuple[str, ...] = ()
    id: str = "id"
    ordered: bool = True

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

    def query(self, endpoint: Endpoint, *, per_page: int | None, **wanted: object) -> dict[str, str | int]:
        """
        Return the query parameters to send on every page, paging position aside.

        :param endpoint: one of this resource's.
        :param per_page: records a page; None means as many as the endpoint gives. It is a ceiling.
        :param wanted: value by parameter name; None means the catalogue's default.
        :raises ValueError: for a value the endpoint does not take, naming those it does.
        """
        query: dict[str, str | int] = {"per_page": _page_size(per_page, endpoint, self)}
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in wanted.items():
            if value in (None, False) and name not in known:
                continue
            if name not in known:
                raise ValueError(
                    f"resource {self.name!r} has no parameter {name!r} (got {value!r}); it takes: "
                    f"{', '.join(known) or 'none'}"
                )
        for parameter in self.parameters:
            value = wanted.get(parameter.name)
            value = parameter.default if value is None else value
            if value is not None and value not in parameter.choices:
                raise ValueError(
                    f"{parameter.name}={value!r} is not possible for resource {self.name!r}; choose one of: "
                    f"{', '.join(map(repr, parameter.choices))}"
                )
            # Zendesk's own default of every switch is off, so only a switch that is on is sent.
            if value:
                query[parameter.name] = "true" if value in (True,) else str(value)
        return query


def _page_size(per_page: int | None, endpoint: Endpoint, resource: Resource) -> int:
    if per_page is None:
        return endpoint.max_per_page
    if isinstance(per_page, bool) or not isinstance(per_page, int) or per_page < 1:
        raise ValueError(
            f"per_page={per_page!r} is not a number of records; give 1 to {endpoint.max_per_page}"
        )
    if per_page > endpoint.max_per_page:
        raise ValueError(
            f"per_page={per_page} is more than Zendesk gives for resource {resource.name!r}; "
            f"give 1 to {endpoint.max_per_page}, or leave it out"
        )
    return per_page


# Zendesk's own default, "agent", silently leaves out tickets that AI agents handled.
_SUPPORT_TYPE_SCOPE = Parameter("support_type_scope", "all", ("all", "agent", "ai_agent"))
_EXCLUDE_DELETED = Parameter("exclude_deleted", False, (False, True))

TICKETS = Resource(
    name="tickets",
    records="tickets",
    # Moves with every update, system ones too, and is what start_time is compared to; updated_at stays
    # behind on system updates and on the scrub 30 days after a deletion.
    sort_key="generated_timestamp",
    deletion=Deletion("status", "deleted"),
    # Zendesk leaves out what changed in the minute before a request (announced 2024-10-28).
    settle=60,
    endpoints=(
        Endpoint(
            path="/api/v2/incremental/tickets/cursor",
            pagination="cursor",
            max_per_page=1000,
            rate_limit="incremental-exports",
        ),
        Endpoint(
            path="/api/v2/incremental/tickets",
            pagination="time",
            max_per_page=1000,
            rate_limit="incremental-exports",
        ),
    ),
    parameters=(_EXCLUDE_DELETED, _SUPPORT_TYPE_SCOPE),
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
)

RESOURCES: Mapping[str, Resource] = {resource.name: resource for resource in (TICKETS,)}


def get_resource(name: str) -> Resource:
    """
    Return the catalogue's entry.

    :raises ValueError: for a name the catalogue lacks, listing those it has.
    """
    try:
        return RESOURCES[name]
    except KeyError:
        raise ValueError(f"unknown resource {name!r}; choose one of: {', '.join(RESOURCES)}") from None
