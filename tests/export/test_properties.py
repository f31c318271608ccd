# SPDX-License-Identifier: Apache-2.0
"""
The law of rows, over any account that changes while it is exported, by every way to walk every resource.

For a walk from t0 to t1 an export E of a window obeys: truth(t1) ⊆ E ⊆ the union of truth(t) for t0 ≤ t ≤ t1, as
(id, sort key), none twice.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from tests.export.conftest import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_zendesk.emulator.records import TruthRow
    from airflow_provider_zendesk.resources import Endpoint, Resource

NOW = 1795176000
SPAN = 300


class Change(NamedTuple):
    """Something that happens to the account: to which of its records (by number), and how many seconds ago."""

    kind: str
    record: int
    ago: int


class Step(NamedTuple):
    """What happens before a call: so many seconds pass, then these changes; and how short the page is cut."""

    seconds: int
    changes: list[Change]
    short_page: int | None


class Script(NamedTuple):
    """An account's history, what happens to it call by call, and how it is exported."""

    history: list[Change]
    steps: list[Step]
    cuts: list[int]
    per_page: int


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
scripts = st.builds(
    Script,
    history=st.lists(changes, min_size=5, max_size=30),
    steps=st.lists(steps, max_size=8),
    cuts=st.lists(st.sampled_from(cuts), min_size=2, max_size=5, unique=True).map(sorted),
    per_page=st.sampled_from([1, 2, 3, 5, 10, 1000]),
)


class Account:
    """Plays a script on the emulator and remembers the moments at which something changed."""

    def __init__(
        self, zendesk: ZendeskEmulator, resource: Resource, endpoint: Endpoint, script: Script
    ) -> None:
        self.zendesk = zendesk
        self.resource = resource
        self.endpoint = endpoint
        self.moments: set[int] = set()
        self._records = zendesk.account.records(resource.name)
        self._numbers: list[int] = []
        self._steps = iter(script.steps)
        for change in sorted(script.history, key=lambda change: -change.ago):
            self._apply(change, NOW - change.ago)

    def play_next_step(self, number: int) -> None:
        step = next(self._steps, None)
        if step is not None:
            # A change in the second of the call before it could not be told from that call's answer.
            self.zendesk.clock.advance(max(step.seconds, 1 if step.changes else 0))
            # On every second call: an export gives up after four pages in a row that lead nowhere. Where a page that
            # is not full is itself the end, none is cut.
            says_end = self.endpoint.ends in ("end_of_stream", "has_more")
            self.zendesk.short_page = step.short_page if number % 2 and says_end else None
            for change in step.changes:
                # What is late was stamped before now, by less than the settle time.
                late = min(max(change.ago, 0), self.resource.settle - 1) if self.resource.late else 0
                self._apply(change, int(self.zendesk.clock.now()) - late)

    def _apply(self, change: Change, at: int) -> None:
        self.moments.add(at)
        if change.kind == "burst":
            self._numbers.extend(self._records.burst(at, 4))
            return
        if change.kind != "create" and self._numbers:
            # A resource that knows no such change has another record instead.
            with suppress(ValueError):
                getattr(self._records, change.kind)(self._numbers[change.record % len(self._numbers)], at)
                return
        self._numbers.append(self._records.create(at))

    def rows(self, start: int, end: int, moment: float) -> list[TruthRow]:
        resource = self.resource
        return self.zendesk.truth(start, end, at=moment, resource=resource.name, include=resource.include)


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=NOW, speed=0) as emulator:
        yield emulator


def check_window(account: Account, root: Path, start: int, end: int, per_page: int) -> None:
    zendesk, resource = account.zendesk, account.resource
    shutil.rmtree(root, ignore_errors=True)
    lake = Lake(zendesk, root)
    before = zendesk.clock.now()
    lake.export(
        start,
        end,
        name=resource.name,
        pagination=account.endpoint.pagination,
        per_page=per_page if account.endpoint.max_per_page else None,
    )
    after = zendesk.clock.now()
    exported = lake.rows()

    may: dict[bytes, tuple[object, int]] = {}
    for moment in {before, after, *(moment for moment in account.moments if before <= moment <= after)}:
        may |= {
            row.raw: (row.raw if resource.id is None else row.id, row.sort_key)
            for row in account.rows(start, end, moment)
        }
    assert set(exported) <= may.keys(), "a row that never was in this window"
    keys = {may[raw] for raw in exported}
    assert len(keys) == len(exported), "a row is there twice"
    assert {may[row.raw] for row in account.rows(start, end, after)} <= keys, "a row is lost"
    assert lake.is_tidy()


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        pytest.param(name, endpoint, id=f"{name} by {endpoint.pagination}")
        for name in [*RESOURCES, "custom_objects/vehicle"]
        for endpoint in get_resource(name).endpoints
    ],
)
@given(script=scripts, over_fill=st.booleans())
def test_any_account_in_any_windows_obeys_the_law_of_rows(
    zendesk: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    endpoint: Endpoint,
    script: Script,
    over_fill: bool,
) -> None:
    zendesk.reset(now=NOW)
    zendesk.over_fill = over_fill
    account = Account(zendesk, get_resource(name), endpoint, script)
    zendesk.before_export(account.play_next_step)
    root = tmp_path_factory.getbasetemp() / "lake"
    for start, end in zip(script.cuts, script.cuts[1:], strict=False):
        check_window(account, root, NOW - SPAN + start, NOW - SPAN + end, script.per_page)
