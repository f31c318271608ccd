# SPDX-License-Identifier: Apache-2.0
"""Each test names the fact about a sideload, and where that comes from."""

from __future__ import annotations

import pytest

from tests.emulator.walks import by_cursor, by_time, rows_of

NOW = 1795262400
DAY_AGO = NOW - 86_400
TICKETS = "/api/v2/incremental/tickets/cursor"
USERS = "/api/v2/incremental/users/cursor"
ORGANIZATIONS = "/api/v2/incremental/organizations"
ARTICLES = "/api/v2/help_center/incremental/articles"
EVENTS = "/api/v2/incremental/ticket_events"

BESIDE = [
    ("tickets", TICKETS, "users", "id", ("requester_id", "submitter_id", "assignee_id")),
    ("tickets", TICKETS, "groups", "id", ("group_id",)),
    ("tickets", TICKETS, "organizations", "id", ("organization_id",)),
    ("tickets", TICKETS, "ticket_forms", "id", ("ticket_form_id",)),
    ("tickets", TICKETS, "brands", "id", ("brand_id",)),
    ("tickets", TICKETS, "custom_statuses", "id", ("custom_status_id",)),
    ("users", USERS, "identities", "user_id", ("id",)),
    ("users", USERS, "groups", "id", ("default_group_id",)),
    ("users", USERS, "organizations", "id", ("organization_id",)),
    ("users", USERS, "roles", "id", ("custom_role_id",)),
    ("users", USERS, "abilities", "user_id", ("id",)),
    ("organizations", ORGANIZATIONS, "abilities", "organization_id", ("id",)),
    ("articles", ARTICLES, "users", "id", ("author_id",)),
    ("articles", ARTICLES, "sections", "id", ("section_id",)),
]


@pytest.mark.parametrize(("resource", "path", "name", "id_", "keys"), BESIDE)
def test_records_that_rows_refer_to_come_beside_them(zendesk_emulator, ask, resource, path, name, id_, keys):
    """Top-level arrays (Zendesk's side-loading guide), each record once a page, always with the same bytes."""
    zendesk_emulator.account.records(resource).burst(DAY_AGO, 60)
    page = ask(path, start_time=0, include=name).json()
    referred = {row[key] for row in page[resource] for key in keys} - {None}
    assert [record[id_] for record in page[name]] == sorted(referred)
    assert referred
    assert ask(path, start_time=0, include=name).json() == page
    assert name not in ask(path, start_time=0).json()


def test_a_category_comes_by_way_of_the_section(zendesk_emulator, ask):
    zendesk_emulator.account.records("articles").burst(DAY_AGO, 60)
    page = ask(ARTICLES, start_time=0, include="categories").json()
    assert len({category["id"] for category in page["categories"]}) == len(page["categories"]) == 3


def test_no_ticket_here_is_shared(zendesk_emulator, ask):
    zendesk_emulator.account.burst(DAY_AGO, 5)
    assert ask(TICKETS, start_time=0, include="sharing_agreements").json()["sharing_agreements"] == []


def test_open_ticket_counts_are_an_object_by_user(zendesk_emulator, ask):
    """Keyed by user id (Zendesk's side-loading guide)."""
    users = zendesk_emulator.account.records("users").burst(DAY_AGO, 5)
    counts = ask(USERS, start_time=0, include="open_ticket_count").json()["open_ticket_count"]
    assert list(counts) == [str(user) for user in users]
    assert {type(count) for count in counts.values()} == {int}


@pytest.mark.parametrize(
    ("resource", "path", "name", "key", "kind"),
    [
        ("tickets", TICKETS, "metric_sets", "metric_set", dict),
        ("tickets", TICKETS, "dates", "dates", dict),
        ("tickets", TICKETS, "comment_count", "comment_count", int),
        ("tickets", TICKETS, "incident_counts", "incident_count", int),
        ("articles", ARTICLES, "translations", "translations", list),
    ],
)
def test_others_come_within_each_row(zendesk_emulator, ask, resource, path, name, key, kind):
    """As clients read them; where dates and incident counts come is not known for certain."""
    zendesk_emulator.account.records(resource).burst(DAY_AGO, 20)
    plain = ask(path, start_time=0).json()[resource]
    page = ask(path, start_time=0, include=name).json()
    assert name not in page
    assert {type(row.pop(key)) for row in page[resource]} == {kind}
    assert page[resource] == plain


EMBEDDED = [
    ("tickets", TICKETS, by_cursor, ("metric_sets", "dates", "users", "comment_count", "incident_counts")),
    ("tickets", "/api/v2/incremental/tickets", by_time, ("metric_sets",)),
    ("articles", ARTICLES, by_time, ("translations", "users")),
    ("ticket_events", EVENTS, by_time, ("comment_events",)),
    ("users", USERS, by_cursor, ("identities",)),
]


@pytest.mark.parametrize(("resource", "path", "walk", "include"), EMBEDDED)
def test_the_truth_has_the_bytes_of_rows_with_sideloads(zendesk_emulator, ask, resource, path, walk, include):
    zendesk_emulator.account.records(resource).populate(DAY_AGO, NOW - 600, 200)
    pages = list(walk(ask, path, resource, include=",".join(include), per_page=50, support_type_scope="all"))
    truth = zendesk_emulator.truth(0, NOW, resource=resource, include=include)
    assert {row for page in pages for row in page} == {row.raw for row in truth}
    if resource != "users":
        assert truth != zendesk_emulator.truth(0, NOW, resource=resource)


def test_the_order_of_the_names_changes_nothing(zendesk_emulator, ask):
    zendesk_emulator.account.create(DAY_AGO)
    pages = [
        ask(TICKETS, start_time=0, include=names).content
        for names in ("dates,users,metric_sets", "metric_sets,dates,users,dates")
    ]
    assert pages[0] == pages[1]


def test_some_accounts_have_metric_sets_on_top(zendesk_emulator, ask):
    """Clients disagree: embedded for one, a top-level array for another."""
    zendesk_emulator.account.burst(DAY_AGO, 3)
    within = [
        row["metric_set"] for row in ask(TICKETS, start_time=0, include="metric_sets").json()["tickets"]
    ]
    zendesk_emulator.metric_sets_on_top = True
    response = ask(TICKETS, start_time=0, include="metric_sets")
    assert response.json()["metric_sets"] == within
    truth = zendesk_emulator.truth(0, NOW, include=("metric_sets",))
    assert rows_of(response, "tickets") == [row.raw for row in truth]
    assert b"metric_set" not in truth[0].raw


@pytest.mark.parametrize("path", [TICKETS, USERS, EVENTS])
def test_a_name_that_is_not_offered_is_passed_over(zendesk_emulator, ask, path):
    """As Rails applications do."""
    assert ask(path, start_time=0, include="slas,,no_such").json() == ask(path, start_time=0).json()


def test_sideloads_come_with_every_page_that_refers_to_them(zendesk_emulator, ask):
    """They are context, not a change stream."""
    zendesk_emulator.account.burst(DAY_AGO, 40)
    first = ask(TICKETS, start_time=0, per_page=20, include="brands").json()
    second = ask(TICKETS, cursor=first["after_cursor"], include="brands").json()
    assert first["brands"] == second["brands"] != []
