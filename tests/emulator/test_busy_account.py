# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import datetime

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.account.history import Kind

NOW = 1795262400


@pytest.fixture(scope="module")
def busy():
    with ZendeskEmulator(now=NOW, speed=0) as zendesk:
        yield zendesk


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(0, 90)),
        st.tuples(st.just("burst"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["update", "system_update", "delete", "scrub"]), st.integers(1, 10)),
    ),
    max_size=15,
)


@settings(max_examples=60, deadline=None)
@given(moves=MOVES, per_page=st.integers(1, 4), start=st.integers(-30, 30), seed=st.integers(0, 3))
def test_a_walk_misses_nothing_and_repeats_nothing_while_the_account_changes(
    busy, moves, per_page, start, seed
):
    """
    What a walk finds between two moments holds the truth at its end and lies within the truth of all moments.

    The cursor is exact (recorded 2023/24) and the hidden minute loses nothing (Zendesk announcement, 2024-10-28).
    """
    busy.reset(seed=seed, now=NOW)
    account, clock, start = busy.account, busy.clock, NOW + start - 100
    account.burst(NOW - 110, 10)
    moves, ever, found = list(moves), set(), []

    def see() -> set[tuple[int, int]]:
        rows = {(row.sort_key, row.id) for row in busy.truth(start, int(clock.now()) + 1)}
        ever.update(rows)
        return rows

    def move(number: int) -> None:
        see()
        if moves:
            name, value = moves.pop()
            if name == "advance":
                clock.advance(value)
            elif name == "burst":
                account.burst(None, value)
            else:
                getattr(account, name)(value)
        see()

    busy.before_export(move)
    query = {"start_time": start}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {busy.oauth_token}"
        for _ in range(150):  # a walk that never ends fails below
            url = busy.url + "/api/v2/incremental/tickets/cursor"
            page = session.get(url, params=query | {"per_page": per_page}, timeout=10).json()
            found += [(row["generated_timestamp"], row["id"]) for row in page["tickets"]]
            query = {"cursor": page["after_cursor"]} if page["after_cursor"] else query
            if page["end_of_stream"] and not moves:
                if see() <= set(found):
                    break
                clock.advance(60)
    assert len(found) == len(set(found))
    assert found == sorted(found)
    assert see() <= set(found) <= ever


OTHERS = [
    ("users", "/api/v2/incremental/users/cursor", "updated_at"),
    ("custom_objects/car", "/api/v2/incremental/custom_objects/car/cursor", "updated_at"),
    ("tickets", "/api/v2/incremental/tickets", "generated_timestamp"),
    ("organizations", "/api/v2/incremental/organizations", "updated_at"),
    ("ticket_events", "/api/v2/incremental/ticket_events", "timestamp"),
    ("ticket_metric_events", "/api/v2/incremental/ticket_metric_events", "time"),
    ("articles", "/api/v2/help_center/incremental/articles", "updated_at"),
]


@pytest.mark.parametrize(("resource", "path", "sort_key"), OTHERS)
@settings(max_examples=15, deadline=None)
@given(moves=MOVES, per_page=st.integers(1, 4), start=st.integers(-30, 30))
def test_nor_does_any_other_walk_miss_what_it_should_find(
    busy, resource, path, sort_key, moves, per_page, start
):
    """By time rows may come again, but none that never was; a page within one second is filled up or passed."""
    busy.reset(now=NOW)
    records, clock, start = busy.account.records(resource), busy.clock, NOW + start - 100
    records.burst(NOW - 110, 10)
    busy.server_page = per_page
    moves, ever, found = list(moves), set(), set()

    def see():
        rows = {(row.id, row.sort_key) for row in busy.truth(start, int(clock.now()) + 1, resource=resource)}
        ever.update(rows)
        return rows

    def move(number):
        see()
        if moves:
            name, value = moves.pop()
            if name == "advance":
                clock.advance(value)
            elif name == "burst":
                records.burst(None, value)
            elif Kind[{"system_update": "SYSTEM"}.get(name, name.upper())] in records.resource.changes:
                getattr(records, name)(value)
        see()

    busy.before_export(move)
    query = {"start_time": start}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {busy.oauth_token}"
        for _ in range(150):
            response = session.get(busy.url + path, params=query, timeout=10)
            if response.status_code == 400:  # the walk has come to the hidden minute
                clock.advance(1)
                continue
            page = response.json()
            found |= {(row["id"], _epoch(row[sort_key])) for row in page[records.resource.rows]}
            if page.get("after_cursor"):
                query = {"cursor": page["after_cursor"]}
            elif page.get("end_time"):
                query = {"start_time": page["end_time"]}
            if not moves:
                if see() <= found:
                    break
                clock.advance(60)
    assert see() <= found <= ever


def _epoch(text):
    return text if isinstance(text, int) else int(datetime.fromisoformat(text).timestamp())
