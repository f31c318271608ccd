# SPDX-License-Identifier: Apache-2.0
"""The package's ``Exporter``, without Airflow, to local files or to a store."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job
from airflow_provider_zendesk.lake.formats.registry import FORMATS, GZIPPED_JSON_LINES
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.lake.storage import LocalStorage
from airflow_provider_zendesk.resources import TICKETS
from airflow_provider_zendesk.window import Window
from tests.benchmarks.meter import Meter
from tests.operations import CountingStorage
from tests.stores.server import Store

if TYPE_CHECKING:
    from airflow_provider_zendesk.export.job import OnExisting
    from airflow_provider_zendesk.window import PartitionBy


def main(
    url: str,
    token: str,
    root: str,
    start: int,
    end: int,
    partition_by: PartitionBy = "day",
    on_existing: OnExisting = "replace",
    run: str = "run",
    store: str | None = None,
    delay: float = 0.0,
    suffix: str = GZIPPED_JSON_LINES.suffix,
) -> None:
    """
    Export once.

    :param root: the local folder to write to, or the folder in the store.
    :param store: see :meth:`tests.stores.server.Store.dump`; None for local files.
    :param delay: seconds that each storage operation takes longer.
    :param suffix: of the file format.
    """
    place = LocalStorage(root) if store is None else Store.load(store).at(root).storage()
    storage = CountingStorage(place, delay)
    account, endpoint = Account.at(url), TICKETS.endpoint()
    job = Job(
        account=account.name,
        resource=TICKETS,
        endpoint=endpoint,
        query=TICKETS.query(endpoint),
        window=Window(start, end),
        partition_by=partition_by,
        on_existing=on_existing,
        format=FORMATS[suffix],
        run=Run("dag", run, "task", -1, 0),
    )
    with ZendeskClient(account).authenticate(BearerAuth(account, token)) as client, Meter() as meter:
        summary = Exporter(job, client, storage).run()
    meter.report(summary.records, dict(storage.operations))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
