# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

NOW = 1795262400  # a whole minute
TICKETS = "/api/v2/incremental/tickets/cursor?start_time=0"
ME = "/api/v2/users/me"
USERS = "/api/v2/incremental/users"


@pytest.fixture
def limited():
    with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=3, requests_per_minute=5) as zendesk:
        yield zendesk


@pytest.fixture
def ask(limited):
    def ask(path=TICKETS):
        headers = {"Authorization": f"Bearer {limited.oauth_token}"}
        return requests.get(limited.url + path, headers=headers, timeout=10)

    return ask


def test_exports_over_the_limit_are_refused_in_json(limited, ask):
    """APIRateLimitExceeded with Retry-After (recorded by several clients, 2019 to 2023)."""
    limited.clock.advance(18)
    assert [ask().status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = ask()
    assert refused.headers["Retry-After"] == "42"
    assert refused.headers["Content-Type"] == "application/json; charset=utf-8"
    assert refused.json() == {
        "error": "APIRateLimitExceeded",
        "description": "Number of allowed incremental export API requests per minute exceeded",
    }


def test_the_account_over_its_limit_is_refused_in_plain_text(ask):
    """That text broke a JSON parser once (Airbyte issue 11035)."""
    assert [ask(ME).status_code for _ in range(6)] == [200] * 5 + [429]
    refused = ask(ME)
    assert refused.text == "Number of allowed API requests per minute exceeded"
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert int(refused.headers["Retry-After"]) == 60


def test_the_next_minute_of_the_emulators_clock_has_new_calls(limited, ask):
    for _ in range(4):
        ask()
    limited.clock.advance(60)
    assert ask().status_code == 200


def test_headers_tell_what_is_left(limited, ask):
    """Spelling of 2026: zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2."""
    limited.clock.advance(0.5)
    headers = ask().headers
    assert headers["zendesk-ratelimit-incremental-exports"] == "total=3; remaining=2; resets=60"
    assert (headers["x-rate-limit"], headers["x-rate-limit-remaining"]) == ("5", "4")
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("5", "4")
    assert headers["ratelimit-reset"] == "60"
    limited.clock.advance(58)
    assert ask().headers["zendesk-ratelimit-incremental-exports"] == "total=3; remaining=1; resets=2"


def test_an_export_counts_against_the_account_too(ask):
    """x-rate-limit-remaining drops by one per call (recorded 2023/24)."""
    assert [ask().headers["x-rate-limit-remaining"] for _ in range(2)] == ["4", "3"]
    assert ask(ME).headers["x-rate-limit-remaining"] == "2"


def test_other_calls_do_not_count_as_exports(ask):
    assert "zendesk-ratelimit-incremental-exports" not in ask(ME).headers
    assert "remaining=2" in ask().headers["zendesk-ratelimit-incremental-exports"]


def test_an_account_without_limits_sends_no_headers(zendesk_emulator, session):
    """In 2023/24 a sandbox sent none: their absence proves nothing."""
    headers = session.get(zendesk_emulator.url + TICKETS, timeout=10).headers
    assert not [name for name in headers if "rate" in name.lower()]


def test_users_by_cursor_have_twice_as_many_calls_of_their_own():
    """20 a minute where the others have 10 (Zendesk changelog, 2025-06-27), with a header of their own."""
    with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=2) as zendesk:
        headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}

        def call(path):
            return requests.get(f"{zendesk.url}{path}?start_time=0", headers=headers, timeout=10)

        assert [call(USERS).status_code for _ in range(3)] == [200, 200, 429]
        assert [call(USERS + "/cursor").status_code for _ in range(5)] == [200] * 4 + [429]
        header = call(USERS + "/cursor").headers["zendesk-ratelimit-incremental-exports-cursor"]
        assert header == "total=4; remaining=0; resets=60"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/incremental/ticket_events",
        "/api/v2/help_center/incremental/articles",
        "/api/v2/channels/voice/stats/incremental/calls",
        "/api/v2/incremental/routing/attributes",
    ],
)
def test_the_other_exports_share_one_limit(ask, path):
    """Whether they do is not known; the header's name has no endpoint in it, so plan for it."""
    for _ in range(3):
        ask()
    assert ask(path + "?start_time=0").status_code == 429
