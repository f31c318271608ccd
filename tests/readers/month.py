# SPDX-License-Identifier: Apache-2.0
"""A month of daily windows of every resource: two of them without records, and one replaced by a second revision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.lake import Lake as CommittedLake
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.resources import RESOURCES, get_resource
from tests.lakes import Lake

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86400
START = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
END = START + 31 * DAY
NOW = END + 10 * DAY
EMPTY = (START + 3 * DAY, START + 17 * DAY)
REPLACED = START + 10 * DAY
RECORDS_A_DAY = 4

NAMES = [*RESOURCES, "custom_objects/vehicle"]
SUFFIXES = list(FORMATS)

Row = tuple[str, int]
"""The id as text, and the sort key in epoch microseconds."""


@dataclass(frozen=True)
class Month:
    """
    The month in all formats.

    :param root: below it, a lake for each format.
    :param truth: by resource, the rows that Zendesk has.
    """

    root: Path
    truth: dict[str, list[Row]]

    def glob(self, suffix: str, name: str) -> str:
        """Return the pattern of a resource's files."""
        return f"{self.root / suffix / name}/**/*.{suffix}"

    def files(self, suffix: str, name: str) -> list[str]:
        """Return what :meth:`Lake.files` names."""
        return CommittedLake(self.root / suffix).files(name, START, END)

    def records(self, suffix: str, name: str) -> int:
        """Return how many rows the manifests list."""
        manifests = CommittedLake(self.root / suffix).manifests(name, START, END)
        assert len(manifests) == 31
        assert sum(not manifest.files for manifest in manifests) == len(EMPTY)
        assert [one.window.window().start for one in manifests if one.revision == 1] == [REPLACED]
        return sum(manifest.counts.records for manifest in manifests)


def export(root: Path) -> Month:
    """Export the month below a folder, in all formats."""
    with ZendeskEmulator(now=NOW, speed=0) as zendesk:
        lakes = {suffix: Lake(zendesk, root / suffix) for suffix in SUFFIXES}
        truth = {name: _export(name, zendesk, lakes) for name in NAMES}
    return Month(root, truth)


def _export(name: str, zendesk: ZendeskEmulator, lakes: dict[str, Lake]) -> list[Row]:
    records = zendesk.account.records(name)
    for day in range(START, END, DAY):
        if day not in EMPTY:
            records.populate(day, day + DAY, RECORDS_A_DAY)
    for suffix, lake in lakes.items():
        lake.export(START, END, name=name, partition_by="day", format=FORMATS[suffix])
    records.create(REPLACED + DAY // 2)
    for suffix, lake in lakes.items():
        lake.export(REPLACED, REPLACED + DAY, name=name, partition_by="day", format=FORMATS[suffix])
    truth = zendesk.truth(START, END, resource=name, include=get_resource(name).include)
    return [(str(row.id), _micros(json.loads(row.raw)[get_resource(name).sort_key])) for row in truth]


def _micros(sort_key: int | str) -> int:
    """Return the epoch microseconds of a sort key: seconds, or a text that is UTC if it names no time zone."""
    if isinstance(sort_key, int):
        return sort_key * 1_000_000
    moment = datetime.fromisoformat(sort_key)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def id_field(name: str) -> str:
    """Return the field of a resource's records that has their id."""
    return get_resource(name).id or "id"
