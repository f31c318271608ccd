# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from airflow_provider_zendesk.stream.progress import ProgressMeter
from airflow_provider_zendesk.window import Window

START = 1795132800


def test_progress_rate_and_time_to_go_are_told() -> None:
    now = [0.0]
    pace = ProgressMeter(Window(START, START + 1000), lambda: now[0])
    now[0] = 60.0
    assert str(pace.after(1000, START + 100)) == ("to 2026-11-20T00:01:40Z, 900 s before the end")
    now[0] = 120.0
    report = pace.after(500, START + 325)
    assert (report.page_rows, report.rows) == (500, 1500)
    assert str(pace.after(500, START + 550)).endswith("450 s before the end, 2.0 min to go")


def test_a_page_without_rows_and_one_behind_the_end_are_told_too() -> None:
    now = [0.0]
    pace = ProgressMeter(Window(START, START + 10), lambda: now[0])
    now[0] = 30.0
    assert str(pace.after(0, None)) == "0 rows so far"
    assert "0 s before the end" in str(pace.after(5, START + 20))
