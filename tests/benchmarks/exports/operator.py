# SPDX-License-Identifier: Apache-2.0
"""The operator in a DAG that real Airflow runs in this process, with ``dag.test``."""

from __future__ import annotations

import json
import sys

from tests.benchmarks.dags.benchmark import METER, MeasuredExport, dag


def main(url: str, token: str, root: str, start: int, end: int) -> None:
    """Export once; the connection is in the environment."""
    run = dag.test(run_conf={"path": f"file://{root}", "start": start, "end": end})
    assert run.state == "success"
    METER.report(MeasuredExport.records)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
