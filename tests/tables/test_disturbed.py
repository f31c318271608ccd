# SPDX-License-Identifier: Apache-2.0
"""A run that is killed at any operation, or overtaken at any by another run or by an export, leaves the right table."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.tables.needed import skip_without_sql_catalog

skip_without_sql_catalog()

from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, NoSuchTableError

from tests.tables.catalogs import Disturbance, Killed, disturbed
from tests.tables.tables import DAY, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tables.tables import Tables


def die() -> None:
    raise Killed


def every_operation(tables: Tables, prepare: Callable[[Tables], None]) -> Iterator[int]:
    """Yield the number of each operation of a run, with lake and catalog as they were before, until the caller stops."""
    prepare(tables)
    tables.folder.mkdir(exist_ok=True)
    places = (tables.lake.root, tables.folder)
    for place in places:
        shutil.copytree(place, place.with_name(f"{place.name} before"))
    for number in itertools.count():
        assert number < 200
        for place in places:
            shutil.rmtree(place)
            shutil.copytree(place.with_name(f"{place.name} before"), place)
        yield number


def nothing_before(tables: Tables) -> None:
    tables.lake.root = tables.lake.root.with_name("two days")
    tables.export(days=2)


def registered_before(tables: Tables) -> None:
    nothing_before(tables)
    tables.register(days=2)
    tables.export(1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("prepare", [nothing_before, registered_before])
def test_a_run_killed_at_any_operation_is_finished_by_its_retry(
    tables: Tables, prepare: Callable[[Tables], None], after: bool
) -> None:
    for number in every_operation(tables, prepare):
        death = Disturbance(number, die, after=after)
        try:
            with disturbed(death):
                tables.register(days=2)
        except Killed:
            check_whole(tables)
        tables.register(days=2)
        assert tables.files() == tables.listed()
        assert len(tables.load().metadata.snapshots) == (2 if prepare is registered_before else 1)
        if not death.has_happened:
            break
    assert {"load_table", "commit_table", "get_range", "get", "files", "write", "read"} <= set(
        death.operations
    )


def check_whole(tables: Tables) -> None:
    """Check that what readers see meanwhile is one revision of each window, and no file twice."""
    try:
        files = tables.files()
    except NoSuchTableError:
        return
    assert len(files) == len({file[: file.index("-r")] for file in files})


@pytest.mark.parametrize("prepare", [nothing_before, registered_before])
def test_two_runs_at_once_end_as_one_would(tables: Tables, prepare: Callable[[Tables], None]) -> None:
    for number in every_operation(tables, prepare):
        other = Disturbance(number, lambda: tables.register(days=2), after=True)
        with disturbed(other):
            tables.register(days=2)
        assert tables.files() == tables.listed()
        assert len(tables.load().metadata.snapshots) == (2 if prepare is registered_before else 1)
        if not other.has_happened:
            break


@pytest.mark.parametrize("prepare", [nothing_before, registered_before])
def test_a_run_overtaken_by_an_export_and_its_run_does_not_bring_the_old_revision_back(
    tables: Tables, prepare: Callable[[Tables], None]
) -> None:
    for number in every_operation(tables, prepare):

        def export_and_register() -> None:
            tables.export()
            tables.register()

        other = Disturbance(number, export_and_register, after=True)
        with disturbed(other):
            tables.register(days=2)
        assert tables.files() == tables.listed()
        if not other.has_happened:
            break


def test_a_run_overtaken_by_the_first_rows_of_an_empty_window_does_not_remove_them(tables: Tables) -> None:
    for number in every_operation(tables, lambda tables: tables.export(20)):

        def export_and_register() -> None:
            tables.lake.zendesk.account.populate(START + 20 * DAY, START + 21 * DAY, tickets=5)
            tables.export(20)
            tables.register(20)

        other = Disturbance(number, export_and_register, after=True)
        with disturbed(other):
            tables.register(20)
        if not other.has_happened:
            break
        assert tables.files() == [name for name in tables.listed() if "dt=2025-12-10" in name] != []
        tables.lake.zendesk.reset(now=START + 30 * DAY)


def test_a_window_replaced_during_a_run_is_corrected_by_the_next(tables: Tables) -> None:
    for number in every_operation(tables, registered_before):
        other = Disturbance(number, lambda: tables.export(), after=True)
        with disturbed(other):
            tables.register(days=2)
        check_whole(tables)
        tables.register(days=2)
        assert tables.files() == tables.listed()
        if not other.has_happened:
            break


@pytest.mark.parametrize("has_landed", [False, True])
def test_a_commit_whose_outcome_is_unknown_is_looked_at_before_it_is_repeated(
    tables: Tables, has_landed: bool
) -> None:
    tables.register(2)
    tables.export(2)

    def lose_the_answer() -> None:
        raise CommitStateUnknownException("the answer was lost")

    commits = CommitAt(1, lose_the_answer, after=has_landed)
    with disturbed(commits):
        done = tables.register(2)
    assert tables.files() == tables.listed()[2:]
    assert (done.files_added, done.files_removed) == ((0, 0) if has_landed else (1, 1))
    assert len(tables.load().metadata.snapshots) == 2


def test_a_run_gives_up_if_others_are_faster_each_time(tables: Tables) -> None:
    tables.register(2)
    tables.export(2)

    def fail() -> None:
        raise CommitFailedException("another was faster")

    commits = CommitAt(10, fail, after=False)
    with disturbed(commits), pytest.raises(CommitFailedException):
        tables.register(2, attempts=3)
    assert commits.commits == 3
    tables.register(2)
    assert tables.files() == tables.listed()[2:]


class CommitAt(Disturbance):
    """
    Something that happens at the first commits.

    :param times: at how many of them.
    """

    def __init__(self, times: int, what: Callable[[], None], *, after: bool) -> None:
        super().__init__(-1, what, after=after)
        self._left = times
        self.commits = 0

    def around(self, name: str, operation, *arguments, **options):
        if name == "commit_table":
            self.commits += 1
            if self._left > 0:
                self._left -= 1
                self._at = len(self.operations)
        return super().around(name, operation, *arguments, **options)
