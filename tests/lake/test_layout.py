# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES
from airflow_provider_zendesk.lake.layout import (
    SUFFIXES,
    ObjectName,
    WindowNames,
    parse,
)
from airflow_provider_zendesk.window import PartitionBy, Window

START = 1795132800  # 2026-11-20T00:00:00Z


@pytest.mark.parametrize(
    ("partition_by", "folder"),
    [
        ("day", "tickets/dt=2026-11-20"),
        ("hour", "tickets/dt=2026-11-20/hour=00"),
        ("month", "tickets/month=2026-11"),
        (None, "tickets"),
    ],
)
def test_names_are_those_of_the_contract(partition_by: PartitionBy, folder: str) -> None:
    names = WindowNames("tickets", Window(START, START + 86400), partition_by)
    assert (
        names.part("tickets", 0, 0, "jsonl.gz")
        == f"{folder}/20261120T000000Z-20261121T000000Z-r0-00000.jsonl.gz"
    )
    assert names.manifest(3) == "_manifests/tickets/2026-11/20261120T000000Z-20261121T000000Z-r3.json"
    assert names.intent(3) == "_staging/tickets/20261120T000000Z-20261121T000000Z/r3/intent.json"


@given(st.integers(0, 4_000_000_000), st.integers(1, 10**8), st.integers(0, 1000))
def test_a_manifests_name_tells_its_window_and_revision(start: int, length: int, revision: int) -> None:
    names = WindowNames("tickets", Window(start, start + length), None)
    attempt = names.attempt(revision, "attempt")
    for kind, name in {
        "manifest": names.manifest(revision),
        "part": names.part("tickets", revision, 12, "jsonl.gz"),
        "intent": names.intent(revision),
        "staged": f"{attempt}/open/tickets-00001.gz",
        "checkpoint": f"{attempt}/checkpoint-00001.json",
        "scratch": f"{names.scratch(revision)}{uuid.uuid4().hex}.tmp",
    }.items():
        assert parse(name) == names.parse(name) == ObjectName(names.window, revision, kind, "tickets")


@pytest.mark.parametrize("partition_by", ["hour", "day", "month", None])
@pytest.mark.parametrize("resource", ["tickets", "custom_objects/car"])
def test_a_part_is_known_however_its_window_was_cut(resource: str, partition_by: PartitionBy) -> None:
    window = Window(START + 3600, START + 7200)
    names = WindowNames(resource, window, "day")
    for dataset in (resource, f"{resource}__late"):
        name = WindowNames(resource, window, partition_by).part(dataset, 7, 0, "jsonl.gz")
        assert parse(name) == names.parse(name) == ObjectName(window, 7, "part", dataset)


def test_every_format_has_a_suffix_that_is_known() -> None:
    assert GZIPPED_JSON_LINES.suffix in SUFFIXES


STEM = "20261120T000000Z-20261121T000000Z"


@pytest.mark.parametrize(
    "name",
    [
        f"tickets/dt=2026-11-20/{STEM}-rX-00000.jsonl.gz",
        f"tickets/dt=2026-11-20/{STEM}-r-00000.jsonl.gz",
        f"tickets/dt=2026-11-20/{STEM}-r01-00000.jsonl.gz",
        f"tickets/dt=2026-11-20/{STEM}-r\u0661-00000.jsonl.gz",
        f"tickets/dt=2026-11-20/{STEM}-r0-0000.jsonl.gz",
        f"tickets/dt=2026-11-20/{STEM}-r0-000000.jsonl.gz",
        f"tickets/dt=2026-11-20/{STEM}-r0-00000.parquet.mine",
        f"tickets/dt=2026-11-20/{STEM}-r0-00000.jsonl.gz.mine",
        f"tickets/dt=2026-11-20/{STEM}-r0-00000.jsonl",
        f"tickets/dt=2026-11-20/{STEM}-rX.parquet",
        f"tickets/dt=2026-11-20/x{STEM}-r0-00000.jsonl.gz",
        "tickets/dt=2026-11-20/20261120T000000Z-20261122T000000Z-r0-00000.jsonl.gz",
        f"tickets/dt=2026-11-21/{STEM}-r0-00000.jsonl.gz",
        f"tickets/mine/{STEM}-r0-00000.jsonl.gz",
        f"tickets_old/dt=2026-11-20/{STEM}-r0-00000.jsonl.gz",
        f"users/dt=2026-11-20/{STEM}-r0-00000.jsonl.gz",
        f"../tickets/dt=2026-11-20/{STEM}-r0-00000.jsonl.gz",
        f"{STEM}-r0-00000.jsonl.gz",
        "_staging/.DS_Store",
        "_staging/tickets/.DS_Store",
        f"_staging/tickets/{STEM}/.DS_Store",
        f"_staging/tickets/{STEM}/intent.json",
        f"_staging/tickets/{STEM}/rX/intent.json",
        f"_staging/tickets/{STEM}/r/attempt/part",
        f"_staging/tickets/{STEM}/r00/intent.json",
        f"_staging/tickets/{STEM}/r0/.nfs0001",
        f"_staging/tickets/{STEM}/r0/intent.json.mine",
        f"_staging/tickets/{STEM}/r0",
        f"_staging/users/{STEM}/r0/intent.json",
        "_staging/tickets/20261120T000000Z-20261122T000000Z/r0/intent.json",
    ],
)
def test_other_names_are_neither_parts_of_the_window_nor_staged_for_it(name: str) -> None:
    assert WindowNames("tickets", Window(START, START + 86400), "day").parse(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "20261120T000000Z-20261121T000000Z-r0.json.tmp",
        "x-r1.json",
        "",
        "20261399T000000Z-20261499T000000Z-r0.json",
        "20261120T000000Z-20261120T000000Z-r0.json",
        "20261121T000000Z-20261120T000000Z-r0.json",
        "20261120T000000Z-20261120T000061Z-r0.json",
        f"{STEM}-r00.json",
        f"{STEM}-rX.json",
    ],
)
def test_other_names_are_no_manifests(name: str) -> None:
    assert parse(f"_manifests/tickets/2026-11/{name}") is None
