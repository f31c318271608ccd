# SPDX-License-Identifier: Apache-2.0
"""The field history and the comments of what lies in a local root."""

from __future__ import annotations

import json
import sys

from airflow_provider_zendesk.history.run import HistoryJob, make_history
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.lake.storage import LocalStorage
from tests.benchmarks.meter import Meter


def main(root: str, suffix: str) -> None:
    """
    Make them once.

    :param root: the local folder.
    :param suffix: of the file format.
    """
    job = HistoryJob(period=None, format=FORMATS[suffix], run=Run("dag", "run", "task", -1, 0))
    with Meter() as meter:
        summary = make_history(LocalStorage(root), job)
    meter.report(summary.field_changes + summary.comments)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
