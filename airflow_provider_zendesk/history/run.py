# SPDX-License-Identifier: Apache-2.0
"""Makes the field history and the comments of every window of ticket events for which they are missing or out of date."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from airflow_provider_zendesk.derived import TICKET_COMMENTS, TICKET_FIELD_HISTORY
from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ExportFileIsGoneError,
    ExportNotCommittedError,
)
from airflow_provider_zendesk.export.listing import Listing
from airflow_provider_zendesk.export.plan import check_overlap, tidy_parts
from airflow_provider_zendesk.history.derivation import Target, derive
from airflow_provider_zendesk.history.field_names import FieldNames, FieldNamesOfWindows
from airflow_provider_zendesk.lake.commit import finish_intent, tidy
from airflow_provider_zendesk.lake.committed import Latest, committed, committed_near, latest_manifests
from airflow_provider_zendesk.lake.formats.part import PartFormat
from airflow_provider_zendesk.lake.formats.registry import format_of
from airflow_provider_zendesk.lake.layout import WindowNames, partition_of, staging
from airflow_provider_zendesk.lake.manifest import Input, Run
from airflow_provider_zendesk.lake.marker import RootAccount
from airflow_provider_zendesk.lake.staging import list_staged
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.window import Window, gaps

if TYPE_CHECKING:
    from airflow_provider_zendesk.history.derivation import WindowHistory
    from airflow_provider_zendesk.lake.layout import ObjectName
    from airflow_provider_zendesk.lake.manifest import Manifest
    from airflow_provider_zendesk.lake.storage import Storage

log = logging.getLogger(__name__)

SOURCE = TICKET_FIELD_HISTORY.source
_NAMED = 3
DATASETS = (TICKET_FIELD_HISTORY.name, TICKET_COMMENTS.name)


class HistoryJob(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to make.

    :param period: the windows of ticket events that overlap it; None: all that are committed.
    :param format: of the data files; None: that of the ticket events.
    :param refresh_names: also make those windows again whose custom fields would have names from another snapshot now.
    :param run: who makes them.
    :param policy: the limits that it keeps.
    """

    period: Window | None
    format: PartFormat | None = None
    refresh_names: bool = False
    run: Run
    policy: Policy = DEFAULT_POLICY


