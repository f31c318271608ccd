# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator.account.account import Account
from airflow_provider_zendesk.emulator.account.clock import Clock
from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK, History, Kind, sort_key
from airflow_provider_zendesk.emulator.account.records import Selection

EVERYTHING = Selection()


@st.composite
def changes(draw):
    """Creations, then changes in any order of time, each not before its record's creation."""
    created = draw(st.lists(st.integers(0, 20), min_size=1, max_size=8))
    change = st.tuples(st.integers(1, len(created)), st.integers(0, 15), st.sampled_from(list(Kind)[1:]))
    return created, [
        (id_, created[id_ - 1] + after, kind) for id_, after, kind in draw(st.lists(change, max_size=20))
    ]


@given(changes(), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_moment_shows_each_record_once_where_its_latest_change_by_then_lies(script, low, high, moment):
    created, later = script
    history = History()
    for at in created:
        history.create(at)
    for id_, at, kind in later:
        history.change(id_, at, kind)
    happened = [(at, id_) for id_, at in enumerate(created, 1)] + [(at, id_) for id_, at, _ in later]
    latest = {
        id_: max(at for at, other in happened if other == id_ and at <= moment)
        for at, id_ in happened
        if at <= moment
    }
    expected = sorted((at, id_) for id_, at in latest.items() if low <= at < high)
    found = [
        (key >> ID_BITS, key & ID_MASK) for key in history.live(sort_key(low, 0), sort_key(high, 0), moment)
    ]
    assert found == expected


@given(st.permutations([(10, Kind.UPDATE), (20, Kind.SYSTEM), (30, Kind.DELETE), (40, Kind.SCRUB)]))
def test_a_history_may_be_told_in_any_order(told):
    history = History()
    record = history.create(5)
    for at, kind in told:
        history.change(record, at, kind)
    assert history.state(record, 9) == (5, 5, 5, 1, False, False)
    assert history.state(record, 19) == (5, 10, 10, 2, False, False)
    assert history.state(record, 29) == (5, 10, 20, 2, False, False)
    assert history.state(record, 39) == (5, 30, 30, 3, True, False)
    assert history.state(record, 49) == (5, 30, 40, 4, True, True)


def test_an_updated_ticket_is_no_longer_deleted():
    history = History()
    record = history.create(1)
    history.change(record, 2, Kind.DELETE)
    history.change(record, 3, Kind.UPDATE)
    assert not history.state(record, 3).deleted


def test_nothing_changes_before_it_is_created_or_without_existing():
    history = History()
    record = history.create(10)
    with pytest.raises(ValueError, match="before it was created"):
        history.change(record, 9, Kind.UPDATE)
    with pytest.raises(ValueError, match="no record with id 2"):
        history.change(2, 20, Kind.UPDATE)
    with pytest.raises(ValueError, match="epoch second"):
        history.create(1 << 40)


def test_many_changes_in_the_past_are_filed_in_order():
    account = Account(Clock(1000, 0))
    account.create(500)
    account.burst(100, 50)
    account.create(50)
    truth = account.records("tickets").truth(0, 1000, 1000, EVERYTHING)
    assert [(row.sort_key, row.id) for row in truth] == [
        (50, 52),
        *((100, id_) for id_ in range(2, 52)),
        (500, 1),
    ]


def test_the_truth_is_as_of_a_moment():
    account = Account(Clock(1000, 0))
    ticket = account.create(100)
    account.update(ticket, 200)
    at = {
        moment: account.records("tickets").truth(0, 1000, moment, EVERYTHING)
        for moment in (99, 100, 199, 200)
    }
    assert [[row.sort_key for row in at[moment]] for moment in (99, 100, 199, 200)] == [
        [],
        [100],
        [100],
        [200],
    ]
    assert at[100][0].raw != at[200][0].raw


def test_a_window_includes_its_start_and_not_its_end():
    account = Account(Clock(1000, 0))
    for at in (9, 10, 19, 20):
        account.create(at)
    assert [row.sort_key for row in account.records("tickets").truth(10, 20, 1000, EVERYTHING)] == [10, 19]


def test_the_truth_knows_the_filters():
    account = Account(Clock(1000, 0))
    account.create(1)
    account.create(2, support_type="ai_agent")
    account.delete(account.create(3), 4)

    def ids(selection):
        return [row.id for row in account.records("tickets").truth(0, 1000, 1000, selection)]

    assert ids(EVERYTHING) == [1, 2, 3]
    assert ids(Selection(exclude_deleted=True)) == [1, 2]
    assert ids(Selection(support_type_scope="agent")) == [1, 3]
