# SPDX-License-Identifier: Apache-2.0
"""What an export does alike in every file format, and what only Parquet makes it do."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from airflow_provider_zendesk.emulator import Rewrite
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from airflow_provider_zendesk.verify.checks import verify
from tests.records import values

if TYPE_CHECKING:
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
DAYS = 3
PARQUET = FORMATS["parquet"]


@pytest.fixture(params=[*RESOURCES, "custom_objects/vehicle"])
def resource(request: pytest.FixtureRequest, lake: Lake) -> str:
    lake.zendesk.account.records(request.param).populate(START, START + DAYS * DAY, 40)
    lake.zendesk.clock.set(START + 30 * DAY)
    return str(request.param)


@pytest.mark.parametrize("suffix", ["jsonl.zst", "parquet"])
def test_every_resource_is_whole_in_every_format(lake: Lake, resource: str, suffix: str) -> None:
    end = START + DAYS * DAY
    lake.export(START, end, name=resource, partition_by="day", format=FORMATS[suffix])
    entry = get_resource(resource)
    truth = lake.zendesk.truth(START, end, resource=resource, include=entry.include)

    def place(record: dict[str, Any]) -> list[str]:
        return [str(record.get(name)) for name in (entry.sort_key, entry.id or "id", "type")]

    rows = sorted(map(values, lake.rows()), key=place)
    assert rows == sorted((values(row.raw) for row in truth), key=place)
    assert all(not file.get("drift") for manifest in lake.manifests() for file in manifest["files"])
    report = verify(lake.storage, resource, START, end, check_content=True)
    assert report.is_whole, report.lines()


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_window_has_a_file_where_that_is_asked(lake: Lake, suffix: str) -> None:
    lake.zendesk.account.populate(START, START + DAY, tickets=5)
    lake.export(START, START + 2 * DAY, partition_by="day", format=FORMATS[suffix], empty_files=True)
    assert [[file["records"] for file in one["files"]] for one in lake.manifests()] == [[5], [0]]
    assert verify(lake.storage, "tickets", check_content=True).is_whole
    assert lake.is_tidy()


def test_all_files_of_a_dataset_have_the_same_schema(lake: Lake) -> None:
    lake.zendesk.account.populate(START, START + DAY, tickets=30)
    lake.export(
        START, START + 2 * DAY, partition_by="hour", format=PARQUET, empty_files=True, include=["users"]
    )
    for dataset in ("tickets", "tickets__users"):
        files = [content for name, content in lake.files().items() if name.startswith(f"{dataset}/")]
        schemas = [pq.read_schema(io.BytesIO(content)) for content in files]
        assert len(schemas) > 5
        assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)


def test_drift_is_told_once_and_in_the_manifest(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    lake.zendesk.account.populate(START, START + 2 * DAY, tickets=20)
    lake.zendesk.answer_next(Rewrite(lambda page: page.replace(b'"brand_id"', b'"brand"')))
    with caplog.at_level(logging.WARNING):
        lake.export(START, START + 2 * DAY, partition_by="day", format=PARQUET)
    drifts = [file["drift"] for manifest in lake.manifests() for file in manifest["files"]]
    assert [set(drift) for drift in drifts] == [{"brand"}, {"brand"}]
    told = [record.getMessage() for record in caplog.records if "_extra" in record.getMessage()]
    assert told == [
        "tickets: fields that have no column of their own, or did not fit it, are in the column _extra: "
        "brand (undeclared: 20 rows)"
    ]