class HistorySummary(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is committed for the windows of a job.

    :param start_time: of the first window, UTC epoch seconds.
    :param end_time: of the last window, UTC epoch seconds.
    :param windows: of ticket events.
    :param made: how many of them were made into new windows by this try.
    :param field_changes: rows of the field history.
    :param comments: rows of the comments.
    :param late: rows of both that are in the datasets for late rows.
    :param doubts: rows of both in doubt.
    :param bytes: compressed, as stored.
    :param listing: the manifests and files of both.
    """

    account: str
    start_time: int
    end_time: int
    windows: int
    made: int
    field_changes: int
    comments: int
    late: int
    doubts: int
    files: int
    bytes: int
    listing: Listing


class _Window(NamedTuple):
    """A window of ticket events, the names of what is made of it, and what is committed of that."""

    source: Latest
    names: dict[str, WindowNames]
    made: dict[str, Latest]


def make_history(storage: Storage, job: HistoryJob) -> HistorySummary:
    """
    Make what is missing or was made from an earlier revision of the ticket events.

    :raises ExportNotCommittedError: if no ticket events are committed in the period, or not in all of it.
    :raises ExportConflictError: if what is committed below the root conflicts with it.
    :raises StorageError: if storage fails, or a file is damaged.
    """
    field_names = FieldNamesOfWindows(storage)
    made: set[Window] = set()
    for _ in range(job.policy.rounds):
        windows = _look_up(storage, job.period)
        RootAccount(storage, windows[0].source.manifest.account).check()
        stale = [(window, datasets) for window in windows if (datasets := _stale(window, job, field_names))]
        _tidy_parts(storage, windows)
        for window, datasets in stale:
            made.add(window.source.window)
            for manifest in _make(storage, window, datasets, job, field_names):
                names = window.names[manifest.resource]
                name = names.manifest(manifest.revision)
                window.made[manifest.resource] = Latest(name, names.window, manifest, 1)
        if not any(_stale(window, job, field_names) for window, _ in stale):
            _tidy(storage, windows)
            return _summary(windows, len(made))
    raise ExportConflictError(
        f"other runs replaced windows of {SOURCE} or of their history {job.policy.rounds} times while this one worked; let one "
        "run at a time write them"
    )


def _look_up(storage: Storage, period: Window | None) -> list[_Window]:
    """Return the windows of ticket events, and what is committed of their history; intents are carried out first."""

    def found(resource: str) -> dict[str, ObjectName]:
        if period is None:
            return committed(storage, resource)
        near = committed_near(storage, resource, period)
        return {name: one for name, one in near.items() if one.window.overlaps(period)}

    sources = latest_manifests(storage, lambda: found(SOURCE))
    _check_whole(period, [source.window for source in sources])
    windows = [_Window(source, _names(source), {}) for source in sources]
    for dataset in DATASETS:
        own = {one.source.window: one for one in windows}
        for window, names in list_staged(storage, dataset).items():
            for one in names.values():
                if one.kind == "intent" and window in own:
                    finish_intent(storage, own[window].names[dataset], one.revision)

        def look(dataset: str = dataset, own: dict[Window, _Window] = own) -> dict[str, ObjectName]:
            revisions = found(dataset)
            check_overlap(dataset, sorted(revisions.values()), [one.names[dataset] for one in windows])
            return {name: one for name, one in revisions.items() if one.window in own}

        for latest in latest_manifests(storage, look):
            own[latest.window].made[dataset] = latest
    return windows


def _check_whole(period: Window | None, windows: list[Window]) -> None:
    missing = list(gaps(period, windows)) if period else []
    if missing or not windows:
        where = f"for {', '.join(map(str, missing[:_NAMED]))}" if period else "at any time"
        raise ExportNotCommittedError(
            f"no window of {SOURCE} is committed {where}, so there is nothing to make its history from; export it first, or "
            "give a period that is exported"
        )


def _names(source: Latest) -> dict[str, WindowNames]:
    """Return the names of the windows of the history, in the same partition folders as the source."""
    files = source.manifest.files
    kind = partition_of(source.window, files[0].dataset, files[0].path) if files else None
    return {dataset: WindowNames(dataset, source.window, kind) for dataset in DATASETS}


def _stale(window: _Window, job: HistoryJob, field_names: FieldNamesOfWindows) -> list[str]:
    """Return the datasets that are to be made for a window."""
    return [
        dataset
        for dataset in DATASETS
        if dataset not in window.made
        or not _is_current(window.made[dataset].manifest, window.source, job, field_names)
    ]


def _is_current(made: Manifest, source: Latest, job: HistoryJob, field_names: FieldNamesOfWindows) -> bool:
    part_format = job.format or format_of(source.manifest.format)
    if made.format != part_format.suffix or not made.inputs:
        return False
    if made.inputs[0] != Input(source.name, source.manifest.committed_at):
        return False
    if job.refresh_names and made.resource == TICKET_FIELD_HISTORY.name:
        used = made.inputs[1] if len(made.inputs) > 1 else None
        return used == field_names.of(source.window).source
    return True


def _make(
    storage: Storage, window: _Window, datasets: list[str], job: HistoryJob, field_names: FieldNamesOfWindows
) -> list[Manifest]:
    """Make datasets of a window, and return the manifests that are committed now."""
    source = window.source
    targets = []
    for dataset in datasets:
        old = window.made[dataset].manifest if dataset in window.made else None
        targets.append(Target(window.names[dataset], old.revision + 1 if old else 0, old))
    try:
        committed_now, found = derive(
            storage,
            source,
            targets,
            part_format=job.format or format_of(source.manifest.format),
            field_names=field_names.of(source.window)
            if TICKET_FIELD_HISTORY.name in datasets
            else FieldNames(),
            run=job.run,
            policy=job.policy,
        )
    except ExportFileIsGoneError as error:
        log.warning("%s; looking again", error)
        return []
    _log_window(window, committed_now, found)
    return committed_now


def _log_window(window: _Window, manifests: list[Manifest], found: WindowHistory) -> None:
    log.info(
        "%s: %d events gave %s",
        window.source.window,
        found.events,
        ", ".join(f"{one.counts.records} rows of {one.resource}" for one in manifests),
    )
    late = sum(one.counts.late for one in manifests)
    if late:
        log.warning(
            "%s: %d rows are from late events, and in datasets of their own", window.source.window, late
        )
    if found.left_out:
        log.info("%s: events of no use here, by type: %s", window.source.window, _counts(found.left_out))
    if found.doubts:
        log.warning(
            "%s: rows in doubt of what was before, by reason: %s", window.source.window, _counts(found.doubts)
        )
    if found.without_body:
        log.warning(
            "%s: %d comments have no content; export ticket_events with include=('comment_events',)",
            window.source.window,
            found.without_body,
        )
    if found.has_forgotten:
        log.info("%s: values were compared with the last ones that were remembered", window.source.window)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def _tidy_parts(storage: Storage, windows: list[_Window]) -> None:
    """Remove parts that no manifest lists: an attempt put them that was overtaken and then crashed."""
    for dataset in DATASETS:
        tidy_parts(
            storage,
            {one.names[dataset]: one.made[dataset].manifest for one in windows if dataset in one.made},
        )


def _tidy(storage: Storage, windows: list[_Window]) -> None:
    """Remove what attempts that were overtaken or crashed have left besides."""
    for dataset in DATASETS:
        staged = list_staged(storage, dataset)
        for one in windows:
            if one.made[dataset].revisions > 1 or one.source.window in staged:
                tidy(storage, one.names[dataset])
        storage.remove_if_empty(staging(dataset))


def _summary(windows: list[_Window], made: int) -> HistorySummary:
    manifests = [(one.names[name], one.made[name].manifest) for one in windows for name in DATASETS]
    listing = Listing()
    records: Counter[str] = Counter()
    doubts = late = 0
    for names, manifest in manifests:
        listing = listing.plus(names, manifest)
        records[manifest.resource] += manifest.counts.records
        late += manifest.counts.late
        doubts += sum(manifest.derivation.doubts.values()) if manifest.derivation else 0
    files = [file for _, manifest in manifests for file in manifest.files]
    return HistorySummary(
        account=windows[0].source.manifest.account,
        start_time=windows[0].source.window.start,
        end_time=windows[-1].source.window.end,
        windows=len(windows),
        made=made,
        field_changes=records[TICKET_FIELD_HISTORY.name],
        comments=records[TICKET_COMMENTS.name],
        late=late,
        doubts=doubts,
        files=len(files),
        bytes=sum(file.bytes for file in files),
        listing=listing.in_order(),
    )
