# SPDX-License-Identifier: Apache-2.0
"""
Reconciliation: compares the committed windows with what Zendesk returns now, by reading the same windows again.

No settle time is known to be long enough, so this measures it: rows whose sort key is in a committed window, but which the
export does not have, were late. Nothing is written to the datasets.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from airflow_provider_zendesk.client.waiting import patiently, sleep_until
from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.export.rate_limit_hint import follow_hint, leave_hint
from airflow_provider_zendesk.export.worker import SleepingWorker
from airflow_provider_zendesk.lake.committed import committed_near, latest_manifests
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.formats.registry import as_read, format_of
from airflow_provider_zendesk.lake.layout import late_dataset, stem
from airflow_provider_zendesk.lake.manifest import dump
from airflow_provider_zendesk.lake.marker import read_marker
from airflow_provider_zendesk.lake.rows import read_parts
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.stream.page import RowDecoder, rows_between
from airflow_provider_zendesk.stream.stream import Stream
from airflow_provider_zendesk.verify.reconciliation import LateRow, Reconciliation
from airflow_provider_zendesk.window import Window, parse_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_zendesk.client.client import ZendeskClient
    from airflow_provider_zendesk.exceptions import NotBefore
    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.manifest import Manifest, Request, Run
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.resources import Endpoint, Resource
    from airflow_provider_zendesk.stream.page import Identity, Page, Row
    from airflow_provider_zendesk.window import PartitionBy

FOLDER = "_reconciliations"
_DIGEST = 8


def reconcile(
    client: ZendeskClient,
    storage: Storage,
    resource: str,
    scope: Window,
    *,
    full_walk: bool = False,
    wait: Callable[[NotBefore], None] = sleep_until,
) -> Reconciliation:
    """
    Return how the committed windows in a period of time differ from what Zendesk returns now.

    While a window is compared, its rows are in memory as 8-byte digests. If rows come in no particular order, this applies
    to the rows of all windows at once.

    :param scope: the period; every window that overlaps it is compared as a whole.
    :param full_walk: read to the end of the stream, even if rows are documented to come in order.
    :param wait: waits until a call may be sent.
    :raises ExportConflictError: if nothing is committed there, or it is from another account.
    :raises ZendeskError: if Zendesk or storage refuses, or retries do not help.
    """
    entry = get_resource(resource)
    read_marker(storage)
    found = _latest_manifests(storage, entry, scope, client.account.name)
    ordered = entry.ordered and not full_walk
    kept_apart = _late_identities(storage, entry, found)
    result = Reconciliation(
        account=client.account.name,
        resource=resource,
        start_time=found[0].window.window().start,
        end_time=found[-1].window.window().end,
        windows=len(found),
    )
    requests = client.requests
    for stretch in _stretches(found, ordered):
        windows = deque(_WindowComparison(storage, entry, manifest, kept_apart) for manifest in stretch)
        walk = _Walk(client, entry, windows, ordered=ordered, wait=wait)
        follow_hint(storage, client, walk.endpoint)
        walk.run(result)
        leave_hint(storage, client, walk.endpoint)
    result.requests = client.requests - requests
    return result


def repair(
    client: ZendeskClient,
    storage: Storage,
    result: Reconciliation,
    run: Run,
    *,
    partition_by: PartitionBy,
    full_walk: bool = False,
    wait: Callable[[NotBefore], None] = sleep_until,
) -> None:
    """
    Export the windows with late rows again, each as a new revision, with the same requests as before.

    :param result: what the reconciliation found; its counts of repaired windows and of calls are updated.
    :param run: the Airflow run, for the manifests.
    :param partition_by: the same as in the export that wrote the windows.
    :param full_walk: the same as in the reconciliation: rows that only a full walk finds need one to be exported.
    :raises ExportConflictError: if the export would cut the windows differently.
    """
    resource, requests = get_resource(result.resource), client.requests
    late = {row.window.window() for row in result.late}
    for manifest in _latest_manifests(
        storage, resource, Window(result.start_time, result.end_time), result.account
    ):
        window, request = manifest.window.window(), manifest.request
        if window not in late:
            continue
        job = Job(
            account=result.account,
            resource=resource,
            endpoint=_endpoint(resource, request),
            query=request.parameters,
            window=window,
            partition_by=partition_by,
            settle=None if request.settle is None else timedelta(seconds=request.settle),
            full_walk=full_walk,
            format=format_of(manifest.format),
            run=run,
        )
        Exporter(job, client, storage, SleepingWorker(wait)).run()
        result.repaired += 1
    result.requests += client.requests - requests


def put_report(storage: Storage, result: Reconciliation) -> str:
    """Write the report below the root, and return its name relative to the root."""
    now = datetime.fromtimestamp(time.time(), UTC)
    scope = stem(Window(result.start_time, result.end_time))
    name = f"{FOLDER}/{result.resource}/{scope}-{now:%Y%m%dT%H%M%SZ}.json"
    storage.with_scratch(f"{FOLDER}/{result.resource}/").put(name, dump(result.document()))
    return name


class _WindowComparison:
    """
    Compares one committed window with the rows of it that Zendesk returns now.

    :param kept_apart: rows that are in the dataset of late rows.
    """

    def __init__(
        self, storage: Storage, resource: Resource, manifest: Manifest, kept_apart: set[Identity]
    ) -> None:
        self.manifest = manifest
        self.window = manifest.window.window()
        self._storage = storage
        self._resource = resource
        self._decode = RowDecoder(resource)
        self._kept_apart = kept_apart
        self._lake: dict[Identity, bytes] | None = None
        self._compared: set[Identity] = set()

    def compare(self, rows: Iterable[Row], page: Page, result: Reconciliation) -> None:
        """Compare rows of this window with those in the export."""
        lake = self._rows_in_lake()
        for row in self._as_stored(rows):
            if row.identity in self._compared:
                continue
            self._compared.add(row.identity)
            digest = lake.pop(row.identity, None)
            result.rows += 1
            if digest is None:
                if row.identity in self._kept_apart:
                    result.kept_apart += 1
                else:
                    result.late.append(self._late(row, page))
            elif digest != _digest(bytes(row.raw)):
                result.changed += 1

    def _as_stored(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Return rows as the export would have them; a format with columns keeps their values, not their bytes."""
        part_format = format_of(self.manifest.format)
        if part_format.is_exact:
            return rows
        raws = [bytes(row.raw) for row in rows]
        return map(self._decode, as_read(part_format, self._resource.name, raws))

    def close(self, result: Reconciliation) -> None:
        """Count the rows that the export has but Zendesk did not return."""
        result.moved_on += len(self._rows_in_lake())

    def _late(self, row: Row, page: Page) -> LateRow:
        identity = row.id.decode("utf-8", "replace") if isinstance(row.id, bytes) else row.id
        return LateRow(
            id=identity,
            sort_key=row.sort_key,
            window=self.manifest.window,
            later_than=self._not_shown_after(row),
            seen_after=int(page.server_time) - row.sort_key,
            settle_enough=int(page.server_time) - self.window.end,
        )

    def _not_shown_after(self, row: Row) -> int:
        """Return how long after its sort key, in seconds, a late row is known not to have appeared yet."""
        # The export accepted a page only when its rows were older than the settle time, and read it after the window's first
        # page.
        settle = self.manifest.request.settle or self._resource.settle
        known = [settle if self._resource.late else 0]
        first = self.manifest.stop.first_server_time
        if first is not None:
            known.append(parse_iso(first) - row.sort_key)
        return max(known)

    def _rows_in_lake(self) -> dict[Identity, bytes]:
        if self._lake is None:
            self._lake = {
                self._decode(line).identity: _digest(line)
                for line in _lines(self._storage, self.manifest, self._resource.name)
            }
        return self._lake


