# SPDX-License-Identifier: Apache-2.0
"""Each test names how the limits are told, or shared out, and where that comes from."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from email.utils import parsedate_to_datetime

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

NOW = 1795262400  # a whole minute
SUPPORT = "/api/v2/incremental/"
TICKETS = SUPPORT + "tickets/cursor"
USERS = SUPPORT + "users/cursor"


@pytest.fixture
def limited():
    with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=3, requests_per_minute=50) as zendesk:
        yield zendesk


@pytest.fixture
def call(limited):
    def call(path=TICKETS):
        headers = {"Authorization": f"Bearer {limited.oauth_token}"}
        return requests.get(f"{limited.url}{path}?start_time=0", headers=headers, timeout=10)

    return call


@pytest.fixture
def told(limited):
    """The limit headers of an answer as they are on the wire."""

    def told(path=TICKETS):
        connection = http.client.HTTPConnection(limited.url.removeprefix("http://"), timeout=10)
        headers = {"Authorization": f"Bearer {limited.oauth_token}"}
        connection.request("GET", f"{path}?start_time=0", headers=headers)
        headers = dict(connection.getresponse().getheaders())
        connection.close()
        return {name: value for name, value in headers.items() if "rate" in name.lower()}

    return told


class TestSpelling:
    FIRST = "total=3; remaining=2; resets=60"

    def test_of_2026(self, told):
        """Live, 2026-08."""
        assert told() == {
            "x-rate-limit": "50",
            "x-rate-limit-remaining": "49",
            "ratelimit-limit": "50",
            "ratelimit-remaining": "49",
            "ratelimit-reset": "60",
            "zendesk-ratelimit-incremental-exports": self.FIRST,
        }

    def test_of_2023(self, limited, told):
        """Recorded 2023."""
        limited.header_spelling = "2023"
        assert told() == {
            "x-rate-limit": "50",
            "x-rate-limit-remaining": "49",
            "rate-limit-limit": "50",
            "rate-limit-remaining": "49",
            "rate-limit-reset": "60",
            "zendesk-rate-limit-incremental-exports": self.FIRST,
        }

    def test_as_documented(self, limited, told):
        """Zendesk docs, Incremental Exports, with capitals."""
        limited.header_spelling = "documented"
        headers = told(USERS)
        assert headers["Zendesk-RateLimit-incremental-exports-cursor"] == "total=6; remaining=5; resets=60"
        assert (headers["X-Rate-Limit"], headers["X-Rate-Limit-Remaining"]) == ("50", "49")
        assert not [name for name in headers if name.startswith("zendesk")]

    def test_none_at_all(self, limited, told, call):
        limited.header_spelling = "none"
        assert told() == {}
        assert [call().status_code for _ in range(3)] == [200, 200, 429]
        assert call().headers["Retry-After"] == "60"

    def test_only_the_accounts(self, limited, told):
        """A sandbox of 2023/24 had no header for its exports."""
        limited.header_spelling = "account_only"
        headers = told()
        assert headers["x-rate-limit-remaining"] == headers["ratelimit-remaining"] == "49"
        assert not [name for name in headers if "zendesk" in name.lower()]

    def test_a_refusal_tells_them_too(self, limited, told):
        limited.header_spelling = "2023"
        for _ in range(4):
            headers = told()
        assert headers["zendesk-rate-limit-incremental-exports"] == "total=3; remaining=0; resets=60"


class TestRetryAfter:
    @pytest.fixture
    def refused(self, limited, call):
        def refused(form):
            limited.retry_after_form = form
            while (response := call()).status_code != 429:
                pass
            return response.headers.get("Retry-After")

        limited.clock.advance(47.57)
        return refused

    @pytest.mark.parametrize(
        ("form", "text"),
        [
            ("seconds", "13"),
            ("fraction", "12.5"),
            ("date", "Sat, 21 Nov 2026 12:01:00 GMT"),
            ("none", None),
            ("absurd", "86400000"),
            ("negative", "-5"),
            ("nonsense", "soon"),
        ],
    )
    def test_it_says(self, refused, form, text):
        assert refused(form) == text

    @pytest.mark.parametrize("form", ["seconds", "fraction", "date"])
    def test_a_call_after_it_is_served(self, limited, call, refused, form):
        text = refused(form)
        if form == "date":
            limited.clock.set(parsedate_to_datetime(text).timestamp())
        else:
            limited.clock.advance(float(text))
        assert call().status_code == 200


@pytest.mark.parametrize("switch", ["header_spelling", "retry_after_form"])
def test_a_form_that_is_not_known_is_an_error(limited, switch):
    with pytest.raises(ValueError, match=f"{switch} is '2019'; choose one of: "):
        setattr(limited, switch, "2019")


def test_reset_restores_the_usual_forms(limited, told):
    limited.header_spelling, limited.retry_after_form, limited.slow_page = "none", "none", 1.0
    limited.reset()
    assert (limited.header_spelling, limited.retry_after_form, limited.slow_page) == ("2026", "seconds", 0)


class TestMinute:
    def test_it_may_be_short(self):
        """A window in two seconds, so that a test sees many."""
        with ZendeskEmulator(now=NOW, speed=0, exports_per_minute=2, minute=2) as zendesk:
            headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}

            def call(path="tickets/cursor"):
                url = f"{zendesk.url}{SUPPORT}{path}?start_time=0"
                return requests.get(url, headers=headers, timeout=10)

            zendesk.clock.advance(0.5)
            assert [call().status_code for _ in range(3)] == [200, 200, 429]
            assert call().headers["Retry-After"] == "2"
            zendesk.clock.advance(1.5)
            assert call().headers["zendesk-ratelimit-incremental-exports"] == "total=2; remaining=1; resets=2"
            assert [call("users/sample").status_code for _ in range(11)] == [200] * 10 + [429]
            assert int(call("users/sample").headers["Retry-After"]) <= 40
            zendesk.limit("organizations", 1)
            assert [call("organizations").status_code for _ in range(2)] == [200, 429]
            zendesk.clock.advance(2)
            assert call("organizations").status_code == 200

    def test_calls_of_each_window_can_be_counted(self):
        with ZendeskEmulator(now=NOW, exports_per_minute=5, minute=0.2) as zendesk:
            headers = {"Authorization": f"Bearer {zendesk.oauth_token}"}
            end = time.monotonic() + 0.7
            with requests.Session() as session:
                while time.monotonic() < end:
                    session.get(f"{zendesk.url}{TICKETS}?start_time=0", headers=headers, timeout=10)
            served = Counter(logged.at // 0.2 for logged in zendesk.requests if logged.status == 200)
            refused = [logged for logged in zendesk.requests if logged.status == 429]
            assert len(served) >= 3
            assert refused
            # The log has the moment of arrival: a call that came in the window's last moment may count in the next.
            assert all(count <= 6 for count in served.values())

    @pytest.mark.parametrize("minute", [0, -1])
    def test_it_takes_time(self, minute):
        with pytest.raises(ValueError, match="a window takes more than 0 seconds"):
            ZendeskEmulator(minute=minute)


class TestOwnLimit:
    def test_of_one_export(self, limited, call):
        limited.limit(TICKETS, 1)
        assert [call().status_code for _ in range(2)] == [200, 429]
        assert call().headers["zendesk-ratelimit-incremental-exports-tickets-cursor"].startswith("total=1; ")
        assert [call(SUPPORT + "tickets").status_code for _ in range(4)] == [200, 200, 200, 429]

    def test_of_all_exports_of_a_resource(self, limited, call):
        limited.limit("tickets", 2)
        assert [call(path).status_code for path in (TICKETS, SUPPORT + "tickets", TICKETS)] == [200, 200, 429]
        sample = call(SUPPORT + "tickets/sample")
        assert sample.headers["zendesk-ratelimit-incremental-exports-sample"].startswith("total=10; ")
        assert call(SUPPORT + "ticket_events").status_code == 200

    def test_of_a_custom_object(self, limited, call):
        limited.account.records("custom_objects/car").create(NOW - 100)
        limited.limit("custom_objects/car", 1)
        refused = [call(SUPPORT + "custom_objects/car/cursor") for _ in range(2)][1]
        assert refused.json()["errors"][0]["title"] == "Rate limit exceeded. Maximum 1 requests per minute."
        assert "zendesk-ratelimit-incremental-exports-custom-objects-car" in refused.headers

    def test_an_export_that_has_one_already_keeps_its_header(self, limited, call):
        limited.limit(USERS + ".json", 1)
        headers = call(USERS).headers
        assert headers["zendesk-ratelimit-incremental-exports-cursor"] == "total=1; remaining=0; resets=60"

    def test_its_header_may_have_any_name(self, limited, call):
        """Such as the shared one, which says nothing about who shares it."""
        limited.limit(TICKETS, 7, name="incremental-exports")
        name = "zendesk-ratelimit-incremental-exports"
        assert call().headers[name] == "total=7; remaining=6; resets=60"
        assert call(SUPPORT + "tickets").headers[name] == "total=3; remaining=2; resets=60"

    def test_the_account_counts_too(self, limited, call):
        limited.limit(TICKETS, None)
        statuses = [call().status_code for _ in range(51)]
        assert statuses == [200] * 50 + [429]
        assert call().text == "Number of allowed API requests per minute exceeded"

    def test_it_can_be_given_where_there_was_none(self, zendesk_emulator, ask):
        zendesk_emulator.limit("calls", 1)
        path = "/api/v2/channels/voice/stats/incremental/calls"
        answers = [ask(path, start_time=0) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert "zendesk-ratelimit-incremental-exports-calls" in answers[0].headers
        assert not [name for name in ask(TICKETS, start_time=0).headers if "rate" in name.lower()]

    def test_reset_takes_it_away(self, limited, call):
        limited.limit(TICKETS, 1)
        limited.reset()
        assert [call().status_code for _ in range(4)] == [200, 200, 200, 429]

    @pytest.mark.parametrize("export", ["/api/v2/incremental/requests", "macros", ""])
    def test_an_export_there_is_not_is_an_error(self, limited, export):
        with pytest.raises(ValueError, match="there is no export '"):
            limited.limit(export, 1)
