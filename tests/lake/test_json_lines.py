# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import hashlib
import random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.lake.formats.json_lines import JsonLinesWriter
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from airflow_provider_zendesk.lake.formats.part import Part


def rows(sizes: Iterable[int]) -> list[bytes]:
    return [b'"%s"' % (b"x" * size) for size in sizes]


def parts(written: list[bytes], lengths: Iterable[int], policy: Policy = DEFAULT_POLICY) -> list[Part]:
    """Write the rows in pages of these lengths."""
    target = JsonLinesWriter(policy)
    made: list[Part] = []
    start = 0
    for length in [*lengths, len(written)]:
        made.extend(target.write(written[start : start + length]))
        start += length
    return [*made, *target.finish()]


@settings(max_examples=100)
@given(
    sizes=st.lists(st.integers(0, 300), max_size=120),
    lengths=st.lists(st.integers(0, 40), max_size=30),
    max_records=st.integers(1, 50),
    max_bytes=st.integers(1, 4000),
)
def test_parts_do_not_depend_on_how_rows_arrive(
    sizes: list[int], lengths: list[int], max_records: int, max_bytes: int
) -> None:
    policy = Policy(part_records=max_records, part_bytes=max_bytes, block_bytes=512)
    written = rows(sizes)
    made = parts(written, lengths, policy)
    assert made == parts(written, [], policy)
    lines = [line for part in made for line in gzip.decompress(part.data).splitlines(keepends=True)]
    assert lines == [row + b"\n" for row in written]
    for part in made:
        content = gzip.decompress(part.data)
        assert (part.uncompressed_bytes, part.records) == (len(content), content.count(b"\n"))
        assert part.sha256() == hashlib.sha256(part.data).hexdigest()
        assert part.records <= max_records
        # A part ends with the row that fills it: without that row it was not full.
        assert len(content[: content[:-1].rfind(b"\n") + 1]) < max_bytes
    for part in made[:-1]:
        assert part.records == max_records or part.uncompressed_bytes >= max_bytes


def test_a_part_holds_50_000_rows_or_64_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [part.records for part in parts(rows([1] * 50_001), [999] * 60)] == [50_000, 1]
    big = rows([2**20] * 70)
    assert [part.records for part in parts(big, [3] * 30)] == [64, 6]


def test_the_compressed_bytes_are_the_same_every_time() -> None:
    written = rows(random.Random(1).choices(range(3000), k=1000))
    assert parts(written, [7] * 200) == parts(written, [1000])


def test_no_rows_make_no_part() -> None:
    assert parts([], [0, 0]) == []
