# SPDX-License-Identifier: Apache-2.0
"""Makes one window of the field history and of the comments from one window of ticket events."""

from __future__ import annotations

import time
from collections import Counter
from itertools import chain, groupby
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.derived import TICKET_COMMENTS, TICKET_FIELD_HISTORY
from airflow_provider_zendesk.export.dataset_writer import DatasetWriter
from airflow_provider_zendesk.history.changes import KINDS, FieldHistory
from airflow_provider_zendesk.history.comments import NO_BODY, comment_row, has_body, is_comment
from airflow_provider_zendesk.history.events import EventTexts, read_events
from airflow_provider_zendesk.lake.commit import Commit
from airflow_provider_zendesk.lake.layout import late_dataset
from airflow_provider_zendesk.lake.manifest import (
    Bounds,
    Counts,
    Derivation,
    Input,
    Manifest,
    Replaced,
    Request,
    SortKey,
    Stop,
)
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.surrogates import restore_lone_surrogates
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_zendesk.history.events import Event, ReadEvent
    from airflow_provider_zendesk.history.field_names import FieldNames
    from airflow_provider_zendesk.lake.committed import Latest
    from airflow_provider_zendesk.lake.formats.part import PartFormat
    from airflow_provider_zendesk.lake.layout import WindowNames
    from airflow_provider_zendesk.lake.manifest import Run
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.policy import Policy

NO_CHILD_EVENTS = "(no child events)"
ERASED = "(erased)"
NO_FIELD = "(no field)"
_BATCH = 500
_LONGEST_TYPE = 100
_MOST_TYPES = 100
_OTHER_TYPES = "(others)"


class Target(NamedTuple):
    """
    A window that is to be made.

    :param names: its names.
    :param revision: which revision it will be.
    :param replaces: the manifest of the revision before; None if there is none.
    """

    names: WindowNames
    revision: int
    replaces: Manifest | None


class HistoryRows(NamedTuple):
    """What one event gives."""

    changes: list[bytes]
    comments: list[bytes]


class WindowHistory:
    """
    Makes the rows of one window.

    :param field_names: titles of custom fields by their ids.
    :param is_ordered: the events are in order of time.
    """

    def __init__(self, field_names: Mapping[str, str], *, is_ordered: bool) -> None:
        self._is_ordered = is_ordered
        self._fields = FieldHistory(field_names)
        self.events = 0
        self.left_out: Counter[str] = Counter()
        self.without_body = 0

    @property
    def doubts(self) -> Counter[str]:
        """The rows of the field history in doubt, by reason."""
        return self._fields.doubts

    @property
    def has_forgotten(self) -> bool:
        return self._fields.has_forgotten

    def rows(self, event: Event, at: int, *, is_late: bool) -> HistoryRows:
        """
        Return the rows of an event.

        :param at: when it was, UTC epoch seconds.
        """
        self.events += 1
        texts, is_ordered = EventTexts.of(event, at), self._is_ordered and not is_late
        found = HistoryRows([], [])
        for child in event.child_events or ():
            kind = bytes(child.get("event_type", b"null"))
            if kind in KINDS:
                first = len(found.changes)
                rows = self._fields.rows(event, texts, child, kind, first, is_ordered=is_ordered)
                found.changes.extend(rows)
                if not rows:
                    self._leave_out(f"{_text(kind)} {NO_FIELD}")
            elif is_comment(kind):
                self.without_body += not has_body(child)
                found.comments.append(comment_row(texts, child, kind, len(found.comments)))
            else:
                self._leave_out(_text(kind))
        if not event.child_events:
            self._leave_out(ERASED if event.erased else NO_CHILD_EVENTS)
        return found

    def _leave_out(self, kind: str) -> None:
        if kind not in self.left_out and len(self.left_out) >= _MOST_TYPES:
            kind = _OTHER_TYPES
        self.left_out[kind] += 1

    def derivation(self, dataset: str) -> Derivation:
        """Return what a manifest says of the input."""
        if dataset == TICKET_COMMENTS.name:
            doubts = {NO_BODY: self.without_body} if self.without_body else {}
        else:
            doubts = dict(sorted(self.doubts.items()))
        return Derivation(self.events, dict(sorted(self.left_out.items())), doubts)


def _text(kind: bytes) -> str:
    """Return the type of an event as a manifest and a log may show it."""
    return quoted(kind.decode("utf-8", "replace").strip('"'), _LONGEST_TYPE)


