# SPDX-License-Identifier: Apache-2.0
"""Each test names the form of a fault, and where that comes from."""

from __future__ import annotations

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import (
    PASSING,
    cursor_refused,
    firewall_page,
    html_page,
    moved,
    plain_text,
    server_error,
    too_many_requests,
    unauthenticated,
    without_records,
)

NOW = 1795262400


class TestTooManyRequests:
    def test_of_the_exports(self, zendesk_emulator, get):
        zendesk_emulator.answer_next(too_many_requests())
        refused = get(start_time=0)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        assert refused.json()["error"] == "APIRateLimitExceeded"

    def test_of_the_account(self, zendesk_emulator, get):
        """Plain text (Airbyte issue 11035)."""
        zendesk_emulator.answer_next(too_many_requests("93", "account"))
        refused = get(start_time=0)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "93")
        assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert refused.text == "Number of allowed API requests per minute exceeded"

    def test_of_custom_objects(self, zendesk_emulator, get):
        """Zendesk's OpenAPI."""
        zendesk_emulator.answer_next(too_many_requests(form="custom_objects"))
        (error,) = get(start_time=0).json()["errors"]
        assert error["title"] == "Rate limit exceeded. Maximum 10 requests per minute."

    def test_without_the_header(self, zendesk_emulator, get):
        zendesk_emulator.answer_next(too_many_requests(None))
        refused = get(start_time=0)
        assert refused.status_code == 429
        assert "Retry-After" not in refused.headers

    @pytest.mark.parametrize("form", ["exports", "account", "custom_objects"])
    def test_it_is_the_same_as_when_calls_are_used_up(self, form):
        path, limits = {
            "exports": ("tickets/cursor", {"exports_per_minute": 10}),
            "account": ("tickets/cursor", {"requests_per_minute": 10}),
            "custom_objects": ("custom_objects/car/cursor", {"exports_per_minute": 10}),
        }[form]
        with ZendeskEmulator(now=NOW, speed=0, **limits) as zendesk, requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {zendesk.oauth_token}"
            url = f"{zendesk.url}/api/v2/incremental/{path}?start_time=0"
            while (real := session.get(url, timeout=10)).status_code != 429:
                assert len(zendesk.requests) < 20
            zendesk.answer_next(too_many_requests("60", form))
            made = session.get(url, timeout=10)
            assert (made.status_code, made.content) == (real.status_code, real.content)
            for name in ("Retry-After", "Content-Type"):
                assert made.headers[name] == real.headers[name]


class TestServerError:
    @pytest.mark.parametrize(
        ("status", "content_type", "body"),
        [
            # zendesk_api_client_php, issue 314
            (409, "application/json; charset=utf-8", '{"error":"DatabaseConflict","description":"Database collision"}'),
            (500, "text/html; charset=UTF-8", "<center><h1>500 Internal Server Error</h1></center>"),
            # ZendeskApi_v2, issue 548
            (502, "text/html; charset=UTF-8", "<center><h1>502 Bad Gateway</h1></center>"),
            (503, "text/html; charset=UTF-8", "<center><h1>503 Service Temporarily Unavailable</h1></center>"),
            # Estuary's connector
            (504, "text/plain", "upstream request timeout"),
            # tap-zendesk met both; the titles are Cloudflare's
            (520, "text/html; charset=UTF-8", "<title>emulator.zendesk.com | 520: Web server is returning an unknown error</title>"),
            (524, "text/html; charset=UTF-8", "<title>emulator.zendesk.com | 524: A timeout occurred</title>"),
        ],
    )  # fmt: skip
    def test_it_has_its_senders_form(self, zendesk_emulator, get, status, content_type, body):
        zendesk_emulator.answer_next(server_error(status))
        response = get(start_time=0)
        assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)
        assert body in response.text
        assert "Retry-After" not in response.headers
        assert get(start_time=0).status_code == 200

    @pytest.mark.parametrize("status", [503, 504])
    def test_it_may_say_when_to_come_back(self, zendesk_emulator, get, status):
        """Zendesk's Ruby client heeds Retry-After on 503."""
        zendesk_emulator.answer_next(server_error(status, retry_after="10"), server_error(status))
        assert get(start_time=0).headers["Retry-After"] == "10"
        assert "Retry-After" not in get(start_time=0).headers

    def test_there_are_no_others(self):
        with pytest.raises(ValueError, match="choose one of: 409, 500, 502, 503, 504, 520, 524"):
            server_error(418)


