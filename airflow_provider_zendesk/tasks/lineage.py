# SPDX-License-Identifier: Apache-2.0
"""Where the data of a task comes from and where it goes, for OpenLineage and for Airflow's own lineage of hooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector
from airflow.providers.common.compat.openlineage.facet import (
    InputDataset,
    OutputDataset,
    OutputStatisticsOutputDatasetFacet,
    SchemaDatasetFacet,
    SchemaDatasetFacetFields,
)

from airflow_provider_zendesk.columns import contract_of
from airflow_provider_zendesk.hooks.credentials import account_of
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook
from airflow_provider_zendesk.urls import without_connection


def lineage(task: Any, result: dict[str, Any] | None) -> Any:
    """
    Return what OpenLineage is to know of a task.

    :param task: the operator, with ``resource``, ``path`` and ``zendesk_conn_id``.
    :param result: its summary; None before its end, and if it has failed.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage

    account = account_of(ZendeskHook.get_connection(task.zendesk_conn_id)).name
    namespace, name = _dataset(f"{without_connection(str(task.path)).rstrip('/')}/{task.resource}")
    facets = {} if result is None else {"schema": _schema(str(task.resource))}
    statistics = {} if result is None else {"outputStatistics": _statistics(result)}
    return OperatorLineage(
        inputs=[InputDataset(namespace=f"zendesk://{account}", name=str(task.resource))],
        outputs=[OutputDataset(namespace=namespace, name=name, facets=facets, outputFacets=statistics)],
    )


def note_hook_lineage(task: Any, account: str, resource: str, url: str) -> None:
    """
    Tell Airflow's collector what was read and written.

    :param account: the account's host.
    :param url: of the dataset, without a connection.
    """
    collector: Any = get_hook_lineage_collector()  # type: ignore[no-untyped-call]
    collector.add_input_asset(context=task, uri=f"zendesk://{account}/{resource}")
    collector.add_output_asset(context=task, uri=url)


def _dataset(url: str) -> tuple[str, str]:
    """Return the namespace and the name of a dataset, as OpenLineage names those in object stores and on disks."""
    parts = urlsplit(url)
    if not parts.netloc:
        return "file", parts.path
    return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/")


def _schema(resource: str) -> Any:
    columns = contract_of(resource).columns
    return SchemaDatasetFacet(
        fields=[SchemaDatasetFacetFields(name=column.name, type=column.type) for column in columns]
    )


def _statistics(result: dict[str, Any]) -> Any:
    return OutputStatisticsOutputDatasetFacet(
        rowCount=result["records"], size=result["bytes"], fileCount=result["files"]
    )
