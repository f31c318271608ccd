# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import pytest

from airflow_provider_zendesk.resources import RESOURCES, TICKETS, get_resource

CURSOR = TICKETS.endpoints[0]


def query(per_page=None, **wanted):
    return TICKETS.query(CURSOR, per_page=per_page, **wanted)


@pytest.mark.parametrize("name", sorted(RESOURCES))
def test_every_resource_is_found_by_its_name_and_its_defaults_can_be_asked_for(name):
    resource = get_resource(name)
    assert resource.name == name
    for endpoint in resource.endpoints:
        assert resource.query(endpoint, per_page=None).get(endpoint.page_size) == endpoint.max_per_page


@pytest.mark.parametrize(
    "name",
    [
        "ticket",
        "Tickets",
        "",
        "custom_objects/",
        "custom_objects/No",
        "custom_objects/a/b",
        "custom_objects/a::",
        "custom_objects/::a",
        "custom_objects/a::b::c",
    ],
)
def test_an_unknown_resource_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match=re.escape(f"unknown resource {name!r}; choose one of: tickets")):
        get_resource(name)


def test_zendesks_own_custom_objects_have_a_prefix():
    name = "custom_objects/standard::service_catalog_item"
    resource = get_resource(name)
    assert resource.name == name
    assert (
        resource.endpoint().path == "/api/v2/incremental/custom_objects/standard::service_catalog_item/cursor"
    )


@pytest.mark.parametrize(
    ("name", "settle"),
    [
        ("ticket_metric_events", 1800),
        ("organizations", 300),
        ("calls", 300),
        ("legs", 300),
        ("articles", 300),
        ("side_conversation_events", 300),
        ("engagements", 3600),
    ],
)
def test_rows_that_show_late_are_waited_for(name, settle):
    resource = get_resource(name)
    assert (resource.settle, resource.late) == (settle, True)


class TestEndpoint:
    @pytest.mark.parametrize(
        ("pagination", "path"),
        [
            (None, "/api/v2/incremental/tickets/cursor"),
            ("cursor", "/api/v2/incremental/tickets/cursor"),
            ("time", "/api/v2/incremental/tickets"),
        ],
    )
    def test_it_is_that_of_the_paging_family_and_cursors_are_the_best(self, pagination, path):
        endpoint = TICKETS.endpoint(pagination)
        assert endpoint.path == path
        assert endpoint.pagination == (pagination or "cursor")

    @pytest.mark.parametrize("wrong", ["offset", "", "Cursor"])
    def test_another_family_is_refused_with_those_there_are(self, wrong):
        message = re.escape(
            f"resource 'tickets' has no {wrong!r} export; use pagination='cursor' or 'time', or leave it out"
        )
        with pytest.raises(ValueError, match=message):
            TICKETS.endpoint(wrong)


class TestQuery:
    @pytest.mark.parametrize(
        ("wanted", "sent"),
        [
            # Zendesk's own default of support_type_scope leaves out tickets that AI agents handled.
            pytest.param({}, {"support_type_scope": "all"}, id="defaults"),
            pytest.param(
                {"support_type_scope": None}, {"support_type_scope": "all"}, id="None is the default"
            ),
            pytest.param({"support_type_scope": "agent"}, {"support_type_scope": "agent"}, id="agent"),
            pytest.param(
                {"support_type_scope": "ai_agent"}, {"support_type_scope": "ai_agent"}, id="ai_agent"
            ),
            pytest.param(
                {"exclude_deleted": False}, {"support_type_scope": "all"}, id="a switch that is off"
            ),
            pytest.param(
                {"exclude_deleted": True},
                {"support_type_scope": "all", "exclude_deleted": "true"},
                id="a switch that is on",
            ),
        ],
    )
    def test_what_is_sent(self, wanted, sent):
        assert query(**wanted) == {"per_page": 1000, **sent}

    @pytest.mark.parametrize("per_page", [1, 999, 1000])
    def test_page_sizes_the_endpoint_gives(self, per_page):
        assert query(per_page)["per_page"] == per_page

    @pytest.mark.parametrize("per_page", [0, -1, 1001, True, False, 1.5, 100.0, "100", float("nan")])
    def test_a_page_size_that_is_no_number_of_records(self, per_page):
        message = re.escape(f"per_page={per_page!r} must be 1 to 1000 for resource 'tickets'")
        with pytest.raises(ValueError, match=message):
            query(per_page)

    def test_a_page_size_where_there_is_none_to_choose(self):
        calls = get_resource("calls")
        with pytest.raises(ValueError, match="'calls' does not accept per_page .got 10.; leave it out"):
            calls.query(calls.endpoint(), per_page=10)

    def test_sideloads_are_those_of_the_catalogue_those_asked_for_or_none(self):
        events = get_resource("ticket_events")
        assert events.query(events.endpoint())["include"] == "comment_events"
        assert "include" not in events.query(events.endpoint(), include=())
        assert query(include=["users", "groups"])["include"] == "users,groups"

    @pytest.mark.parametrize(
        ("include", "said"),
        [
            (["users", "last_audits"], "no sideload 'last_audits'; it has: users, groups"),
            ("users", "include='users' must be a list"),
        ],
    )
    def test_a_sideload_that_is_not_offered_is_refused_with_those_that_are(self, include, said):
        with pytest.raises(ValueError, match=said):
            query(include=include)

    def test_a_parameter_may_have_another_name_in_the_query(self):
        vehicles = get_resource("custom_objects/vehicle")
        asked = vehicles.query(vehicles.endpoint(), exclude_deleted=True)
        assert asked == {"per_page": 1000, "filter[exclude_deleted]": "true"}

    @pytest.mark.parametrize(
        ("name", "value", "choice"),
        [
            ("support_type_scope", "everyone", "'all', 'agent', 'ai_agent'"),
            ("support_type_scope", "", "'all', 'agent', 'ai_agent'"),
            ("support_type_scope", False, "'all', 'agent', 'ai_agent'"),
            ("exclude_deleted", "true", "False, True"),
            ("exclude_deleted", "no", "False, True"),
        ],
    )
    def test_a_value_the_endpoint_lacks_is_refused_with_those_it_has(self, name, value, choice):
        message = re.escape(f"{name}={value!r} is not valid for resource 'tickets'; choose one of: {choice}")
        with pytest.raises(ValueError, match=message):
            query(**{name: value})

    def test_an_unknown_parameter_is_refused_with_those_there_are(self):
        message = re.escape("resource 'tickets' has no parameter 'fields' (got 'id'); it accepts: ")
        with pytest.raises(ValueError, match=message) as error:
            query(fields="id")
        assert all(parameter.name in str(error.value) for parameter in TICKETS.parameters)

    @pytest.mark.parametrize("unset", [None, False])
    def test_an_unknown_parameter_that_is_not_wanted_is_no_matter(self, unset):
        """The operator names all parameters it has, whatever the resource."""
        assert query(fields=unset) == query()
