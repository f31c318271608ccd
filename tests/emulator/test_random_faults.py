# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter

import pytest
import requests

from airflow_provider_zendesk.emulator import Answer, Hangup
from airflow_provider_zendesk.emulator.faults import PASSING, server_error

NOW = 1795262400
MIXTURE = (Answer(500), Answer(503))


@pytest.fixture
def statuses(get):
    def statuses(count):
        return [get(start_time=0).status_code for _ in range(count)]

    return statuses


def test_a_share_of_the_requests_fails(zendesk_emulator, statuses):
    zendesk_emulator.answer_at_random(0.4, *MIXTURE)
    counts = Counter(statuses(300))
    assert counts.keys() == {200, 500, 503}
    assert 140 < counts[200] < 220
    assert min(counts[500], counts[503]) > 30


def test_a_seed_makes_the_same_draws_again(zendesk_emulator, statuses):
    draws = []
    for seed in (1, 1, 2):
        zendesk_emulator.answer_at_random(0.5, *MIXTURE, seed=seed)
        draws.append(statuses(40))
    assert draws[0] == draws[1] != draws[2]


def test_at_rate_one_all_fail_until_it_ends(zendesk_emulator, statuses):
    zendesk_emulator.answer_at_random(1, Answer(503))
    assert statuses(3) == [503] * 3
    zendesk_emulator.answer_at_random(0)
    assert statuses(3) == [200] * 3


def test_what_is_decided_goes_first(zendesk_emulator, statuses):
    zendesk_emulator.answer_at_random(1, Answer(503))
    zendesk_emulator.answer_next(None, Answer(404))
    assert statuses(3) == [200, 404, 503]


def test_only_exports_fail(zendesk_emulator, ask):
    zendesk_emulator.answer_at_random(1, Answer(503))
    assert ask("/api/v2/users/me").status_code == 200


def test_a_plan_may_be_a_callable(zendesk_emulator, get):
    account = zendesk_emulator.account
    zendesk_emulator.answer_at_random(1, lambda: account.create(NOW - 100))
    assert [len(get(start_time=0).json()["tickets"]) for _ in range(3)] == [1, 2, 3]


def test_reset_ends_it(zendesk_emulator, statuses):
    zendesk_emulator.answer_at_random(1, Answer(503))
    zendesk_emulator.reset()
    assert statuses(2) == [200] * 2


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_probability(zendesk_emulator, rate):
    with pytest.raises(ValueError, match="it is a probability, from 0 to 1"):
        zendesk_emulator.answer_at_random(rate, Hangup())


def test_there_must_be_something_to_draw(zendesk_emulator):
    with pytest.raises(ValueError, match="there is no plan to choose"):
        zendesk_emulator.answer_at_random(0.5)


def test_a_walk_that_tries_again_gets_through_passing_faults(zendesk_emulator, get):
    """Each sort is drawn, and none does more than spoil one answer."""
    zendesk_emulator.account.populate(NOW - 86_400, NOW - 600, 200)
    zendesk_emulator.answer_at_random(0.7, *PASSING)
    rows, query, faults = [], {"start_time": 0, "support_type_scope": "all"}, Counter()
    while True:
        assert sum(faults.values()) < 2000, "the walk does not end"
        try:
            response = get(**query, per_page=2)
            page = response.json() if response.status_code == 200 else None
            page = page or None  # one without its records
        except requests.JSONDecodeError:
            page = None
        except requests.RequestException as error:
            page, response = None, error
        if page is None:
            faults[getattr(response, "status_code", type(response))] += 1
            continue
        rows += [row["id"] for row in page["tickets"]]
        query = {"cursor": page["after_cursor"], "support_type_scope": "all"}
        if page["end_of_stream"]:
            break
    assert rows == [row.id for row in zendesk_emulator.truth(0, NOW)]
    assert faults.keys() > {200, 403, 409, 429, 500, 502, 503, 504, 520, 524, requests.ConnectionError}


def test_plans_can_be_told_apart():
    """Those made by functions are equal if they are the same fault, so a test may look for one."""
    assert server_error(503) in PASSING
    assert server_error(503, "9") not in PASSING