def test_a_lapse_is_a_401_with_good_credentials(zendesk_emulator, get):
    """PostHog met one in mid-walk; it is as for bad ones, and no passing fault, for most are no lapse."""
    zendesk_emulator.answer_next(None, unauthenticated())
    answers = [get(start_time=0) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    assert answers[1].json() == {"error": "Couldn't authenticate you"}
    assert answers[1].headers["Content-Type"] == "application/json; charset=utf-8"
    assert unauthenticated() not in PASSING


@pytest.mark.parametrize("body", [b"{}", b'{"error":"Something went wrong"}', b'{"tickets":null}'])
def test_an_answer_without_its_records(zendesk_emulator, get, body):
    zendesk_emulator.answer_next(without_records(body))
    answer = get(start_time=0)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


class TestFirewall:
    @pytest.mark.parametrize(("status", "title"), [(403, "Attention Required!"), (503, "Just a moment...")])
    def test_it_turns_a_request_away(self, zendesk_emulator, get, status, title):
        """Cloudflare's page; every answer of its has CF-RAY (recorded), and this one no Retry-After."""
        zendesk_emulator.answer_next(firewall_page(status))
        refused = get(start_time=0)
        assert refused.status_code == status
        assert refused.headers["Content-Type"].startswith("text/html")
        assert title in refused.text
        assert refused.headers["CF-RAY"]
        assert "Retry-After" not in refused.headers

    def test_there_are_no_others(self):
        with pytest.raises(ValueError, match="choose one of: 403, 503"):
            firewall_page(401)


@pytest.mark.parametrize("fault", [without_records(), firewall_page(403), firewall_page(503)])
def test_they_pass(fault):
    assert fault in PASSING


def test_a_cursor_is_refused_in_mid_walk(zendesk_emulator, get):
    """As documented for custom objects, and as the emulator refuses a broken one."""
    zendesk_emulator.account.burst(NOW - 100, 4)
    zendesk_emulator.answer_next(None, cursor_refused())
    cursor = get(start_time=0, per_page=2).json()["after_cursor"]
    refused = get(cursor=cursor)
    broken = get(cursor="broken")
    assert (refused.status_code, refused.content) == (broken.status_code, broken.content)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "InvalidCursor")
    assert len(get(cursor=cursor).json()["tickets"]) == 2


@pytest.mark.parametrize("status", [200, 429, 503])
def test_pages_for_people_have_any_status(zendesk_emulator, get, status):
    zendesk_emulator.answer_next(html_page(status), plain_text(status, "Busy"))
    html, text = get(start_time=0), get(start_time=0)
    assert html.status_code == text.status_code == status
    assert html.headers["Content-Type"].startswith("text/html")
    assert html.text.startswith("<!DOCTYPE html>")
    assert (text.headers["Content-Type"].partition(";")[0], text.text) == ("text/plain", "Busy")


