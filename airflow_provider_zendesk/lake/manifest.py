# SPDX-License-Identifier: Apache-2.0
"""
The documents stored with the rows: the intent, which records a decision to commit, and the manifest, which commits.

A manifest lists every file of a window with its checksum. It says why the window is complete and what the request
could have left out. Times look like ``2026-11-20T00:00:00Z``.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.window import Window, iso, parse_iso

FORMAT_VERSION = 1

T = TypeVar("T")

StopReason = Literal[
    "passed_end", "end_of_stream", "no_later_rows", "end_of_list", "forbidden", "end_of_input"
]


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of a window as text."""

    start: str
    end: str

    @classmethod
    def of(cls, window: Window) -> Bounds:
        return cls(iso(window.start), iso(window.end))

    def window(self) -> Window:
        return Window(parse_iso(self.start), parse_iso(self.end))


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What was requested.

    :param endpoint: the path of the endpoint.
    :param parameters: the parameters of every page, without the position.
    :param settle: the settle time in seconds that the operator's ``settle`` set; None for the catalogue's.
    """

    endpoint: str
    parameters: dict[str, str | int]
    settle: int | None = None


class Stop(msgspec.Struct, frozen=True):
    """
    Why the window is complete.

    :param reason: ``passed_end``: a row at or after the window's end was read. ``end_of_stream``: the server said that the
        stream had ended. ``no_later_rows``: the server never says so for this export, and a request for rows after the
        last row's second returned none. ``end_of_list``: the server said that the list had ended. ``forbidden``: the
        server refused the list, see ``snapshot``. ``end_of_input``: the window that this one is derived from was read to its
        end.
    :param server_time: Zendesk's clock on the answer that proved it; of a derived window that of its input.
    :param first_cursor: the position of the window's first page: a cursor, or the start time of a time-based export; None
        if a cursor export began at its ``start_time``.
    :param last_cursor: the position after the window's last page.
    :param closing_cursor: the position of the page that proved it; a retry requests that page again.
    :param first_server_time: Zendesk's clock on the window's first page; rows missing from the window were not visible
        at that time.
    """

    reason: StopReason
    server_time: str
    first_cursor: str | None
    last_cursor: str | None
    closing_cursor: str | None = None
    first_server_time: str | None = None


class Counts(msgspec.Struct, frozen=True):
    """
    The counts of a window.

    :param pages: pages read for it.
    :param requests: calls made for these pages, retries included.
    :param records: rows written.
    :param deleted: how many of the rows written are deleted records.
    :param duplicates_dropped: rows dropped because they had been read before.
    :param compacted: rows from which raw newlines were removed.
    :param out_of_order: how many of the rows written came after later rows.
    :param late: rows older than the window, written to the dataset ``<resource>__late``.
    :param outside: rows that belong to no window of the run, if the run read the whole stream; one manifest has the number
        for the whole run.
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
    """The name of the sort key and its smallest and largest value in the window; None if there are no rows."""

    name: str
    min: int | None
    max: int | None


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A part.

    :param dataset: the dataset's folder.
    :param path: the path relative to the root.
    :param records: the number of rows.
    :param bytes: the stored size.
    :param uncompressed_bytes: the size of the rows as JSON Lines, before compression.
    :param sha256: the checksum of the stored bytes.
    :param drift: of a format with columns: the fields that are kept in ``_extra``, why, and in how many rows.
    """

    dataset: str
    path: str
    records: int
    bytes: int
    uncompressed_bytes: int
    sha256: str
    drift: dict[str, dict[str, int]] = {}


class Exclusions(msgspec.Struct, frozen=True):
    """
    What the request could have left out.

    :param support_type_scope: which tickets were requested; None if the resource does not have this parameter.
    :param exclude_deleted: the request excluded deleted records.
    :param sideloads_not_requested: sideloads that ``include`` offers but that were not requested.
    :param order_trusted: the rows came in order, so the walk stopped at the window's end.
    """

    support_type_scope: str | None
    exclude_deleted: bool
    sideloads_not_requested: tuple[str, ...]
    order_trusted: bool


class Replaced(msgspec.Struct, frozen=True):
    """The revision that this one replaced."""

    revision: int
    records: int
    committed_at: str


class ListSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The state of a list that was taken whole.

    :param as_of: when the list was as it is stored, by Zendesk's clock; when it was forbidden, by this machine's.
    :param changed_while_read: the list changed on each of the times that it was read, so it may never have been exactly as
        it is stored.
    :param forbidden: what Zendesk said if the account's plan or the user's role does not allow this list, which is then
        unknown, not empty.
    """

    as_of: str
    changed_while_read: bool = False
    forbidden: str | None = None


