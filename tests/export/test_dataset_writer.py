# SPDX-License-Identifier: Apache-2.0
"""An open part is restored from what was saved of it; sideloads are written once per part."""

from __future__ import annotations

import gzip
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.export.dataset_writer import DatasetWriter, SavedRows, read_open_part
from airflow_provider_zendesk.lake.commit import Commit
from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES
from airflow_provider_zendesk.lake.layout import WindowNames
from airflow_provider_zendesk.lake.storage import LocalStorage
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.stream.page import sideloaded
from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.storage import Storage

NAMES = WindowNames("tickets", Window(0, 86400), None)


def numbered(count: int, width: int = 20) -> list[bytes]:
    return [b'{"id":%d,"text":"%s"}' % (number, b"x" * (number % width)) for number in range(count)]


def writer(storage: Storage, policy: Policy) -> tuple[Commit, DatasetWriter]:
    commit = Commit(storage, NAMES, 0)
    return commit, DatasetWriter("tickets", commit, GZIPPED_JSON_LINES, policy)


def staged(commit: Commit) -> list[bytes]:
    return [commit.storage.get(part.staged) for part in commit.staged]


def undisturbed(storage: Storage, policy: Policy, rows: list[bytes]) -> list[bytes]:
    commit, dataset = writer(storage, policy)
    dataset.write(rows)
    dataset.finish()
    return staged(commit)


def saved_earlier(commit: Commit, rows: list[bytes], ends: Iterable[int]) -> tuple[str, ...]:
    """Save rows as an earlier version did: each object has those since the one before."""
    bounds = sorted({0, *ends, len(rows)})
    return tuple(
        commit.put(f"open/{end}.gz", gzip.compress(b"".join(row + b"\n" for row in rows[start:end])))
        for start, end in zip(bounds, bounds[1:], strict=False)
    )


@settings(max_examples=50, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=8),
    block=st.integers(1, 1500),
    part_records=st.integers(1, 120),
)
def test_an_open_part_goes_on_from_every_save(lengths: list[int], block: int, part_records: int) -> None:
    """After each page the writer saves, and another one goes on from there."""
    policy = Policy(block_bytes=block, part_records=part_records)
    rows = numbered(sum(lengths))
    with TemporaryDirectory() as root:
        storage = LocalStorage(root)
        commit, dataset = writer(storage, policy)
        done: list[bytes] = []
        start = 0
        for length in lengths:
            dataset.write(rows[start : start + length])
            start += length
            saved = dataset.save()
            assert dataset.save() == saved
            done += staged(commit)
            commit, dataset = writer(storage, policy)
            dataset.restore(read_open_part(saved, storage.get))
            assert dataset.save() == saved
        dataset.finish()
        assert [*done, *staged(commit)] == undisturbed(storage, policy, rows)


@settings(max_examples=50, deadline=None)
@given(
    first=st.integers(1, 60),
    ends=st.sets(st.integers(1, 59)),
    then=st.integers(1, 60),
    block=st.integers(1, 1500),
)
def test_an_open_part_goes_on_from_the_saves_of_an_earlier_version(
    first: int, ends: set[int], then: int, block: int
) -> None:
    policy = Policy(block_bytes=block)
    rows = numbered(first + then)
    with TemporaryDirectory() as root:
        storage = LocalStorage(root)
        commit, dataset = writer(storage, policy)
        saved = saved_earlier(commit, rows[:first], (end for end in ends if end < first))
        dataset.restore(read_open_part(saved, storage.get))
        dataset.write(rows[first:])
        mixed = dataset.save()
        commit, dataset = writer(storage, policy)
        dataset.restore(read_open_part(mixed, storage.get))
        dataset.finish()
        assert staged(commit) == undisturbed(storage, policy, rows)


def test_saves_that_a_later_one_replaces_are_not_named_again() -> None:
    policy = Policy(block_bytes=1000)
    rows = [b"x" * 99] * 100
    with TemporaryDirectory() as root:
        _, dataset = writer(LocalStorage(root), policy)
        starts = []
        for row in rows:
            dataset.write([row])
            starts.append([save.start for save in dataset.save()])
    assert starts[8] == [0]
    assert starts[9] == [0]
    assert starts[10] == [0, 1000]
    assert starts[-1] == list(range(0, 10_000, 1000))


def test_rows_that_fill_a_part_by_lower_limits_are_not_saved_twice() -> None:
    rows = numbered(50)
    with TemporaryDirectory() as root:
        storage = LocalStorage(root)
        commit, dataset = writer(storage, Policy())
        dataset.write(rows)
        saved = dataset.save()
        lower = Policy(part_records=20)
        commit, dataset = writer(storage, lower)
        dataset.restore(read_open_part(saved, storage.get))
        (save,) = dataset.save()
        assert isinstance(save, SavedRows)
        assert gzip.decompress(storage.get(save.name)).splitlines() == rows[40:]
        dataset.finish()
        assert staged(commit) == undisturbed(storage, lower, rows)


@given(pages=st.lists(st.lists(st.integers(0, 9), max_size=20), max_size=6), part_records=st.integers(1, 8))
def test_sideloads_are_written_once_per_part_wherever_it_ends(
    pages: list[list[int]], part_records: int
) -> None:
    policy = Policy(part_records=part_records)
    with TemporaryDirectory() as root:
        commit, dataset = writer(LocalStorage(root), policy)
        for page in pages:
            dataset.write_once(sideloaded([b'{"id":%d}' % number for number in page]))
        dataset.finish()
        made = [gzip.decompress(part).splitlines() for part in staged(commit)]
    expected: list[list[bytes]] = [[]]
    for number in (number for page in pages for number in page):
        row = b'{"id":%d}' % number
        if row not in expected[-1]:
            expected[-1].append(row)
            if len(expected[-1]) == part_records:
                expected.append([])
    assert made == [part for part in expected if part]