def test_a_redirect_leads_to_another_host(zendesk_emulator, session):
    zendesk_emulator.answer_next(moved("http://127.0.0.1:9/elsewhere"), moved("http://127.0.0.1:9/", 301))
    url = zendesk_emulator.url + "/api/v2/incremental/tickets/cursor?start_time=0"
    first, second = [session.get(url, allow_redirects=False, timeout=10) for _ in range(2)]
    assert (first.status_code, first.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")
    assert (second.status_code, second.headers["Location"]) == (301, "http://127.0.0.1:9/")


class TestTokens:
    @pytest.fixture
    def export(self, zendesk_emulator):
        """An export with a fresh token, or with the one that was asked for."""
        secrets = {
            "client_id": zendesk_emulator.client_id,
            "client_secret": zendesk_emulator.client_secret,
            "grant_type": "client_credentials",
            "scope": "read",
        }
        minted = requests.post(f"{zendesk_emulator.url}/oauth/tokens", json=secrets, timeout=10).json()

        def export(token=minted["access_token"]):
            url = zendesk_emulator.url + "/api/v2/incremental/tickets/cursor?start_time=0"
            headers = {"Authorization": f"Bearer {token}"}
            return requests.get(url, headers=headers, timeout=10).status_code

        return export

    def test_one_is_revoked_in_mid_walk(self, zendesk_emulator, export):
        zendesk_emulator.answer_next(None, zendesk_emulator.revoke_tokens)
        assert [export() for _ in range(3)] == [200, 401, 401]
        assert export(zendesk_emulator.oauth_token) == 200

    def test_one_expires_in_mid_walk(self, zendesk_emulator, export):
        zendesk_emulator.answer_next(None, lambda: zendesk_emulator.clock.advance(1800))
        assert [export() for _ in range(3)] == [200, 401, 401]

    def test_a_static_one_is_revoked_for_good(self, zendesk_emulator, export):
        zendesk_emulator.answer_next(None, lambda: zendesk_emulator.revoke_tokens(static=True))
        token = zendesk_emulator.oauth_token
        assert [export(token) for _ in range(3)] == [200, 401, 401]
        assert export() == 401
        zendesk_emulator.reset()
        assert export(token) == 200


class TestHeavyPages:
    def test_a_page_of_too_many_rows_times_out(self, zendesk_emulator, get):
        """504 "upstream request timeout", until fewer are asked for (Estuary's connector, Airbyte issue 52059)."""
        zendesk_emulator.account.burst(NOW - 100, 12)
        zendesk_emulator.heaviest_page = 5
        refused = get(start_time=0)
        assert (refused.status_code, refused.text) == (504, "upstream request timeout")
        assert refused.headers["Content-Type"] == "text/plain"
        assert get(start_time=0, per_page=6).status_code == 504
        page = get(start_time=0, per_page=5).json()
        assert len(page["tickets"]) == 5
        zendesk_emulator.heaviest_page = None
        assert len(get(cursor=page["after_cursor"]).json()["tickets"]) == 7

    def test_what_counts_is_what_it_would_hold(self, zendesk_emulator, ask, get):
        """A page by time is filled up with its second, whatever per_page says; a short one is not too heavy."""
        zendesk_emulator.account.burst(NOW - 100, 12)
        zendesk_emulator.heaviest_page = 11
        assert ask("/api/v2/incremental/tickets", start_time=0, per_page=1).status_code == 504
        zendesk_emulator.heaviest_page = 12
        assert ask("/api/v2/incremental/tickets", start_time=0, per_page=1).status_code == 200
        assert get(start_time=0, per_page=1000).status_code == 200

    def test_it_uses_up_a_call_and_takes_its_time(self):
        with (
            ZendeskEmulator(now=NOW, speed=0, exports_per_minute=3) as zendesk,
            requests.Session() as session,
        ):
            session.headers["Authorization"] = f"Bearer {zendesk.oauth_token}"
            zendesk.account.burst(NOW - 100, 2)
            zendesk.heaviest_page, zendesk.slow_page = 1, 0.2
            url = zendesk.url + "/api/v2/incremental/tickets/cursor?start_time=0"
            heavy = session.get(url, timeout=10)
            assert heavy.status_code == 504
            assert heavy.elapsed.total_seconds() >= 0.2
            assert not [name for name in heavy.headers if "rate" in name.lower()]
            told = session.get(url + "&per_page=1", timeout=10).headers[
                "zendesk-ratelimit-incremental-exports"
            ]
            assert "remaining=1" in told
