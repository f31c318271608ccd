# SPDX-License-Identifier: Apache-2.0
"""What an export of a period would take: windows, calls, hours and storage. It exports nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.lake.committed import committed_near, latest_manifests
from airflow_provider_zendesk.window import cut, gaps

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.resources import Resource
    from airflow_provider_zendesk.window import PartitionBy, Window

_DAY = 86_400
_PER_PAGE = 1000
# Operations of a run itself and of one more window, as tests count them (tests/export/test_costs.py).
_OPERATIONS_OF_A_WINDOW = 14
# Manifests that are read for the number and size of records.
_MOST_READ = 60


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a period takes.

    :param windows: that it is cut into.
    :param committed: of these.
    :param missing: that an export with ``on_existing="keep"`` would make.
    :param records_a_day: what the next figures are made from; None if it is not known.
    :param records: of the missing windows.
    :param calls: to Zendesk.
    :param hours: that these calls take at the rate limit.
    :param bytes: that the files take; None if the size of a record is not known.
    :param operations: on storage, at most.
    """

    windows: int
    committed: int
    missing: int
    records_a_day: int | None
    records: int | None = None
    calls: int | None = None
    hours: float | None = None
    bytes: int | None = None
    operations: int

    def lines(self) -> list[str]:
        """Return the forecast as lines of text."""
        windows = f"{self.windows:,} windows: {self.committed:,} are committed, {self.missing:,} are missing"
        if not self.missing:
            return [windows, "nothing is left to export"]
        operations = f"at most {self.operations:,} operations on storage"
        if self.records is None or self.calls is None or self.hours is None:
            unknown = "records, calls and hours: unknown; give --records-per-day (the doctor estimates it for tickets)"
            return [windows, unknown, operations]
        size = "of unknown size" if self.bytes is None else f"of some {self.bytes / 1e6:,.1f} MB"
        return [
            windows,
            f"some {self.records:,} records ({self.records_a_day:,} a day), {size}",
            f"some {self.calls:,} calls to Zendesk, {self.hours:,.1f} hours at the rate limit",
            operations,
        ]


def forecast(
    storage: Storage,
    resource: Resource,
    period: Window,
    partition_by: PartitionBy,
    *,
    calls_a_minute: int,
    records_a_day: int | None = None,
) -> Forecast:
    """
    Return what an export of a period would take.

    :param calls_a_minute: that it may make: the account's limit without the reserve.
    :param records_a_day: None: as in the windows that are committed in the period.
    :raises ValueError: if it may make no call.
    """
    if calls_a_minute < 1:
        raise ValueError(f"{calls_a_minute} calls a minute are none; make the reserve smaller")
    windows = cut(period, partition_by)
    found = committed_near(storage, resource.name, period)
    there = {one.window for one in found.values()}
    missing = [window for window in windows if window not in there]
    density, size = _density(storage, found)
    records_a_day = density if records_a_day is None else records_a_day
    operations = _OPERATIONS_OF_A_WINDOW * len(missing)
    known = Forecast(
        windows=len(windows),
        committed=len(windows) - len(missing),
        missing=len(missing),
        records_a_day=records_a_day,
        operations=operations,
    )
    if records_a_day is None:
        return known
    seconds = sum(window.end - window.start for window in missing)
    records = round(records_a_day * seconds / _DAY)
    per_page = resource.endpoint().max_per_page or _PER_PAGE
    # Each stretch of missing windows ends with a page that passes its end.
    stretches = len(list(gaps(period, [window for window in windows if window in there]))) if missing else 0
    calls = math.ceil(records / per_page) + stretches
    return msgspec.structs.replace(
        known,
        records=records,
        calls=calls,
        hours=round(calls / calls_a_minute / 60, 2),
        bytes=None if size is None else round(records * size),
    )


def _density(storage: Storage, found: dict[str, ObjectName]) -> tuple[int | None, float | None]:
    """Return the records a day and the bytes a record in the last committed windows; None if there are none."""
    last = dict(sorted(found.items(), key=lambda item: item[1])[-_MOST_READ:])
    manifests = [one.manifest for one in latest_manifests(storage, lambda: last)]
    seconds = sum(one.window.window().end - one.window.window().start for one in manifests)
    records = sum(one.counts.records for one in manifests)
    size = sum(file.bytes for one in manifests for file in one.files)
    return (
        round(records * _DAY / seconds) if seconds else None,
        size / records if records else None,
    )
