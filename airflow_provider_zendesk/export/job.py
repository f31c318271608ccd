# SPDX-License-Identifier: Apache-2.0
"""What to export, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from airflow_provider_zendesk.export.manifest import Run
from airflow_provider_zendesk.resources import Endpoint, Resource
from airflow_provider_zendesk.window import PartitionBy, Window


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to export.

    :param account: the account's host.
    :param resource: the catalogue's entry.
    :param endpoint: the way to walk it.
    :param query: the parameters of every page, position aside.
    :param window: the run's window.
    :param partition_by: where to cut it.
    :param full_walk: walk to the end of the stream although the rows are said to come in order.
    :param run: who exports.
    """

    account: str
    resource: Resource
    endpoint: Endpoint
    query: Mapping[str, str | int]
    window: Window
    partition_by: PartitionBy
    full_walk: bool = False
    run: Run

    @property
    def ordered(self) -> bool:
        """True if the walk relies on the order of rows."""
        return self.resource.ordered and not self.full_walk


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """
    What came of it, over all windows of the run.

    :param start_time: ``2026-11-20T00:00:00Z``, as the window's end.
    :param bytes: as stored.
    :param requests: calls to Zendesk that this attempt made; 0 if all was committed before.
    :param windows: how many there are.
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
