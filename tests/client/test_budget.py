# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.client.limits import Budget, Limit, limits_told

TOTAL = 10
MINUTE = 60


def told(
    remaining: int, resets: float = MINUTE, total: int = TOTAL, name: str = "incremental-exports"
) -> dict[str, Limit]:
    header = f"total={total}; remaining={remaining}; resets={resets:.0f}"
    return limits_told({f"zendesk-ratelimit-{name}": header})


def budget(*answers: tuple[float, int], reserve: int = 0) -> Budget:
    """A budget that has seen answers with so many calls left, at seconds of one minute."""
    budget = Budget(reserve)
    for second, remaining in answers:
        budget.answered(told(remaining, MINUTE - second), second)
    return budget


def moment(budget: Budget, now: float) -> float | None:
    wait = budget.wait(now)
    return None if wait is None else wait[0]


@pytest.mark.parametrize(
    ("answers", "reserve", "waits"),
    [
        pytest.param([], 0, False, id="nothing known"),
        pytest.param([(0, 9)], 0, False, id="plenty left"),
        pytest.param([(0, 1), (1, 0)], 0, True, id="nothing left"),
        pytest.param([(0, 2), (1, 1)], 0, False, id="the last call is ours if nobody else calls"),
        pytest.param([(0, 9), (1, 5)], 0, False, id="others took three, five are left"),
        pytest.param([(0, 7), (1, 3)], 0, True, id="others took three and will take the three left"),
        pytest.param([(0, 9), (1, 5), (2, 4)], 0, False, id="others have stopped"),
        pytest.param([(0, 6), (1, 5)], 4, False, id="one above the reserve"),
        pytest.param([(0, 5), (1, 4)], 4, True, id="down to the reserve"),
        pytest.param([(0, 9), (1, 6)], 4, True, id="the others come on top of the reserve"),
    ],
)
def test_when_the_next_call_waits_for_the_next_minute(answers, reserve, waits):
    assert moment(budget(*answers, reserve=reserve), 2) == (MINUTE if waits else None)


def test_after_the_reset_nothing_is_held_back():
    spent = budget((0, 1), (1, 0))
    assert moment(spent, MINUTE - 0.01) == MINUTE
    assert moment(spent, MINUTE) is None


def test_what_others_took_before_our_first_call_of_a_minute_counts():
    spent = budget((0, 1), (1, 0))
    spent.answered(told(4), MINUTE + 1)
    assert moment(spent, MINUTE + 1) == 2 * MINUTE + 1


def test_a_refused_call_has_used_none():
    spent = budget((0, 1))
    spent.answered(told(1, 59), 1, calls=0)
    assert moment(spent, 2) is None


def test_the_tightest_of_several_limits_decides():
    spent = Budget()
    account = {"x-rate-limit": "700", "x-rate-limit-remaining": "0", "ratelimit-reset": "50"}
    spent.answered(told(9, 30) | limits_told(account), 0)
    until, reason = spent.wait(1) or (None, "")
    assert until == 50
    assert "0 of 700 calls per minute are left (account)" in reason


@pytest.mark.parametrize(("resets", "until"), [(None, 60), ("-5", 0), ("86400", 600)])
def test_a_reset_that_is_missing_or_absurd_is_made_sense_of(resets, until):
    spent = Budget()
    header = "remaining=0" + (f"; resets={resets}" if resets else "")
    spent.answered(limits_told({"zendesk-ratelimit-x": header}), 0)
    assert moment(spent, 0) == (until or None)


def test_a_reserve_that_leaves_nothing_is_an_error():
    with pytest.raises(ValueError, match="rate_limit_reserve=10 leaves none of the 10 calls per minute"):
        budget((0, 9), reserve=10).wait(1)


@dataclass
class Account:
    """A limit as Zendesk counts it, in fixed minutes."""

    used: dict[int, int] = field(default_factory=dict)

    def call(self, now: float) -> dict[str, Limit] | None:
        """Return the limits that the answer tells, None for a 429."""
        minute = int(now // MINUTE)
        if self.used.get(minute, 0) == TOTAL:
            return None
        self.used[minute] = self.used.get(minute, 0) + 1
        return self.limits(now)

    def limits(self, now: float) -> dict[str, Limit]:
        return told(TOTAL - self.used.get(int(now // MINUTE), 0), -(-(MINUTE - now % MINUTE) // 1))


@given(
    reserve=st.integers(1, 5),
    start=st.floats(0, MINUTE),
    page=st.floats(0.05, 5),
    others=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=5),
)
@settings(deadline=None)
def test_a_client_that_takes_no_more_than_the_reserve_is_never_refused(reserve, start, page, others):
    account, spent = Account(), Budget(reserve)
    theirs = [(minute + share) * MINUTE for minute in range(6) for share in sorted(others[:reserve])]
    now = start
    while now < 5 * MINUTE:
        while theirs and theirs[0] <= now:
            assert account.call(theirs.pop(0)) is not None
        until = spent.wait(now)
        if until is None:
            limits = account.call(now)
            assert limits is not None
            spent.answered(limits, now)
        now = now + page if until is None else until[0]


def test_six_tasks_share_an_account_nearly_without_refusals_and_about_equally():
    """Six tasks of 30 pages that know nothing of each other: what is left of the limit unused, refused, unfair."""
    chance = random.Random(1)
    account, refused, ends = Account(), 0, {}
    budgets = [Budget() for _ in range(6)]
    pages = [0] * 6
    due = {task: 5 * chance.random() for task in range(6)}
    while due:
        task, now = min(due.items(), key=lambda item: item[1])
        if (until := budgets[task].wait(now)) is not None:
            due[task] = until[0] + chance.uniform(0, 0.5)
            continue
        limits = account.call(now)
        if limits is None:
            refused += 1
            limits = account.limits(now)
            budgets[task].answered(limits, now, calls=0)
            continue
        budgets[task].answered(limits, now)
        pages[task] += 1
        due[task] = now + chance.uniform(0.3, 2)
        if pages[task] == 30:
            ends[task] = due.pop(task)
    full = list(account.used.values())[1:-1]
    assert sum(full) >= 0.85 * TOTAL * len(full)
    assert refused <= 0.15 * (refused + 180)
    assert max(ends.values()) <= 2 * min(ends.values())
