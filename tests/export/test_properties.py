# SPDX-License-Identifier: Apache-2.0
"""
The law of rows, over any account that changes while it is exported.

For a walk from t0 to t1 an export E of a window obeys: truth(t1) ⊆ E ⊆ the union of truth(t) for t0 ≤ t ≤ t1, as
(id, sort key), none twice.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.export.conftest import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_zendesk.resources import Pagination

NOW = 1795176000
SPAN = 300


class Change(NamedTuple):
    """Something that happens to the account: to which of its tickets (by number), and how many seconds before NOW."""

    kind: str
    ticket: int
    ago: int


class Step(NamedTuple):
    """What happens before a call: so many seconds pass, then these changes; and how short the page is cut."""

    seconds: int
    changes: list[Change]
    short_page: int | None


kinds = st.sampled_from(["create", "create", "burst", "update", "system_update", "delete", "scrub"])
# Few distinct seconds, so that many records share one; some lie within the hidden minute, some in the future.
agos = st.sampled_from([-70, -3, 0, 1, 59, 60, 61, 62, 100, 101, 102, 103, 150, 200, 250])
changes = st.builds(Change, kinds, st.integers(0, 30), agos)
# Windows that begin and end just before, in and behind those seconds.
cuts = [0, 50, 99, 100, 149, 150, 197, 198, 199, 200, 201, 238, 239, 240, 241, 299, SPAN]
steps = st.builds(
    Step,
    st.sampled_from([0, 0, 1, 20, 61]),
    st.lists(changes, max_size=4),
    st.sampled_from([None, None, 0, 1]),
)


class Script(NamedTuple):
    """An account's history, what happens to it call by call, and how it is exported."""

    history: list[Change]
    steps: list[Step]
    cuts: list[int]
    per_page: int


scripts = st.builds(
    Script,
    history=st.lists(changes, min_size=5, max_size=30),
    steps=st.lists(steps, max_size=8),
    cuts=st.lists(st.sampled_from(cuts), min_size=2, max_size=5, unique=True).map(sorted),
    per_page=st.sampled_from([1, 2, 3, 5, 10, 1000]),
)


class Account:
    """Plays a script on the emulator and remembers the moments at which something changed."""

    def __init__(self, zendesk: ZendeskEmulator, script: Script) -> None:
        self.zendesk = zendesk
        self.moments: set[int] = set()
        self._ids: list[int] = []
        self._steps = iter(script.steps)
        for change in sorted(script.history, key=lambda change: -change.ago):
            self._apply(change, NOW - change.ago)

    def play_next_step(self, number: int) -> None:
        step = next(self._steps, None)
        if step is not None:
            # A change in the second of the call before it could not be told from that call's answer.
            self.zendesk.clock.advance(max(step.seconds, 1 if step.changes else 0))
            # On every second call: an export gives up after four pages in a row that lead nowhere.
            self.zendesk.short_page = step.short_page if number % 2 else None
            for change in step.changes:
                self._apply(change, int(self.zendesk.clock.now()))

    def _apply(self, change: Change, at: int) -> None:
        account = self.zendesk.account
        self.moments.add(at)
        if change.kind == "burst":
            self._ids.extend(account.burst(at, 4))
        elif change.kind == "create" or not self._ids:
            self._ids.append(account.create(at))
        else:
            getattr(account, change.kind)(self._ids[change.ticket % len(self._ids)], at)

    def rows(self, start: int, end: int, moment: float) -> dict[tuple[int, int], bytes]:
        return {(row.id, row.sort_key): row.raw for row in self.zendesk.truth(start, end, at=moment)}


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=NOW, speed=0) as emulator:
        yield emulator


def check(zendesk: ZendeskEmulator, root: Path, script: Script, pagination: Pagination) -> None:
    account = Account(zendesk, script)
    zendesk.before_export(account.play_next_step)
    for start, end in zip(script.cuts, script.cuts[1:], strict=False):
        check_window(account, root, NOW - SPAN + start, NOW - SPAN + end, script.per_page, pagination)


def check_window(
    account: Account, root: Path, start: int, end: int, per_page: int, pagination: Pagination
) -> None:
    zendesk = account.zendesk
    shutil.rmtree(root, ignore_errors=True)
    lake = Lake(zendesk, root)
    before = zendesk.clock.now()
    lake.export(start, end, per_page=per_page, pagination=pagination)
    after = zendesk.clock.now()
    exported = [
        (row["id"], row["generated_timestamp"], raw) for raw in lake.rows() for row in [json.loads(raw)]
    ]
    keys = {(id_, sort_key) for id_, sort_key, _ in exported}
    assert len(keys) == len(exported), "a row is there twice"

    must = account.rows(start, end, after)
    assert must.keys() <= keys, "a row is lost"
    may: set[bytes] = set()
    for moment in {before, after, *(moment for moment in account.moments if before <= moment <= after)}:
        may.update(account.rows(start, end, moment).values())
    assert {raw for _, _, raw in exported} <= may, "a row that never was in this window"
    assert lake.is_tidy()


@pytest.mark.parametrize("pagination", ["cursor", "time"])
@given(script=scripts, over_fill=st.booleans())
def test_any_account_in_any_windows_obeys_the_law_of_rows(
    zendesk: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    pagination: Pagination,
    script: Script,
    over_fill: bool,
) -> None:
    zendesk.reset(now=NOW)
    zendesk.over_fill = over_fill
    check(zendesk, tmp_path_factory.getbasetemp() / "lake", script, pagination)
