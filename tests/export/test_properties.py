# SPDX-License-Identifier: Apache-2.0
"""
The law of rows, over any account that changes while it is exported, by every way to walk every resource.

For a walk from t0 to t1 an export E of a window obeys: truth(t1) ⊆ E ⊆ the union of truth(t) for t0 ≤ t ≤ t1, as
(id, sort key), none twice. On an account with the habits of live ones, a row that a window lacks lies in a dataset of late
rows, or a reconciliation finds it, or the export ends with an error that names what is wrong: never with less and green.
"""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import PASSING, unauthenticated
from airflow_provider_zendesk.exceptions import ZendeskAuthError, ZendeskError, ZendeskSecondTooFullError
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from airflow_provider_zendesk.stream.page import RowDecoder
from tests.lakes import Lake
from tests.verify.test_reconcile import look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from airflow_provider_zendesk.emulator import TruthRow
    from airflow_provider_zendesk.resources import Endpoint, Resource
    from airflow_provider_zendesk.stream.page import Identity

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


class Habits(NamedTuple):
    """
    What live accounts do.

    :param server_page: rows a page has at most, whatever is asked for.
    :param over_fill: a page within one second holds all of that second.
    :param tells_end: the envelope says ``end_of_stream``, also where no documentation has it.
    :param late_rows: seconds after which a row may only show.
    :param old_rows: seconds by which a row may lie behind its own time in the stream.
    :param shuffled_rows: the rows of a page are in no order.
    :param trouble: share of calls that fail in a way that passes.
    """

    server_page: int | None = None
    over_fill: bool = True
    tells_end: bool = False
    late_rows: int = 0
    old_rows: int = 0
    shuffled_rows: bool = False
    trouble: float = 0.0

    def put_on(self, zendesk: ZendeskEmulator) -> None:
        for name in self._fields:
            if name != "trouble":
                setattr(zendesk, name, getattr(self, name))
        zendesk.answer_at_random(self.trouble, *PASSING, unauthenticated())

    @property
    def rows_stray(self) -> bool:
        """Rows may be elsewhere than where the walk looks for them."""
        return bool(self.late_rows or self.old_rows or self.shuffled_rows)


habits = st.builds(
    Habits,
    server_page=st.sampled_from([None, None, 1, 2, 3, 7]),
    over_fill=st.booleans(),
    tells_end=st.booleans(),
    late_rows=st.sampled_from([0, 0, 30, 400, 3000]),
    old_rows=st.sampled_from([0, 0, 40, 200]),
    shuffled_rows=st.sampled_from([False, False, True]),
    trouble=st.sampled_from([0.0, 0.0, 0.15]),
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
        self.has_cut_short = False
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
            # On every second call: an export gives up after four pages in a row that lead nowhere. Where no word tells
            # the end, an empty page is the proof of it.
            short = step.short_page
            if self.endpoint.ends == "unsaid" and short is not None:
                short = max(short, 1)
            self.zendesk.short_page = short if number % 2 else None
            self.has_cut_short = self.has_cut_short or self.zendesk.short_page is not None
            for change in step.changes:
                # What is late was stamped before now, by less than the settle time: what is new, since a change that was
                # stamped before now would change what the emulator says that it showed then.
                is_new = self.resource.immutable or change.kind in ("create", "burst")
                late = (
                    min(max(change.ago, 0), self.resource.settle - 1) if self.resource.late and is_new else 0
                )
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

    def strays(self, habits: Habits) -> set[int | str | bytes]:
        """Return what tells the records that a walk may not find where their sort key says: by id or, without, by row."""
        found: set[int | str | bytes] = set()
        for number in range(1, len(self._records.history) + 1):
            # What shows within the settle time is waited for.
            is_late = self._records.late_by(number, habits.late_rows) > self.resource.settle
            if is_late or self._records.old_by(number, habits.old_rows):
                moment = int(self.zendesk.clock.now()) + SPAN
                row = self._records.row(number, moment, self.resource.include)
                found.add(row if self.resource.id is None else self._records.id_of(number))
        return found

    def rows(self, start: int, end: int, moment: float) -> list[TruthRow]:
        resource = self.resource
        return self.zendesk.truth(start, end, at=moment, resource=resource.name, include=resource.include)


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=NOW, speed=0) as emulator:
        yield emulator


class Export(NamedTuple):
    """A window's rows in its own dataset, and the proof that closed it."""

    rows: list[bytes]
    stop: str


def read(lake: Lake, dataset: str) -> dict[str, Export]:
    """Return what lies in a dataset, by the start of the window."""
    return {
        manifest["window"]["start"]: Export(
            [
                line
                for file in manifest["files"]
                if file["dataset"] == dataset
                for line in gzip.decompress((lake.root / file["path"]).read_bytes()).splitlines()
            ],
            manifest["stop"]["reason"],
        )
        for manifest in lake.manifests()
    }


