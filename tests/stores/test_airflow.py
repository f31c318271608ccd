# SPDX-License-Identifier: Apache-2.0
"""The same through Airflow's own connections and providers, as an export opens its root."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.lake.storage import ObjectStorage
from airflow_provider_zendesk.runtime.root import open_root
from tests.stores.test_contract import check_the_calls

if TYPE_CHECKING:
    from tests.stores.server import Store

PROVIDERS = {
    "s3": "airflow.providers.amazon",
    "gs": "airflow.providers.google",
    "abfs": "airflow.providers.microsoft",
}


def test_what_was_put_through_a_connection_can_be_got_listed_and_deleted(
    remote: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not importlib.util.find_spec(PROVIDERS[remote.scheme]):
        pytest.skip(f"{PROVIDERS[remote.scheme]} is not installed; it brings more than 1 GB")
    connection = remote.name.replace("-", "_")
    monkeypatch.setenv(f"AIRFLOW_CONN_{connection.upper()}", json.dumps(remote.connection))
    root = open_root(f"{remote.scheme}://{connection}@{remote.root}")
    assert isinstance(root.storage, ObjectStorage)
    assert root.uri == f"{remote.scheme}://{remote.root}"
    check_the_calls(root.storage)
    assert remote.storage().find("tickets") == root.storage.find("tickets") != []