class _Walk:
    """Reads the time of several committed windows from Zendesk once, in order of time."""

    def __init__(
        self,
        client: ZendeskClient,
        resource: Resource,
        windows: deque[_WindowComparison],
        *,
        ordered: bool,
        wait: Callable[[NotBefore], None],
    ) -> None:
        request = windows[0].manifest.request
        self.endpoint = endpoint = _endpoint(resource, request)
        start = windows[0].window.start
        self._stream = Stream(client, resource, endpoint, request.parameters, start, ordered=ordered)
        self._windows = windows
        self._ordered = ordered
        self._wait = wait

    def run(self, result: Reconciliation) -> None:
        stream, windows = self._stream, self._windows
        while windows and not stream.ended:
            page = patiently(stream.fetch, self._wait)
            taken = stream.advance(page)
            rows = sorted(taken.rows + taken.backward, key=lambda row: row.sort_key)
            for window in windows:
                if not rows or rows[-1].sort_key < window.window.start:
                    break
                window.compare(rows_between(rows, window.window), page, result)
            while windows and stream.order_trusted and page.passes(windows[0].window.end):
                windows.popleft().close(result)
            if windows and stream.stands:
                patiently(stream.look_after, self._wait)
        if self._ordered and not stream.order_trusted:
            result.order_trusted = False
        for window in windows:
            window.close(result)


