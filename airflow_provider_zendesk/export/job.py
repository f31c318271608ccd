# SPDX-License-Identifier: Apache-2.0
"""What to export, and the summary of what was exported."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, get_args

import msgspec

from airflow_provider_zendesk.export.listing import Listing
from airflow_provider_zendesk.lake.formats.part import PartFormat
from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES
from airflow_provider_zendesk.lake.manifest import Request, Run, fingerprint
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.resources import Endpoint, Resource
from airflow_provider_zendesk.window import PartitionBy, Window, cut

OnExisting = Literal["replace", "keep", "fail"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to export.

    :param account: the account's host.
    :param resource: the catalogue's entry.
    :param endpoint: the endpoint to read it from.
    :param query: the parameters of every page, except the position.
    :param window: the run's window.
    :param partition_by: how to cut it.
    :param on_existing: what to do with a window that another run has committed: export it again, keep it if it has
        the same parameters, or fail.
    :param full_walk: read to the end of the stream, even if rows are documented to come in order.
    :param settle: the earliest time after its end that a window closes; never less than the catalogue's, which is the
        default.
    :param format: the format of the data files.
    :param empty_files: write a file without rows for a window that has none.
    :param run: who exports.
    :param policy: the limits that it keeps.
    """

    account: str
    resource: Resource
    endpoint: Endpoint
    query: Mapping[str, str | int]
    window: Window
    partition_by: PartitionBy
    on_existing: OnExisting = "replace"
    full_walk: bool = False
    settle: timedelta | None = None
    format: PartFormat = GZIPPED_JSON_LINES
    empty_files: bool = False
    run: Run
    policy: Policy = DEFAULT_POLICY

    def __post_init__(self) -> None:
        cut(Window(0, 1), self.partition_by)
        if self.settle is not None and (
            not isinstance(self.settle, timedelta) or self.settle < timedelta(seconds=self.resource.settle)
        ):
            raise ValueError(
                f"settle={self.settle!r} is not possible for resource {self.resource.name!r}; give a timedelta of at "
                f"least {self.resource.settle} s, which is when its rows are known to show, or leave it out"
            )
        if self.on_existing not in get_args(OnExisting):
            raise ValueError(
                f"on_existing={self.on_existing!r} is not possible; choose one of: replace, keep, fail"
            )

    @property
    def request(self) -> Request:
        """The request, as manifests record it."""
        return Request(
            self.endpoint.path, dict(self.query), None if self.settle is None else self.settle_seconds
        )

    @property
    def settle_seconds(self) -> int:
        """Seconds after which Zendesk shows everything that happened before a given time, as far as is known."""
        if self.settle is None:
            return self.resource.settle
        return math.ceil(self.settle.total_seconds())

    def fingerprint(self) -> dict[str, object]:
        """Return what decides, with the window, which rows are written and how."""
        return fingerprint(self.account, self.resource.name, self.request, self.format.suffix)

    @property
    def ordered(self) -> bool:
        """Whether the walk relies on the order of rows."""
        return self.resource.ordered and not self.full_walk


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was exported, over all windows of the run.

    :param start_time: ``2026-11-20T00:00:00Z``, as the window's end.
    :param bytes: compressed, as stored.
    :param requests: calls to Zendesk that this try made; 0 if everything was committed before.
    :param windows: how many there are.
    :param revision: of the window, if there is only one.
    :param prefix: how the names of its files in the resource's own dataset begin, relative to the root.
    :param listing: the manifests and files of the windows.
    :param changed: there are records, or records of an earlier revision are gone.
    """

    account: str
    resource: str
    start_time: str
    end_time: str
    records: int
    files: int
    bytes: int
    requests: int
    windows: int
    revision: int | None
    prefix: str | None
    listing: Listing
    changed: bool
