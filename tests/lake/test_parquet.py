# SPDX-License-Identifier: Apache-2.0
"""Parquet: the same columns in every file, and every value of every record in them."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.columns import contract_of
from airflow_provider_zendesk.lake.formats import library
from airflow_provider_zendesk.lake.formats.parquet import Parquet, arrow_schema
from airflow_provider_zendesk.lake.formats.part import Part, lines
from airflow_provider_zendesk.lake.formats.registry import choose_format
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from tests.records import VALUES, line, records, values

START = 1763596800  # 2025-11-20
CUSTOM_FIELDS = [{"id": 20, "value": ["x"]}, {"id": 21, "value": None}]
FEWER = settings(max_examples=settings.default.max_examples // 2)
NAMES = [*RESOURCES, "custom_objects/vehicle"]


def parts(rows: list[bytes], dataset: str = "tickets", policy: Policy = DEFAULT_POLICY) -> list[Part]:
    writer = Parquet().writer(policy, dataset)
    return [*writer.write(rows), *writer.finish()]


def table(part: Part) -> pa.Table:
    return pq.read_table(io.BytesIO(part.data))


def ticket(**fields: Any) -> bytes:
    return line({"id": 1, "generated_timestamp": START, **fields})


@pytest.mark.parametrize("name", NAMES)
@FEWER
@given(st.data())
def test_every_value_of_any_record_comes_back(name: str, data: st.DataObject) -> None:
    resource = get_resource(name)
    rows = [
        line(one) for one in data.draw(st.lists(records(resource, st.just(START)), min_size=1, max_size=4))
    ]
    (part,) = parts(rows, name)
    back = lines(Parquet().read(part.data, part.uncompressed_bytes))
    assert [values(row) for row in back] == [values(row) for row in rows]
    assert table(part).schema.equals(arrow_schema(name))
    assert table(part).schema.metadata == arrow_schema(name).metadata


@given(VALUES, st.sampled_from(["tickets__users", "tickets__groups", "ticket_events__comment_events"]))
def test_so_do_those_of_sideloads(value: Any, dataset: str) -> None:
    row = line({"id": value, "name": value})
    (part,) = parts([row], dataset)
    assert values(Parquet().read(part.data, part.uncompressed_bytes)) == values(row)


@pytest.mark.parametrize(
    "row",
    [
        b'{"id":1,"subject":"cut \\ud83d","new":"cut \\ud83d","\\ud83d":1}',
        b'{"id":1,"subject":"a","subject":"b"}',
        b'{"id":1,"satisfaction_probability":0.10,"position":1E5,"big":123456789012345678901234567890.5}',
    ],
)
def test_texts_that_few_can_read_come_back(row: bytes) -> None:
    (part,) = parts([row])
    assert values(Parquet().read(part.data, part.uncompressed_bytes)) == values(row)


def test_columns_are_typed() -> None:
    row = ticket(
        created_at="2025-11-20T00:47:27Z",
        tags=["a", "b"],
        follower_ids=[7],
        is_public=True,
        custom_fields=CUSTOM_FIELDS,
        fields=CUSTOM_FIELDS,
        via={"channel": "web"},
        status="deleted",
        brand=5,
    )
    (found,) = table(parts([row])[0]).select(
        ["created_at", "tags", "follower_ids", "is_public", "custom_fields", "via", "_sort_key", "_deleted", "_extra"]
    ).to_pylist()  # fmt: skip
    assert found.pop("created_at").isoformat() == "2025-11-20T00:47:27+00:00"
    assert found.pop("_sort_key").timestamp() == START
    assert found == {
        "tags": ["a", "b"],
        "follower_ids": [7],
        "is_public": True,
        "custom_fields": [("20", '["x"]'), ("21", None)],
        "via": '{"channel": "web"}',
        "_deleted": True,
        "_extra": '{"brand":5}',
    }


@pytest.mark.parametrize(
    ("name", "row", "deleted"),
    [
        ("tickets", {"status": "open"}, False),
        ("users", {"active": False}, True),
        ("users", {}, False),
        ("organizations", {"deleted_at": "2025-11-20T00:00:00Z"}, True),
        ("organizations", {"deleted_at": 7}, True),
        ("organizations", {"deleted_at": None}, False),
        ("custom_objects/a", {"name": "[DELETED]"}, True),
        ("ticket_events", {}, False),
    ],
)
def test_what_was_deleted_is_told_for_every_resource_alike(
    name: str, row: dict[str, Any], deleted: bool
) -> None:
    assert table(parts([line(row)], name)[0])["_deleted"].to_pylist() == [deleted]


def test_a_ticket_event_in_the_form_of_the_reference_has_its_sort_key_too() -> None:
    found = table(
        parts([b'{"time":"2025-11-20T00:00:00Z"}', b'{"timestamp":%d}' % START], "ticket_events")[0]
    )
    assert [one.timestamp() for one in found["_sort_key"].to_pylist()] == [START, START]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("tickets", "2025-11-20T00:00:00Z"),
        ("users", START),
        ("users", "2025-11-20T01:00:00+01:00"),
        ("engagements", "2025-11-20T00:00:00.000"),
    ],
)
def test_a_sort_key_of_another_type_is_one_all_the_same(name: str, key: Any) -> None:
    row = line({"id": 1, get_resource(name).sort_key: key})
    (found,) = table(parts([row], name)[0])["_sort_key"].to_pylist()
    assert found.timestamp() == START


def test_drift_says_which_fields_have_no_column_and_why() -> None:
    rows = [
        ticket(new=1, priority=7, created_at="soon"),
        ticket(new=2, due_at="2025-11-20T00:00:00.5Z"),
        ticket(subject="fine"),
    ]
    (part,) = parts(rows)
    assert part.drift == {
        "created_at": {"not timestamp": 1},
        "due_at": {"another form": 1},
        "new": {"undeclared": 2},
        "priority": {"not string": 1},
    }
    assert table(part)["due_at"].to_pylist()[1] is not None


def test_drift_is_bounded() -> None:
    (part,) = parts([ticket(**{f"new{number}": 1}) for number in range(300)])
    assert len(part.drift) == 101
    assert part.drift["(others)"] == {"undeclared": 200}


@FEWER
@given(st.lists(st.integers(0, 60), max_size=8), st.integers(1, 40))
def test_parts_do_not_depend_on_how_rows_arrive(lengths: list[int], most: int) -> None:
    rows = [ticket(subject=f"number {number}", new=number) for number in range(100)]
    policy = Policy(part_records=most)
    writer, made, start = Parquet().writer(policy, "tickets"), list[Part](), 0
    for length in [*lengths, len(rows)]:
        made += writer.write(rows[start : start + length])
        writer.save()
        start += length
    made += writer.finish()
    assert made == parts(rows, policy=policy)
    assert sum(part.records for part in made) == len(rows)


def other_parquet() -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a Parquet file"),
        (b"PAR1" + bytes(100) + b"PAR1", "not a Parquet file"),
        (other_parquet(), "its columns are not those of version 1"),
        (parts([ticket(subject="x" * 1000)])[0].data, "more than 100 bytes of rows"),
        (parts([ticket(subject="x" * 90)])[0].data[:-200], "not a Parquet file"),
    ],
    ids=["empty", "no footer", "of others", "too large", "cut off"],
)
def test_what_is_not_a_part_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Parquet().read(data, 100)


@pytest.mark.parametrize(("file_format", "extra"), [("parquet", "parquet"), ("jsonl", "zstd")])
def test_a_library_that_is_not_installed_is_named_with_its_extra_before_any_request(
    file_format: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(library, "import_module", missing)
    with pytest.raises(ValueError, match=rf"install 'airflow-provider-zendesk\[{extra}\]'"):
        choose_format(file_format, "zstd")


def test_the_arguments_choose_the_format() -> None:
    assert choose_format("jsonl", None).suffix == "jsonl.gz"
    assert choose_format("jsonl", "zstd").suffix == "jsonl.zst"
    assert choose_format("parquet", None).suffix == "parquet"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("csv", None), "file_format='csv' is unknown; choose one of: jsonl, parquet"),
        (
            ("jsonl", "lz4"),
            "compression='lz4' is not possible with file_format='jsonl'; choose one of: gzip, zstd",
        ),
        (
            ("parquet", "gzip"),
            "compression='gzip' is not possible with file_format='parquet'; choose one of: zstd",
        ),
    ],
)
def test_others_are_refused(arguments: tuple[str, str | None], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        choose_format(*arguments)


@pytest.mark.parametrize("name", NAMES)
def test_the_sort_key_and_the_mark_of_deletion_are_columns(name: str) -> None:
    resource = get_resource(name)
    columns = {column.name for column in contract_of(name).columns}
    needed = {resource.sort_key, resource.sort_key_in_docs, resource.deletion and resource.deletion.field}
    assert needed - {None} <= columns
    assert len(columns) == len(contract_of(name).columns)


def test_late_rows_have_the_columns_of_the_resource() -> None:
    assert contract_of("tickets__late") == contract_of("tickets")
    assert contract_of("tickets__users").columns == contract_of("users").columns
    assert contract_of("custom_objects/a__late").sort_keys == ("updated_at",)
    assert contract_of("tickets__users").sort_keys == ()
