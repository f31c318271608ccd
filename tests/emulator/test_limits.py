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
        "/api/v2/incremental/ticket_metric_events",
        "/api/v2/incremental/routing/attributes",
    ],
)
def test_the_other_exports_of_support_share_one_limit(ask, path):
    """ "Incremental Exports global limit: GET /api/v2/incremental/*" (Zendesk docs, Rate limits)."""
    for _ in range(3):
        ask()
    assert ask(path + "?start_time=0").status_code == 429


class TestBucketsOfTheirOwn:
    """Zendesk docs, Rate limits: what counts against what."""

    ARTICLES = "/api/v2/help_center/incremental/articles?start_time=0"
    CALLS = "/api/v2/channels/voice/stats/incremental/calls?start_time=0"
    LEGS = "/api/v2/channels/voice/stats/incremental/legs?start_time=0"
    SIDE_CONVERSATIONS = "/api/v2/tickets/side_conversations/events?start_time=0"
    ENGAGEMENTS = "/api/v2/engagements?start_time=0"

    def test_talk_has_as_many_calls_as_the_exports(self, limited, ask):
        """Ten a minute of its own."""
        assert [ask(path).status_code for path in (self.CALLS, self.LEGS, self.CALLS)] == [200] * 3
        refused = ask(self.LEGS)
        assert (refused.status_code, refused.json()["error"]) == (429, "APIRateLimitExceeded")
        told = refused.headers["zendesk-ratelimit-talk-incremental-exports"]
        assert told == "total=3; remaining=0; resets=60"
        assert ask().status_code == 200

    def test_the_help_center_does_not_count_against_support(self, limited, ask):
        """Nor the reverse; here it has as many calls as the account."""
        answers = [ask(self.ARTICLES) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[0].headers["zendesk-ratelimit-help-center"] == "total=5; remaining=4; resets=60"
        assert "x-rate-limit" not in answers[0].headers
        assert answers[5].text == "Number of allowed API requests per minute exceeded"
        assert ask(ME).headers["x-rate-limit-remaining"] == "4"

    def test_support_does_not_count_against_the_help_center(self, limited, ask):
        while ask(ME).status_code != 429:
            pass
        assert ask(self.ARTICLES).headers["zendesk-ratelimit-help-center"].startswith("total=5; remaining=4")

    def test_side_conversation_events_have_600_in_ten_minutes(self):
        with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=1) as zendesk:
            headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}
            url = zendesk.url + self.SIDE_CONVERSATIONS
            answers = [requests.get(url, headers=headers, timeout=10) for _ in range(2)]
        told = [answer.headers["zendesk-ratelimit-side-conversation-events"] for answer in answers]
        assert told == ["total=600; remaining=599; resets=600", "total=600; remaining=598; resets=600"]

    def test_engagements_count_against_the_account_alone(self, limited, ask):
        assert [ask(self.ENGAGEMENTS).status_code for _ in range(5)] == [200] * 5
        refused = ask(self.ENGAGEMENTS)
        assert (refused.status_code, refused.headers["x-rate-limit-remaining"]) == (429, "0")
        assert not [name for name in refused.headers if name.startswith("zendesk-ratelimit")]

    def test_engagements_may_be_given_one(self, limited, ask):
        limited.limit("/api/v2/engagements", 1)
        answers = [ask(self.ENGAGEMENTS) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert "zendesk-ratelimit-incremental-exports-engagements" in answers[0].headers
