# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.export.layout import Committed, WindowNames, parse_manifest_name
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
    assert names.manifest(3) == "_manifests/tickets/20261120T000000Z-20261121T000000Z-r3.json"
    assert names.intent(3) == "_staging/tickets/20261120T000000Z-20261121T000000Z/r3/intent.json"


@given(st.integers(0, 4_000_000_000), st.integers(1, 10**8), st.integers(0, 1000))
def test_a_manifests_name_tells_its_window_and_revision(start: int, length: int, revision: int) -> None:
    names = WindowNames("tickets", Window(start, start + length), None)
    assert parse_manifest_name(names.manifest(revision)) == Committed(names.window, revision)
    assert names.revision_of_part(names.part("tickets", revision, 12, "jsonl.gz")) == revision


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "20261120T000000Z-20261121T000000Z-r0.json.tmp",
        "x-r1.json",
        "",
        "20261399T000000Z-20261499T000000Z-r0.json",
    ],
)
def test_other_names_are_no_manifests(name: str) -> None:
    assert parse_manifest_name(f"_manifests/tickets/{name}") is None
