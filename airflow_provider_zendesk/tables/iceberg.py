# SPDX-License-Identifier: Apache-2.0
"""
Keeps an Apache Iceberg table equal to the manifests of a lake.

Nothing is remembered between runs: what to add and what to remove is the difference between what the manifests list and
what the table holds. So a run may be killed and repeated at any point. The table is loaded first, and the manifests are
read after that. A commit succeeds only on the snapshot that was loaded, so the manifests of each snapshot are at least as
new as those of the snapshot before, and no run can bring a replaced revision back. If the commit fails because another
run was faster, or if its outcome is unknown, everything starts again from there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationError,
)
from pyiceberg.expressions import AlwaysTrue, And, GreaterThanOrEqual, LessThan
from pyiceberg.io.pyarrow import parquet_files_to_data_files
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from airflow_provider_zendesk.exceptions import ExportConflictError, ExportFileIsGoneError
from airflow_provider_zendesk.lake.formats.record_columns import SORT_KEY
from airflow_provider_zendesk.lake.layout import parse_of
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.tables.creation import NAME_MAPPING, create_table
from airflow_provider_zendesk.tables.footers import read_footers
from airflow_provider_zendesk.tables.names import name_mapping, named_as_in_files, named_as_in_table
from airflow_provider_zendesk.tables.selection import name_in_root, select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.lake.manifest import File
    from airflow_provider_zendesk.lake.root import Root
    from airflow_provider_zendesk.tables.footers import Footers
    from airflow_provider_zendesk.tables.selection import Selection
    from airflow_provider_zendesk.window import PartitionBy, Window

_ATTEMPTS = 20
_LONGEST_PAUSE = 15.0
_AGAIN = (CommitFailedException, CommitStateUnknownException, TableAlreadyExistsError, ExportFileIsGoneError)
_DOES_NOT_FIT = (ValidationError, ValueError)
_MOST_LISTED = 100
_NO_RETRIES = {"commit.retry.num-retries": "0"}


class Registered(NamedTuple):
    """
    What a run has done.

    :param windows: the windows of the lake that it compared with the table.
    :param files: the files of these windows that the table holds now, ...
    :param records: ... and their rows.
    :param files_added: how many of these files are new.
    :param files_removed: how many other files of these windows the table held before.
    :param snapshot_id: the table's current snapshot; None if it has none.
    """

    windows: int
    files: int
    records: int
    files_added: int
    files_removed: int
    snapshot_id: int | None


class _Change(NamedTuple):
    """
    How a table differs from the manifests.

    :param add: files that it lacks, by URL.
    :param remove: pyiceberg's data files that it has too many.
    """

    add: dict[str, File]
    remove: list[Any]


class IcebergTable:
    """
    A table for one dataset of one lake. It is created if it does not exist.

    :param catalog: pyiceberg's catalog.
    :param name: of the table: ``namespace.table``.
    :param root: the lake.
    :param resource: the resource whose windows are meant.
    :param dataset: the resource itself, or its sideload or late rows.
    :param partition_by: how a new table is partitioned.
    :param properties: to be kept in the summary of the snapshot.
    :param attempts: how often a commit is tried.
    :param longest_pause: seconds between two attempts, at most.
    """

    def __init__(
        self,
        catalog: Any,
        name: str,
        root: Root,
        resource: str,
        dataset: str,
        *,
        partition_by: PartitionBy = "day",
        properties: Mapping[str, str] | None = None,
        attempts: int = _ATTEMPTS,
        longest_pause: float = _LONGEST_PAUSE,
    ) -> None:
        self._catalog = catalog
        self._name = name
        self._root = root
        self._resource = resource
        self._dataset = dataset
        self._partition_by = partition_by
        self._properties = dict(properties or {})
        self._attempts = attempts
        self._longest_pause = longest_pause

    def register(self, period: Window) -> Registered:
        """
        Make the table hold exactly the files of the committed windows that overlap a period, in at most one snapshot.

        :raises ExportNotCommittedError: if a part of the period is not committed.
        :raises ExportConflictError: if the table cannot take the files, or has files of others.
        :raises ExportStorageError: if a manifest or a file is damaged or missing.
        :raises pyiceberg.exceptions.CommitFailedException: if other runs were faster each time.
        """
        tries = Retrying(
            retry=retry_if_exception_type(_AGAIN),
            stop=stop_after_attempt(self._attempts),
            wait=wait_random_exponential(multiplier=0.2, max=self._longest_pause),
            reraise=True,
        )
        registered: Registered = tries(self._register, period)
        return registered

    def _register(self, period: Window) -> Registered:
        table = self._load()
        # After the table was loaded, see above.
        selection = self._select(period)
        if table is None:
            create_table(self._catalog, self._name, self._dataset, self._transform)
            table = self._load()
            selection = self._select(period)
        change = self._difference(table, selection)
        if change.add or change.remove:
            self._commit(table, selection, change)
        snapshot = table.current_snapshot()
        return Registered(
            windows=selection.windows,
            files=len(selection.files),
            records=sum(file.records for file in selection.files.values()),
            files_added=len(change.add),
            files_removed=len(change.remove),
            snapshot_id=None if snapshot is None else snapshot.snapshot_id,
        )

    def _load(self) -> Any:
        try:
            return self._catalog.load_table(self._name)
        except (NoSuchTableError, NoSuchNamespaceError):
            return None

    def _select(self, period: Window) -> Selection:
        return select(self._root, self._resource, self._dataset, period)

    @property
    def _transform(self) -> PartitionBy:
        # Sideloads have no sort key, and that of late rows is in other windows.
        return self._partition_by if self._dataset == self._resource else None

    def _difference(self, table: Any, selection: Selection) -> _Change:
        held = self._held(table, selection.span)
        add = {url: file for url, file in selection.files.items() if not _is_same(held.get(url), file)}
        # A window that was exported anew, after its lake was deleted, has other files under the same names.
        remove = [one for url, one in held.items() if url in add or url not in selection.files]
        return _Change(add, remove)

    def _held(self, table: Any, span: Window) -> dict[str, Any]:
        """
        Return the table's data files of the windows that overlap a span, by URL.

        :raises ExportConflictError: if there are files of others among them.
        """
        held = {}
        for task in table.scan(row_filter=self._filter(table, span)).plan_files():
            url = task.file.file_path
            name = name_in_root(self._root, url)
            one = None if name is None else parse_of(self._resource, name)
            if one is None or one.kind != "part" or one.dataset != self._dataset:
                raise ExportConflictError(
                    f"the table {self._name} has the data file '{quoted(url)}', which is no file of {self._dataset!r} below "
                    f"{self._root.uri}, so its rows could be there twice. A table is for one dataset of one root, and no "
                    "other engine may write to it or rewrite its files; give another table=, or drop this one (without "
                    "purging its files) and run again over the whole time"
                )
            if one.window.start < span.end and one.window.end > span.start:
                held[url] = task.file
        return held

    def _filter(self, table: Any, span: Window) -> Any:
        """Return what all rows of the windows in a span fulfil, so that the metadata of other windows is not read."""
        if self._dataset != self._resource or SORT_KEY not in table.schema().column_names:
            return AlwaysTrue()
        start, end = (datetime.fromtimestamp(bound, UTC).isoformat() for bound in (span.start, span.end))
        return And(GreaterThanOrEqual(SORT_KEY, start), LessThan(SORT_KEY, end))

    def _commit(self, table: Any, selection: Selection, change: _Change) -> None:
        footers = read_footers(self._root.storage, change.add)
        # By itself, pyiceberg would repeat an append on whatever another run has committed since, and so add files twice.
        properties = {**table.metadata.properties, **_NO_RETRIES}
        table.metadata = table.metadata.model_copy(update={"properties": properties})
        transaction = table.transaction()
        self._fit_schema(transaction, footers)
        data_files = self._data_files(transaction, footers, change)
        update = transaction.update_snapshot(snapshot_properties=self._summary(selection, change))
        with update.overwrite() if change.remove else update.merge_append() as snapshot:
            for data_file in change.remove:
                snapshot.delete_data_file(data_file)
            for data_file in data_files:
                snapshot.append_data_file(data_file)
        transaction.commit_transaction()

    def _fit_schema(self, transaction: Any, footers: Footers) -> None:
        """Add to the table the columns that only the files have, and a mapping, since their columns have names but no ids."""
        for schema in footers.schemas():
            try:
                with transaction.update_schema() as update:
                    update.union_by_name(named_as_in_table(schema))
            except _DOES_NOT_FIT as error:
                raise self._misfit(error) from error
        mapping = name_mapping(transaction.table_metadata)
        if transaction.table_metadata.properties.get(NAME_MAPPING) != mapping:
            transaction.set_properties({NAME_MAPPING: mapping})

    def _data_files(self, transaction: Any, footers: Footers, change: _Change) -> list[Any]:
        metadata = named_as_in_files(transaction.table_metadata)
        try:
            return list(parquet_files_to_data_files(footers, metadata, iter(change.add)))
        except _DOES_NOT_FIT as error:
            raise self._misfit(error) from error

    def _misfit(self, error: Exception) -> ExportConflictError:
        return ExportConflictError(
            f"the table {self._name} cannot take the files of {self._dataset!r} below {self._root.uri}: {quoted(error)}. A "
            "file must lie in one partition of the table, so give the export's partition_by= to the task that creates it; if "
            "the type of a column has changed, give another table="
        )

    def _summary(self, selection: Selection, change: _Change) -> dict[str, str]:
        """Return what the snapshot's summary says of this run; it is for people, since no run relies on it."""
        windows = sorted({selection.revisions[url] for url in change.add})
        more = [f"and {len(windows) - _MOST_LISTED} more"] if len(windows) > _MOST_LISTED else []
        said = {
            "root": self._root.uri,
            "resource": self._resource,
            "dataset": self._dataset,
            "windows": ",".join(windows[:_MOST_LISTED] + more),
            **self._properties,
        }
        return {f"zendesk.{key}": value for key, value in said.items()}


def _is_same(held: Any, file: File) -> bool:
    return held is not None and held.file_size_in_bytes == file.bytes and held.record_count == file.records