class Law:
    """Exports windows into one root and checks them."""

    def __init__(self, account: Account, root: Path, habits: Habits) -> None:
        self._account = account
        self._habits = habits
        shutil.rmtree(root, ignore_errors=True)
        self.lake = Lake(account.zendesk, root)
        self._missing: set[Identity] = set()

    def check_window(self, start: int, end: int, per_page: int) -> None:
        account, resource = self._account, self._account.resource
        before = account.zendesk.clock.now()
        known = set(read(self.lake, resource.name))
        self.lake.export(
            start,
            end,
            name=resource.name,
            pagination=account.endpoint.pagination,
            per_page=min(per_page, account.endpoint.max_per_page) if account.endpoint.max_per_page else None,
        )
        after = account.zendesk.clock.now()
        (found,) = (
            export for window, export in read(self.lake, resource.name).items() if window not in known
        )
        may: dict[bytes, Identity] = {}
        for moment in {
            before,
            after,
            *(moment for moment in account.moments if before <= moment <= after),
        }:
            may |= {row.raw: self._identity(row) for row in account.rows(start, end, moment)}
        assert set(found.rows) <= may.keys(), "a row that never was in this window"
        exported = {may[raw] for raw in found.rows}
        assert len(exported) == len(found.rows), "a row is there twice"
        self._check_missing(
            {self._identity(row) for row in account.rows(start, end, after)} - exported, found.stop
        )
        assert self.lake.is_tidy()

    def _check_missing(self, missing: set[Identity], stop: str) -> None:
        strays = self._account.strays(self._habits)
        self._missing |= {identity for identity in missing if identity[0] in strays}
        missing -= self._missing
        if stop == "no_later_rows" and (self._habits.server_page or self._account.has_cut_short):
            # What cannot be known: whether the very last second was cut by a page of a size never seen before.
            moment = self._account.zendesk.clock.now()
            last = max((row.sort_key for row in self._account.rows(0, int(moment), moment)), default=None)
            missing = {identity for identity in missing if identity[1] != last}
        assert not missing, "a row is lost"

    def check_strays(self, start: int, end: int) -> None:
        """Each row that its window lacks lies in the dataset of late rows, or a reconciliation finds it."""
        account, name = self._account, self._account.resource.name
        decode = RowDecoder(account.resource)
        late = {
            decode(line).identity
            for export in read(self.lake, f"{name}__late").values()
            for line in export.rows
        }
        zendesk = account.zendesk
        zendesk.answer_at_random(0)
        zendesk.before_export(None)
        zendesk.short_page = zendesk.server_page = None
        zendesk.over_fill = zendesk.tells_end = True
        zendesk.clock.advance(4000)
        now = {self._identity(row) for row in account.rows(start, end, zendesk.clock.now())}
        lost = (self._missing & now) - late
        if lost:
            result = look(self.lake, name, full_walk=True, start=start, end=end)
            found = {(row.id, row.sort_key) for row in result.late}
            event("reconciled")
            assert {(_text(id_), key) for id_, key in lost} <= found, "a row is lost, and nothing finds it"

    def _identity(self, row: TruthRow) -> Identity:
        return (row.raw if self._account.resource.id is None else row.id, row.sort_key)


def _text(id_: Any) -> Any:
    return id_.decode() if isinstance(id_, bytes) else id_


def may_fail(account: Account, habits: Habits, error: ZendeskError) -> bool:
    """True if an error is one that the habits explain."""
    if isinstance(error, ZendeskSecondTooFullError):
        now = account.zendesk.clock.now()
        tied = Counter(row.sort_key for row in account.rows(0, int(now) + 1, now))
        return habits.server_page is not None and max(tied.values()) >= habits.server_page
    return habits.trouble > 0 and (error.retryable or isinstance(error, ZendeskAuthError))


WALKS = [
    pytest.param(name, endpoint, id=f"{name} by {endpoint.pagination}")
    for name in [*RESOURCES, "custom_objects/vehicle"]
    for endpoint in get_resource(name).endpoints
]


@pytest.mark.parametrize(("name", "endpoint"), WALKS)
@given(script=scripts, over_fill=st.booleans())
def test_any_account_in_any_windows_obeys_the_law_of_rows(
    zendesk: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    endpoint: Endpoint,
    script: Script,
    over_fill: bool,
) -> None:
    check(zendesk, tmp_path_factory, name, endpoint, script, Habits(over_fill=over_fill))


@pytest.mark.parametrize(("name", "endpoint"), WALKS)
@given(script=scripts, habits=habits)
def test_an_account_with_the_habits_of_live_ones_obeys_the_law_of_rows(
    zendesk: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    endpoint: Endpoint,
    script: Script,
    habits: Habits,
) -> None:
    check(zendesk, tmp_path_factory, name, endpoint, script, habits)


def check(
    zendesk: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    endpoint: Endpoint,
    script: Script,
    habits: Habits,
) -> None:
    """Export an account window by window, and see that no row is lost, or there twice, without a word."""
    zendesk.reset(now=NOW)
    account = Account(zendesk, get_resource(name), endpoint, script)
    habits.put_on(zendesk)
    zendesk.before_export(account.play_next_step)
    law = Law(account, tmp_path_factory.getbasetemp() / "lake", habits)
    cuts = [NOW - SPAN + cut for cut in script.cuts]
    try:
        for start, end in zip(cuts, cuts[1:], strict=False):
            law.check_window(start, end, script.per_page)
    except ZendeskError as error:
        event(type(error).__name__)
        if not may_fail(account, habits, error):
            raise
        return
    if habits.rows_stray:
        law.check_strays(cuts[0], cuts[-1])