class _Output:
    """Writes one of the two datasets."""

    def __init__(self, storage: Storage, target: Target, part_format: PartFormat, policy: Policy) -> None:
        self.target = target
        self.commit = Commit(storage, target.names, target.revision)
        name = target.names.resource
        self._writers = {
            False: DatasetWriter(name, self.commit, part_format, policy),
            True: DatasetWriter(late_dataset(name), self.commit, part_format, policy),
        }
        self._batch: list[bytes] = []
        self.records = self.late = 0
        self.min: int | None = None
        self.max: int | None = None

    def add(self, rows: list[bytes], at: int, *, is_late: bool) -> None:
        if not rows:
            return
        if is_late:
            self._writers[True].write(rows)
            self.late += len(rows)
            return
        self._batch += rows
        self.records += len(rows)
        self.min = at if self.min is None else min(self.min, at)
        self.max = at if self.max is None else max(self.max, at)
        if len(self._batch) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._writers[False].write(self._batch)
        self._batch = []

    def finish(self) -> None:
        self._flush()
        for writer in self._writers.values():
            writer.finish()


def derive(
    storage: Storage,
    source: Latest,
    targets: list[Target],
    *,
    part_format: PartFormat,
    field_names: FieldNames,
    run: Run,
    policy: Policy,
) -> tuple[list[Manifest], WindowHistory]:
    """
    Make windows from one window of ticket events, and commit them.

    :param source: the window of ticket events.
    :param targets: what to make: the window of the field history, that of the comments, or both.
    :return: for each target the manifest that is committed now, which another run may have made from another revision of the
        source, and what was found in the source.
    :raises ExportFileIsGoneError: if the source has been replaced in the meantime.
    :raises ExportStorageError: if a file of the source is damaged.
    """
    history = WindowHistory(field_names.titles, is_ordered=source.manifest.exclusions.order_trusted)
    outputs = {target.names.resource: _Output(storage, target, part_format, policy) for target in targets}
    for at, is_late, rows in _rows(storage, source.manifest, history):
        for name, found in zip((TICKET_FIELD_HISTORY.name, TICKET_COMMENTS.name), rows, strict=True):
            if name in outputs:
                outputs[name].add(found, at, is_late=is_late)
    committed = []
    for name, output in outputs.items():
        output.finish()
        inputs = [Input(source.name, source.manifest.committed_at)]
        if name == TICKET_FIELD_HISTORY.name and field_names.source is not None:
            inputs.append(field_names.source)
        manifest = _manifest(output, source.manifest, part_format, run)
        manifest = msgspec.structs.replace(
            manifest, inputs=tuple(inputs), derivation=history.derivation(name)
        )
        committed.append(output.commit.publish(manifest))
    return committed, history


def _rows(
    storage: Storage, manifest: Manifest, history: WindowHistory
) -> Iterator[tuple[int, bool, HistoryRows]]:
    """Yield when each event was, whether it is a late one, and its rows."""
    resource = manifest.resource
    events, late = (read_events(storage, manifest, name) for name in (resource, late_dataset(resource)))
    if manifest.exclusions.order_trusted:
        events = _in_order(events)
    for (event, originals), is_late in chain(((one, False) for one in events), ((one, True) for one in late)):
        at = event.at
        rows = history.rows(event, at, is_late=is_late)
        if originals:
            rows = HistoryRows(*([restore_lone_surrogates(row, originals) for row in kind] for kind in rows))
        yield at, is_late, rows


def _in_order(events: Iterator[ReadEvent]) -> Iterator[ReadEvent]:
    """Yield events that are in order of time; those of one second, which come in any order, in the order of their ids."""
    for _, of_second in groupby(events, key=lambda read: read[0].at):
        yield from sorted(of_second, key=lambda read: (isinstance(read[0].id, str), read[0].id))


def _manifest(output: _Output, source: Manifest, part_format: PartFormat, run: Run) -> Manifest:
    names, old = output.target.names, output.target.replaces
    return Manifest(
        revision=output.commit.revision,
        account=source.account,
        resource=names.resource,
        window=Bounds.of(names.window),
        request=Request("", {}),
        format=part_format.suffix,
        stop=Stop("end_of_input", source.stop.server_time, None, None),
        counts=Counts(0, 0, output.records, 0, 0, 0, late=output.late),
        sort_key=SortKey("at", output.min, output.max),
        files=tuple(sorted(output.commit.files, key=lambda file: file.path)),
        exclusions=source.exclusions,
        replaced=Replaced(old.revision, old.counts.records, old.committed_at) if old else None,
        run=run,
        provider_version=__version__,
        committed_at=iso(time.time()),
    )
