# SPDX-License-Identifier: Apache-2.0
"""Fields of rows that were seen in live answers of 2026 and that documents lack or tell otherwise."""

from __future__ import annotations

import json

import pytest

NOW = 1795262400


@pytest.fixture
def rows(zendesk_emulator):
    def rows(resource):
        zendesk_emulator.account.records(resource).burst(NOW - 100, 200)
        return [json.loads(row.raw) for row in zendesk_emulator.truth(0, NOW, resource=resource)]

    return rows


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        (
            "calls",
            {
                "post_call_summary", "post_call_summary_created", "post_call_transcription",
                "post_call_transcription_created", "real_time_transcription", "transcription_language",
            },
        ),
        ("users", {"is_billing_admin", "suspension_details"}),
        ("articles", {"user_segment_ids"}),
        ("ticket_metric_events", {"deleted"}),
    ],
)  # fmt: skip
def test_they_are_in_every_row_with_more_than_one_value(rows, resource, fields):
    found = rows(resource)
    assert all(fields <= row.keys() for row in found)
    for field in fields - {"deleted"}:
        assert len({str(row[field]) for row in found}) > 1


def test_calls_have_two_counts_of_suggestions(rows):
    for row in rows("calls"):
        assert sum(name.startswith("copilot_suggestions_") for name in row) == 2


def test_suspended_users_have_details_and_others_null(rows):
    assert all((row["suspension_details"] is not None) is row["suspended"] for row in rows("users"))


def test_a_customers_leg_is_nobodys(rows):
    legs = rows("legs")
    customers = [leg for leg in legs if leg["type"] == "customer"]
    assert {(leg["agent_id"], leg["available_via"]) for leg in customers} == {(0, None)}
    assert {type(leg["minutes_billed"]) for leg in customers} == {int, type(None)}
    assert all(
        leg["agent_id"] and leg["available_via"] and leg["minutes_billed"]
        for leg in legs
        if leg not in customers
    )


def test_ticket_events_come_by_many_ways(rows):
    seen = {
        "Rule", "Web service", "Phone call inbound", "Intelligent Triage", "User Merge", "Closed Ticket", "SLA",
    }  # fmt: skip
    assert {row["via"] for row in rows("ticket_events")} > seen
