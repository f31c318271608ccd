# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_zendesk.get_provider_info import get_provider_info
from airflow_provider_zendesk.operators import links
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator
from airflow_provider_zendesk.operators.links import ExportedFilesLink, ZendeskLink
from airflow_provider_zendesk.operators.snapshot_export import ZendeskSnapshotOperator


def link(kind: Any, result: Any, monkeypatch: pytest.MonkeyPatch, path: str = "s3://lake") -> str:
    monkeypatch.setattr(links.XCom, "get_value", lambda **_: result)
    return str(kind().get_link(SimpleNamespace(path=path), ti_key=None))


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (
            "s3://lake/zen desk",
            "https://s3.console.aws.amazon.com/s3/buckets/lake?prefix=zen%20desk/tickets/",
        ),
        ("s3://lake", "https://s3.console.aws.amazon.com/s3/buckets/lake?prefix=tickets/"),
        ("gs://lake/zendesk", "https://console.cloud.google.com/storage/browser/lake/zendesk/tickets"),
        ("file:///data/zendesk", ""),
        ("abfss://lake/zendesk", ""),
    ],
)
def test_the_files_open_in_the_stores_console(monkeypatch: pytest.MonkeyPatch, path: str, url: str) -> None:
    assert link(ExportedFilesLink, {"path": path, "resource": "tickets"}, monkeypatch) == url


@pytest.mark.parametrize(
    ("extra", "is_amazon"),
    [
        ("{}", True),
        ('{"endpoint_url": "http://minio"}', False),
        ('{"service_config": {"s3": {"endpoint_url": "http://minio"}}}', False),
    ],
)
def test_another_store_with_amazons_protocol_has_no_console(
    monkeypatch: pytest.MonkeyPatch, extra: str, is_amazon: bool
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", f'{{"conn_type": "aws", "extra": {extra}}}')
    found = link(
        ExportedFilesLink, {"path": "s3://lake", "resource": "tickets"}, monkeypatch, "s3://lake@lake"
    )
    assert bool(found) is is_amazon


@pytest.mark.parametrize(
    ("account", "url"),
    [("acme.zendesk.com", "https://acme.zendesk.com/agent"), ("127.0.0.1", ""), ("localhost", "")],
)
def test_the_account_opens(monkeypatch: pytest.MonkeyPatch, account: str, url: str) -> None:
    assert link(ZendeskLink, {"account": account}, monkeypatch) == url


@pytest.mark.parametrize("kind", [ExportedFilesLink, ZendeskLink])
def test_a_task_without_a_result_has_no_links(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    assert link(kind, None, monkeypatch) == ""


def test_the_operators_and_the_provider_name_them() -> None:
    for operator in (ZendeskIncrementalExportOperator, ZendeskSnapshotOperator):
        assert [type(one) for one in operator.operator_extra_links] == [ExportedFilesLink, ZendeskLink]
    assert get_provider_info()["extra-links"] == [
        f"{one.__module__}.{one.__qualname__}" for one in (ExportedFilesLink, ZendeskLink)
    ]