def _latest_manifests(storage: Storage, resource: Resource, scope: Window, account: str) -> list[Manifest]:
    """
    Return the manifests of the committed windows that overlap a period, in order of time.

    :raises ExportConflictError: if there are none, or one is from another account.
    """

    def look() -> dict[str, ObjectName]:
        near = committed_near(storage, resource.name, scope)
        return {name: one for name, one in near.items() if one.window.overlaps(scope)}

    found = [one.manifest for one in latest_manifests(storage, look)]
    if not found:
        raise ExportConflictError(
            f"no window of {resource.name} in {scope} is committed here, so there is nothing to reconcile; export first"
        )
    for manifest in found:
        if manifest.account != account:
            raise ExportConflictError(
                f"the root is for the account {manifest.account!r}, but this connection is for {account!r}; use that account's "
                "connection or another root"
            )
    return found


def _stretches(found: list[Manifest], ordered: bool) -> Iterator[list[Manifest]]:
    """Yield groups of windows to compare in one walk: with the same request and, if rows are in order, without gaps."""
    for _, group in groupby(found, key=lambda manifest: manifest.request):
        stretch: list[Manifest] = []
        for manifest in group:
            if ordered and stretch and stretch[-1].window.end != manifest.window.start:
                yield stretch
                stretch = []
            stretch.append(manifest)
        yield stretch


def _endpoint(resource: Resource, request: Request) -> Endpoint:
    """
    Return the endpoint that an export used.

    :raises ExportConflictError: if the catalogue no longer has it.
    """
    for endpoint in resource.endpoints:
        # Two endpoints may have the same path and differ only in the parameter for the page size.
        if endpoint.path == request.endpoint and (
            endpoint.max_per_page is None or endpoint.page_size in request.parameters
        ):
            return endpoint
    raise ExportConflictError(
        f"the windows were exported from {request.endpoint}, which is no longer an endpoint of {resource.name}"
    )


def _late_identities(storage: Storage, resource: Resource, found: Iterable[Manifest]) -> set[Identity]:
    """Return the identities of the rows in the dataset of late rows."""
    decode = RowDecoder(resource)
    return {
        decode(line).identity
        for manifest in found
        for line in _lines(storage, manifest, late_dataset(resource.name))
    }


def _lines(storage: Storage, manifest: Manifest, dataset: str) -> Iterator[bytes]:
    """
    Yield the lines of a window's dataset.

    :raises ExportStorageError: if a file no longer exists or is damaged.
    """
    for rows in read_parts(storage, manifest, dataset):
        yield from lines(rows)


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=_DIGEST).digest()
