# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from airflow_provider_zendesk.client.limits import retry_after_seconds

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def http_date(after: float) -> str:
    return format_datetime(NOW + timedelta(seconds=after), usegmt=True)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        pytest.param("0", 0.0, id="now"),
        pytest.param("1", 1.0, id="seconds"),
        pytest.param("93", 93.0, id="the longest on record"),
        pytest.param("7.25", 7.25, id="broken seconds"),
        pytest.param(" 7 ", 7.0, id="blanks"),
        pytest.param(http_date(30), 30.0, id="date"),
        pytest.param(http_date(0), 0.0, id="date now"),
        pytest.param(http_date(-30), 0.0, id="past date"),
        pytest.param(http_date(86400), 600.0, id="date far ahead"),
        pytest.param("-5", 0.0, id="negative"),
        pytest.param("601", 600.0, id="above the cap"),
        pytest.param("1e99", 600.0, id="absurd"),
        pytest.param("inf", 600.0, id="inf"),
        pytest.param("-inf", 0.0, id="minus inf"),
        pytest.param("nan", 10.0, id="nan"),
        pytest.param(None, 10.0, id="missing"),
        pytest.param("", 10.0, id="empty"),
        pytest.param("soon", 10.0, id="nonsense"),
        pytest.param("5, 10", 10.0, id="twice"),
        pytest.param("Sat, 32 Nov 2026 12:00:30 GMT", 10.0, id="no such date"),
        pytest.param("Sat, 21 Nov 99999999999 12:00:30 GMT", 10.0, id="no such year"),
    ],
)
def test_how_long_a_header_asks_to_wait(header, wait):
    assert retry_after_seconds(header, NOW.timestamp()) == wait
