# SPDX-License-Identifier: Apache-2.0
"""
What is written beside the rows: the manifest, which is the proof, and the intent, which leads to it.

A manifest lists every file of a window with its checksum, says how the window was closed and what the request
could have left out. Times are ``2026-11-20T00:00:00Z``.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.window import Window, iso, parse_iso

FORMAT_VERSION = 1

T = TypeVar("T")

StopReason = Literal["passed_end", "end_of_stream", "no_later_rows"]


class Bounds(msgspec.Struct, frozen=True):
    """A window in text."""

    start: str
    end: str

    @classmethod
    def of(cls, window: Window) -> Bounds:
        return cls(iso(window.start), iso(window.end))

    def window(self) -> Window:
        return Window(parse_iso(self.start), parse_iso(self.end))


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What was asked for.

    :param endpoint: its path.
    :param parameters: as sent on every page, position aside.
    :param settle: seconds that the operator's ``settle`` asked to wait after the window's end; None: the catalogue's.
    """

    endpoint: str
    parameters: dict[str, str | int]
    settle: int | None = None


class Stop(msgspec.Struct, frozen=True):
    """
    Why the window is whole.

    :param reason: ``passed_end``: a row at or after its end was seen. ``end_of_stream``: the server said that the stream
        had ended. ``no_later_rows``: it never says so of this export, and a look after the last row's second showed nothing.
    :param server_time: Zendesk's clock on the answer that proved it.
    :param first_cursor: the position that asked for the window's first page: a cursor, or the start time of a
        time-based export; None: a cursor export's ``start_time``.
    :param last_cursor: the position behind its last page.
    :param closing_cursor: the position that asked for the page that proved it: a retry goes on with that page again.
    :param first_server_time: Zendesk's clock on the window's first page: a row that the window lacks had not shown by then.
    """

    reason: StopReason
    server_time: str
    first_cursor: str | None
    last_cursor: str | None
    closing_cursor: str | None = None
    first_server_time: str | None = None


class Counts(msgspec.Struct, frozen=True):
    """
    Numbers of a window.

    :param pages: answers read for it.
    :param requests: calls they took, tries included.
    :param records: rows written.
    :param deleted: of these, rows of deleted records.
    :param duplicates_dropped: rows that came twice.
    :param compacted: rows from which raw newlines were taken.
    :param out_of_order: of the rows written, those that came after later ones.
    :param late: rows older than the window, written to the dataset ``<resource>__late``.
    :param outside: rows of a whole walk that belong to no window of the run; those of the whole run, in one manifest.
    """

    pages: int
    requests: int
    records: int
    deleted: int
    duplicates_dropped: int
    compacted: int
    out_of_order: int = 0
    late: int = 0
    outside: int = 0


class SortKey(msgspec.Struct, frozen=True):
    """The key of the window and the smallest and largest one seen; None if there is no row."""

    name: str
    min: int | None
    max: int | None


class File(msgspec.Struct, frozen=True):
    """
    A part.

    :param dataset: the folder of like rows.
    :param path: relative to the root.
    :param records: lines.
    :param bytes: as stored.
    :param uncompressed_bytes: of the rows.
    :param sha256: of the stored bytes.
    """

    dataset: str
    path: str
    records: int
    bytes: int
    uncompressed_bytes: int
    sha256: str


class Exclusions(msgspec.Struct, frozen=True):
    """
    What the request could have left out.

    :param support_type_scope: whose tickets were asked for; None where the resource has no such thing.
    :param exclude_deleted: deleted records were left out on request.
    :param sideloads_not_requested: what ``include`` would have offered.
    :param order_trusted: the walk stopped at the window's end, since rows come in order.
    """

    support_type_scope: str | None
    exclude_deleted: bool
    sideloads_not_requested: tuple[str, ...]
    order_trusted: bool


class Replaced(msgspec.Struct, frozen=True):
    """The revision that this one took the place of."""

    revision: int
    records: int
    committed_at: str


class Run(msgspec.Struct, frozen=True):
    """
    Who exported: equal for all tries of a task instance, and changed by Clear (which raises ``max_tries``).
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    max_tries: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """
    One committed revision of a window.

    :param revision: 0 for the first, one more for each that replaced it.
    :param account: the account's host.
    :param format: of the files: their suffix.
    """

    format_version: int = FORMAT_VERSION
    revision: int
    account: str
    resource: str
    window: Bounds
    request: Request
    format: str
    stop: Stop
    counts: Counts
    sort_key: SortKey
    files: tuple[File, ...]
    exclusions: Exclusions
    replaced: Replaced | None
    run: Run
    provider_version: str
    committed_at: str

    def same_result_as(self, other: Manifest) -> bool:
        """True if both are of the same export of the same window by the same run."""
        mine, others = (
            (self.window, self.run, self.fingerprint()),
            (other.window, other.run, other.fingerprint()),
        )
        return mine == others

    def fingerprint(self) -> dict[str, object]:
        """Return all that decides, with the window, which rows are written and how."""
        return fingerprint(self.account, self.resource, self.request, self.format)


def fingerprint(account: str, resource: str, request: Request, file_format: str) -> dict[str, object]:
    """Return what two exports of a window must have in common to have the same rows; the page size is not of it."""
    parameters = {name: value for name, value in request.parameters.items() if name != "per_page"}
    if "page[size]" in parameters:
        # Any will do, but it tells the cursor form of an endpoint from its time form.
        parameters["page[size]"] = "any"
    settle = {} if request.settle is None else {"settle": request.settle}
    return {
        "account": account,
        "resource": resource,
        "endpoint": request.endpoint,
        "format": file_format,
        **settle,
        **parameters,
    }


class StagedPart(msgspec.Struct, frozen=True):
    """
    A part on its way.

    :param staged: where it lies.
    :param final: where it goes.
    :param sha256: of its bytes.
    """

    staged: str
    final: str
    sha256: str


class Intent(msgspec.Struct, frozen=True):
    """
    A decision to commit, that any process can carry out.

    :param attempt: whose.
    :param parts: what goes where.
    :param manifest: the manifest to be.
    """

    attempt: str
    parts: tuple[StagedPart, ...]
    manifest: Manifest


def dump(document: msgspec.Struct | dict[str, object]) -> bytes:
    """Return the document as indented JSON: people read these."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def load(data: bytes, kind: type[T], name: str) -> T:
    """
    Read a document back.

    :param name: where it lay, for the error.
    :raises ExportStorageError: if it is not what :func:`dump` writes.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise ExportStorageError(
            f"{name} is not a {kind.__name__.lower()} of this package: {error}"
        ) from None
