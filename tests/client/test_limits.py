# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from airflow_provider_zendesk.client.limits import Limit, limits_told, retry_after_seconds, shortest_wait

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
        pytest.param("9" * 5000, 600.0, id="5,000 digits"),
        pytest.param("Sat, " + "9" * 5000, 10.0, id="5,000 digits in a date"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 600.0, id="the last date"),
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


@pytest.mark.parametrize(
    ("refusals", "wait"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (8, 60.0), (100_000, 60.0)]
)
def test_how_long_refusals_in_a_row_are_waited_for_at_least(refusals, wait):
    assert shortest_wait(refusals) == wait


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        pytest.param({}, {}, id="nothing told"),
        pytest.param(
            {"zendesk-ratelimit-incremental-exports": "total=10; remaining=9; resets=2"},
            {"incremental-exports": Limit(9, 10, 2)},
            id="recorded 2026",
        ),
        pytest.param(
            {"zendesk-rate-limit-incremental-exports": "total=10; remaining=9; resets=2"},
            {"incremental-exports": Limit(9, 10, 2)},
            id="recorded 2023",
        ),
        pytest.param(
            {"Zendesk-RateLimit-incremental-exports-cursor": "total=20; remaining=0; resets=60"},
            {"incremental-exports-cursor": Limit(0, 20, 60)},
            id="documented",
        ),
        pytest.param(
            {"zendesk-ratelimit-x": "remaining = 3"}, {"x": Limit(3)}, id="no total and no reset, blanks"
        ),
        pytest.param({"zendesk-ratelimit-x": "total=10; resets=5"}, {}, id="nothing remaining told"),
        pytest.param({"zendesk-ratelimit-x": "soon"}, {}, id="nonsense"),
        pytest.param(
            {
                "X-Rate-Limit": "700",
                "X-Rate-Limit-Remaining": "699",
                "ratelimit-limit": "700",
                "ratelimit-remaining": "698",
                "ratelimit-reset": "41",
            },
            {"account": Limit(699, 700, 41)},
            id="the account's",
        ),
        pytest.param(
            {"rate-limit-limit": "700", "rate-limit-remaining": "5", "rate-limit-reset": "3"},
            {"account": Limit(5, 700, 3)},
            id="the account's, recorded 2023",
        ),
        pytest.param({"x-rate-limit-remaining": "5"}, {"account": Limit(5)}, id="the account's alone"),
        pytest.param({"x-rate-limit-remaining": "many"}, {}, id="no number"),
        pytest.param({"x-rate-limit-remaining": "9" * 5000}, {}, id="5,000 digits"),
        pytest.param(
            {"x-rate-limit-remaining": "5", "x-rate-limit": "9" * 5000, "ratelimit-reset": "9" * 5000},
            {"account": Limit(5)},
            id="5,000 digits beside it",
        ),
        pytest.param({"zendesk-ratelimit-x": f"remaining={'9' * 5000}"}, {}, id="5,000 digits, endpoint"),
        pytest.param(
            {"zendesk-ratelimit-x": f"remaining=-3; total={'9' * 5000}; resets=-{'9' * 5000}"},
            {"x": Limit(-3)},
            id="5,000 digits beside it, endpoint",
        ),
        pytest.param({"zendesk-ratelimit-" + "x" * 5000: "remaining=3"}, {}, id="a name of 5,000 characters"),
    ],
)
def test_limits_are_read_in_every_spelling(headers, limits):
    assert limits_told(headers) == limits


def test_a_number_that_is_no_limit_is_named_in_the_log(caplog):
    limits_told({"x-rate-limit-remaining": "9" * 5000})
    assert "ignoring a number of 5000 digits in the answer's header x-rate-limit-remaining" in caplog.text
    assert "99999" not in caplog.text