class Input(msgspec.Struct, frozen=True):
    """
    A window that another one is derived from.

    :param manifest: the name of its manifest, which has its revision.
    :param committed_at: when it was committed.
    """

    manifest: str
    committed_at: str


class Derivation(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What was found in the input of a derived window.

    :param events: the rows that were read.
    :param left_out: events that are of no use for this dataset, by their type.
    :param doubts: rows of which the input does not say for certain what was before, by reason.
    """

    events: int
    left_out: dict[str, int] = {}
    doubts: dict[str, int] = {}


class Erasure(msgspec.Struct, frozen=True):
    """
    Rows that were erased from a window after it was exported.

    :param resource: the kind of the records whose rows were erased.
    :param records: how many records had rows here.
    :param rows: how many rows were erased, in all datasets of the window.
    :param erased_at: when.
    :param run: who.
    """

    resource: str
    records: int
    rows: int
    erased_at: str
    run: Run


class Run(msgspec.Struct, frozen=True):
    """
    The run that exported: the same for all attempts of a task instance, but different after Clear, which raises
    ``max_tries``.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    max_tries: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """
    One committed revision of a window.

    :param revision: 0 for the first one, one more for each that replaced it.
    :param account: the account's host.
    :param format: the format of the files: their suffix.
    :param sort_key: None for a list that was taken whole.
    :param snapshot: of such a list; no other manifest has it.
    :param inputs: of a derived window; no other manifest has it.
    :param derivation: likewise.
    :param erasures: of a window from which rows were erased, oldest first; no other manifest has it.
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
    sort_key: SortKey | None
    files: tuple[File, ...]
    exclusions: Exclusions
    replaced: Replaced | None
    run: Run
    provider_version: str
    committed_at: str
    snapshot: ListSnapshot | UnsetType = UNSET
    inputs: tuple[Input, ...] | UnsetType = UNSET
    derivation: Derivation | UnsetType = UNSET
    erasures: tuple[Erasure, ...] | UnsetType = UNSET

    @property
    def forbidden(self) -> str | None:
        """What Zendesk said when it refused the list, which is unknown then; None for any other window."""
        return self.snapshot.forbidden if self.snapshot else None

    def same_result_as(self, other: Manifest) -> bool:
        """Return True if both manifests are of the same export of the same window by the same run."""
        mine, others = (
            (self.window, self.run, self.fingerprint()),
            (other.window, other.run, other.fingerprint()),
        )
        return mine == others

    def fingerprint(self) -> dict[str, object]:
        """Return everything that, together with the window, decides which rows are written and how."""
        return fingerprint(self.account, self.resource, self.request, self.format)


def fingerprint(account: str, resource: str, request: Request, file_format: str) -> dict[str, object]:
    """Return what two exports of a window must have in common to have the same rows; this excludes the page size."""
    parameters = {name: value for name, value in request.parameters.items() if name != "per_page"}
    if "page[size]" in parameters:
        # The number does not matter, but its presence distinguishes an endpoint's cursor form from its time-based form.
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
    A part in staging.

    :param staged: its name in staging.
    :param final: its name once it is committed.
    :param sha256: the checksum of its bytes.
    """

    staged: str
    final: str
    sha256: str


class Intent(msgspec.Struct, frozen=True):
    """
    A decision to commit, which any process can carry out.

    :param attempt: the attempt that made it.
    :param parts: the staged parts and their final names.
    :param manifest: the manifest to commit.
    """

    attempt: str
    parts: tuple[StagedPart, ...]
    manifest: Manifest

    @property
    def changes_files(self) -> bool:
        """Whether carrying it out puts or removes data files; if not, the manifest alone commits, and no intent is put."""
        return bool(self.parts) or self.manifest.revision > 0


def dump(document: msgspec.Struct | dict[str, object]) -> bytes:
    """Return the document as JSON, indented so that people can read it."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def load(data: bytes, kind: type[T], name: str) -> T:
    """
    Read a document back.

    :param name: its name in storage, for the error.
    :raises ExportStorageError: if :func:`dump` cannot have written it.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise ExportStorageError(
            f"{name} is not a valid {kind.__name__.lower()} of this package: {error}"
        ) from None
