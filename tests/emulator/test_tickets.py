# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from datetime import datetime

import pytest

from airflow_provider_zendesk.emulator.account.account import Account
from airflow_provider_zendesk.emulator.account.clock import Clock

NOW = 1795262400
START = NOW - 7 * 86_400


@pytest.fixture
def account():
    return Account(Clock(NOW, speed=0))


def row(account, ticket_id):
    return json.loads(account.records("tickets").row(ticket_id, NOW))


def epoch(text):
    return int(datetime.fromisoformat(text).timestamp())


@pytest.fixture
def population(account):
    account.populate(START, NOW, 4000)
    return [account.records("tickets").row(id_, NOW) for id_ in range(1, 4001)]


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(account, population):
    again, other = Account(Clock(NOW, 0)), Account(Clock(NOW, 0), seed=2)
    for twin in (again, other):
        twin.populate(START, NOW, 4000)
    tickets = again.records("tickets")
    assert [tickets.row(id_, NOW) for id_ in range(1, 4001)] == population
    assert other.records("tickets").row(1, NOW) != population[0]


def test_a_ticket_is_about_4_kb_and_a_scrubbed_one_less(population):
    sizes = [len(raw) for raw in population if b'"SCRUBBED"' not in raw]
    assert min(sizes) >= 2500
    assert max(sizes) <= 4100


def test_forty_custom_fields_come_twice(account):
    """`fields` duplicates `custom_fields` in every row (recorded 2023/24)."""
    ticket = row(account, account.create(START))
    assert len({field["id"] for field in ticket["custom_fields"]}) == 40
    assert ticket["fields"] == ticket["custom_fields"]


def test_rows_hold_what_breaks_careless_readers(population):
    page = b",".join(population)
    assert "Größe XL".encode() in page
    assert "🚀".encode() in page
    assert b"\\ud83d\\ude80" in page
    assert b"\\u00e9" in page
    assert b'\\"' in page
    assert b"\\n" in page
    assert "\u2028".encode() in page
    assert b"9007199254740993" in page
    assert b'"value":1.10}' in page
    assert b'"satisfaction_rating":null' in page
    assert not any(b"\n" in raw for raw in population)
    changed = sum(
        json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")).encode() != raw
        for raw in population
    )
    assert changed > 2000  # a parse and dump would not give the bytes back


def test_generated_timestamp_runs_up_to_two_seconds_ahead_of_updated_at(account):
    """75 of 87 recorded tickets differ by 1 or 2 seconds without any system update."""
    lags = set()
    for at in range(START, START + 50):
        ticket = row(account, account.create(at))
        assert ticket["generated_timestamp"] == at
        lags.add(at - epoch(ticket["updated_at"]))
    assert lags == {0, 1, 2}


def test_a_system_update_moves_only_generated_timestamp(account):
    """Zendesk docs: updated_at changes only with a ticket event; generated_timestamp with every update."""
    ticket_id = account.create(START)
    before = row(account, ticket_id)
    account.system_update(ticket_id, START + 86_400)
    after = row(account, ticket_id)
    assert after == before | {"generated_timestamp": START + 86_400}


def test_an_update_moves_both(account):
    ticket_id = account.create(START)
    before = row(account, ticket_id)
    account.update(ticket_id, START + 86_400)
    after = row(account, ticket_id)
    assert after["generated_timestamp"] == START + 86_400
    assert 0 <= START + 86_400 - epoch(after["updated_at"]) <= 2
    assert after["created_at"] == before["created_at"]
    assert after["subject"] == before["subject"]
    assert after["custom_fields"] != before["custom_fields"]


def test_a_deleted_ticket_keeps_its_content(account):
    """status "deleted", full row otherwise (Zendesk docs)."""
    ticket_id = account.create(START)
    before = row(account, ticket_id)
    account.delete(ticket_id, START + 5)
    after = row(account, ticket_id)
    assert after["status"] == "deleted"
    assert after["description"] == before["description"]


def test_a_scrubbed_ticket_is_wiped_and_keeps_its_old_updated_at(account):
    """Recorded: ticket 4034, updated_at 2023-10-24, generated_timestamp 2023-11-23."""
    ticket_id = account.create(START)
    account.delete(ticket_id, START + 5)
    deleted = row(account, ticket_id)
    account.scrub(ticket_id, START + 86_400)
    scrubbed = row(account, ticket_id)
    assert scrubbed["updated_at"] == deleted["updated_at"]
    assert scrubbed["generated_timestamp"] == START + 86_400
    assert scrubbed["subject"] == scrubbed["raw_subject"] == "SCRUBBED"
    assert scrubbed["description"] == "X"
    assert scrubbed["status"] == "deleted"
    assert scrubbed["custom_fields"] == scrubbed["fields"] == scrubbed["tags"] == []
    for name in ("assignee_id", "group_id", "organization_id", "external_id"):
        assert scrubbed[name] is None
    assert scrubbed.keys() == deleted.keys()


def test_a_population_has_every_sort_of_ticket(population):
    tickets = [json.loads(raw) for raw in population]
    assert {ticket["support_type"] for ticket in tickets} == {"agent", "ai_agent"}
    assert any(ticket["status"] == "deleted" and ticket["subject"] != "SCRUBBED" for ticket in tickets)
    assert any(ticket["subject"] == "SCRUBBED" for ticket in tickets)
    assert any(ticket["generated_timestamp"] - epoch(ticket["updated_at"]) > 60 for ticket in tickets)
    assert all(START <= ticket["generated_timestamp"] < NOW for ticket in tickets)
    created = [epoch(ticket["created_at"]) for ticket in tickets]
    assert all(later - earlier >= -2 for earlier, later in zip(created, created[1:], strict=False))
