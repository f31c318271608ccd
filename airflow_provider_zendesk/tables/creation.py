# SPDX-License-Identifier: Apache-2.0
"""How an Iceberg table for a dataset is created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyiceberg.exceptions import TableAlreadyExistsError
from pyiceberg.transforms import DayTransform, HourTransform, MonthTransform

from airflow_provider_zendesk.lake.formats.parquet import arrow_schema
from airflow_provider_zendesk.lake.formats.record_columns import SORT_KEY
from airflow_provider_zendesk.tables.names import name_mapping, named_as_in_table

if TYPE_CHECKING:
    from airflow_provider_zendesk.window import PartitionBy

NAME_MAPPING = "schema.name-mapping.default"

_TRANSFORMS: dict[PartitionBy, Any] = {
    "hour": HourTransform(),
    "day": DayTransform(),
    "month": MonthTransform(),
}
_PROPERTIES = {
    # The files belong to the lake: engines must not delete them with snapshots, or with the table.
    "gc.enabled": "false",
    # Each run adds a manifest. Without these two, their number and that of old metadata files would grow for ever.
    "commit.manifest-merge.enabled": "true",
    "write.metadata.delete-after-commit.enabled": "true",
}


def create_table(catalog: Any, name: str, dataset: str, partition_by: PartitionBy) -> None:
    """
    Create a table with the columns of a dataset, and its namespace if that does not exist.

    :param catalog: pyiceberg's catalog.
    :param name: ``namespace.table``.
    :param partition_by: the unit of time by which the sort key is partitioned; None: not at all.
    :raises pyiceberg.exceptions.TableAlreadyExistsError: if another run was faster; or CommitFailedException.
    """
    namespace, _, _ = name.rpartition(".")
    if not catalog.namespace_exists(namespace):
        catalog.create_namespace_if_not_exists(namespace)
    schema = named_as_in_table(arrow_schema(dataset))
    transaction = catalog.create_table_transaction(name, schema=schema, properties=_PROPERTIES)
    if transaction.table_metadata.spec().fields:
        # SeaweedFS answers with the table that another run has created since this one looked.
        raise TableAlreadyExistsError(f"the table {name} exists already")
    if partition_by is not None:
        with transaction.update_spec() as update:
            update.add_field(SORT_KEY, _TRANSFORMS[partition_by], f"{SORT_KEY}_{partition_by}")
    transaction.set_properties({NAME_MAPPING: name_mapping(transaction.table_metadata)})
    transaction.commit_transaction()
