# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import hashlib
import random
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.lake.formats.json_lines import GzippedJsonLines, GzipWriter
from airflow_provider_zendesk.lake.formats.part import Part
from airflow_provider_zendesk.lake.formats.text import compressed_block, gzip_file
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy

if TYPE_CHECKING:
    from collections.abc import Iterable


def rows(sizes: Iterable[int]) -> list[bytes]:
    return [b'"%s"' % (b"x" * size) for size in sizes]


def parts(written: list[bytes], lengths: Iterable[int], policy: Policy = DEFAULT_POLICY) -> list[Part]:
    """Write the rows in pages of these lengths."""
    target = GzipWriter(policy)
    made: list[Part] = []
    start = 0
    for length in [*lengths, len(written)]:
        made.extend(target.write(written[start : start + length]))
        start += length
    return [*made, *target.finish()]


def one_member(data: bytes) -> bytes:
    """Return the text of a gzip file that has one member and nothing behind it."""
    reader = zlib.decompressobj(31)
    text = reader.decompress(data)
    assert reader.eof
    assert not reader.unused_data
    return text


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


def test_a_part_holds_50_000_rows_or_64_mib() -> None:
    assert [part.records for part in parts(rows([1] * 50_001), [999] * 60)] == [50_000, 1]
    big = rows([2**20] * 70)
    assert [part.records for part in parts(big, [3] * 30)] == [64, 6]


def test_the_compressed_bytes_are_the_same_every_time() -> None:
    written = rows(random.Random(1).choices(range(3000), k=1000))
    assert parts(written, [7] * 200) == parts(written, [1000])


def test_no_rows_make_no_part() -> None:
    assert parts([], [0, 0]) == []


@settings(max_examples=100)
@given(
    sizes=st.lists(st.integers(0, 300), max_size=60),
    pauses=st.sets(st.integers(0, 60)),
    block=st.integers(1, 700),
    max_records=st.integers(1, 50),
)
def test_saves_hold_the_open_part_wherever_its_blocks_end(
    sizes: list[int], pauses: set[int], block: int, max_records: int
) -> None:
    policy = Policy(part_records=max_records, block_bytes=block)
    written = rows(sizes)
    target, made = GzipWriter(policy), list[Part]()
    text, opened = bytearray(), 0
    for number, row in enumerate(written):
        for part in target.write([row]):
            made.append(part)
            text, opened = bytearray(), number + 1
        if number in pauses and (save := target.save()) is not None:
            text[save.start :] = one_member(save.data)
            assert text == b"".join(row + b"\n" for row in written[opened : number + 1])
            assert target.save() is None
    assert [*made, *target.finish()] == parts(written, [], policy)


def test_a_save_compresses_only_what_is_new() -> None:
    policy = Policy(block_bytes=1000)
    target = GzipWriter(policy)
    lengths = []
    for _ in range(10):
        list(target.write(rows([400] * 5)))
        save = target.save()
        assert save is not None
        assert save.start % policy.block_bytes == 0
        lengths.append(len(one_member(save.data)))
    assert max(lengths) < 5 * 403 + policy.block_bytes


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 19, 20, 21, 30])
def test_a_part_is_one_gzip_member(size: int) -> None:
    """Some readers stop after the first."""
    (part,) = parts([b"x" * size], [], Policy(block_bytes=10))
    assert one_member(part.data) == b"x" * size + b"\n"
    assert GzippedJsonLines().read(part.data, size + 1) == b"x" * size + b"\n"


def test_the_same_text_is_compressed_to_the_same_block_wherever_it_is() -> None:
    text = b"".join(row + b"\n" for row in rows([100] * 50))
    other = b"".join(row + b"\n" for row in rows([90] * 50))
    alone, after_other = compressed_block(text), compressed_block(other)
    assert compressed_block(text) == alone
    assert one_member(gzip_file([after_other, alone], b"end")) == other + text + b"end"
    assert one_member(gzip_file([alone], b"")) == text
