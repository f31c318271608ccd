# SPDX-License-Identifier: Apache-2.0
"""
The commit protocol over the interleavings of two attempts, a crash and a retry: the real exporter, an exact store.

``make test`` stops an attempt once for the other; ``ZENDESK_EXPLORE_ALL=1`` goes through every interleaving.
"""

from __future__ import annotations

import os

import pytest

from tests.protocol.attempts import install
from tests.protocol.explore import LATE, LATE_AND_DEAD, Exploration, Scenario
from tests.protocol.readers import NOWHERE

ONE = (b'{"id":1}',)
TWO = (*ONE, b'{"id":2}')
BEFORE = {
    "first export": None,
    "replacing fewer parts": (b'{"id":10}',),
    "replacing more parts": (b'{"id":10}', b'{"id":11}', b'{"id":12}'),
}


def scenarios(mine: tuple[bytes, ...]) -> list[Scenario]:
    """Return one run twice (a task that lives on beside its retry), and two runs of which one exports these rows."""
    kinds = {
        "one run twice": (("today", "today"), (TWO, TWO)),
        "two runs": (("mine", "yours"), (mine, (b'{"id":20}',))),
        "two runs, of which one finds no row": (("mine", "yours"), (mine, ())),
        "one run twice, which finds no row at first": (("today", "today"), ((), mine)),
        "two runs that find no row": (("mine", "yours"), ((), ())),
    }
    return [
        Scenario(f"{kind}, {what}", runs, rows, before)
        for kind, (runs, rows) in kinds.items()
        for what, before in BEFORE.items()
    ]


def what_no_store_can_prevent(scenario: Scenario, *, stopped_once: bool) -> set[str]:
    """
    Return what a globbing reader may see of two attempts at once, since a put cannot be bound to an intent.

    An attempt stops between reading a staged part and putting it. Another run finishes its commit and replaces it by a
    revision of its own; or another attempt, which found no row, commits the same revision without an intent. Then the part
    is put. It goes when that attempt or its retry ends. Readers by manifest never see it.
    """
    of_one_run, finds_rows = scenario.runs[0] == scenario.runs[1], [bool(rows) for rows in scenario.rows]
    one_is_empty = scenario.before is None and any(finds_rows) and not all(finds_rows)
    if one_is_empty and not stopped_once:
        return {LATE, LATE_AND_DEAD, NOWHERE}
    return set() if of_one_run or not any(finds_rows) else {LATE, LATE_AND_DEAD}


@pytest.mark.parametrize("scenario", scenarios(TWO), ids=lambda scenario: scenario.name)
def test_two_attempts_and_a_crash_break_no_promise_when_stopped_once(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    install(monkeypatch)
    found = Exploration(scenario, switches=1, crash=True).run()
    assert set(found.faults) == what_no_store_can_prevent(scenario, stopped_once=True), found.story()
    assert found.states > 4_000


@pytest.mark.skipif(not os.environ.get("ZENDESK_EXPLORE_ALL"), reason="takes a minute: ZENDESK_EXPLORE_ALL=1")
@pytest.mark.parametrize("scenario", scenarios(ONE), ids=lambda scenario: scenario.name)
def test_two_attempts_and_a_crash_break_no_promise_however_they_interleave(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    twins = scenario.runs[0] == scenario.runs[1]
    install(monkeypatch)
    # Two runs replace each other's revisions in turn: with a third beside them there are too many states.
    found = Exploration(
        scenario, switches=None, crash=True, retry_at_once=twins, rounds=5 if twins else 2
    ).run()
    print(f"{scenario.name}: {found.states} states, ends {dict(found.outcomes)}, {dict(found.faulty)}")
    assert set(found.faults) == what_no_store_can_prevent(scenario, stopped_once=False), found.story()
