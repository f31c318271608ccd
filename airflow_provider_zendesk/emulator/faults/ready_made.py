# SPDX-License-Identifier: Apache-2.0
"""Faults in the form in which Zendesk, or a server in front of it, returns them."""

from __future__ import annotations

from airflow_provider_zendesk.emulator.api import auth
from airflow_provider_zendesk.emulator.api.exports.errors import invalid_cursor, upstream_timeout
from airflow_provider_zendesk.emulator.api.limits import Form, over_limit
from airflow_provider_zendesk.emulator.faults.pages import (
    CLOUDFLARE,
    FIREWALL,
    HTML,
    NGINX,
    cloudflare_firewall_page,
    cloudflare_page,
    nginx_page,
)
from airflow_provider_zendesk.emulator.faults.plans import Answer, Cut, Plan, Rewrite
from airflow_provider_zendesk.emulator.http.delivery import Hangup, Reset
from airflow_provider_zendesk.emulator.http.messages import TEXT, Reply, json_reply


def too_many_requests(retry_after: str | None = "5", form: Form = "exports") -> Answer:
    """
    429, however many calls are left.

    :param retry_after: value of the header; None for no header
    :param form: the wording: ``exports`` (JSON), ``account`` (plain text) or ``custom_objects`` (JSON with a list
        ``errors``). :func:`~.limits.over_limit` says where each was met
    """
    return _answer(over_limit(form, 10, {} if retry_after is None else {"Retry-After": retry_after}))


def server_error(status: int, retry_after: str | None = None) -> Answer:
    """
    A transient error: 409, 500, 502, 503, 504, 520 or 524.

    409 is Zendesk's JSON (zendesk_api_client_php, issue 314), 502 its nginx's page (ZendeskApi_v2, issue 548), 504
    plain text (Estuary's connector), 520 and 524 are Cloudflare's pages (tap-zendesk met both). No bodies of 500 and
    503 are recorded; here they are nginx's.

    :param retry_after: value of the header, which Zendesk's Ruby client respects on a 503; None for no header
    :raises ValueError: for another status
    """
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    if status == 409:
        payload = {"error": "DatabaseConflict", "description": "Database collision"}
        reply = json_reply(status, payload, headers)
    elif status == 504:
        reply = upstream_timeout()
        reply.headers |= headers
    elif status in CLOUDFLARE:
        reply = cloudflare_page(status, headers)
    elif status in NGINX:
        reply = nginx_page(status, headers)
    else:
        known = ", ".join(map(str, sorted({409, 504, *CLOUDFLARE, *NGINX})))
        raise ValueError(f"status {status} is not supported; choose one of: {known}")
    return _answer(reply)


def unauthenticated() -> Answer:
    """401 for a single request although the credentials are valid (PostHog met this during an export)."""
    return _answer(auth.unauthenticated().reply)


def without_records(body: bytes = b"{}") -> Answer:
    """
    200 and JSON without the requested records.

    :param body: such as ``{}``, ``{"error": "…"}`` or ``{"tickets": null}``
    """
    return _answer(Reply(200, body))


def firewall_page(status: int = 403) -> Answer:
    """
    The page with which Cloudflare blocks a request although the credentials are valid, without ``Retry-After``.

    :param status: 403 or 503
    :raises ValueError: for another status
    """
    if status not in FIREWALL:
        raise ValueError(f"status {status} is not supported for a firewall page; choose one of: 403, 503")
    return _answer(cloudflare_firewall_page(status))


def cursor_refused() -> Answer:
    """400 ``InvalidCursor``, as documented for custom objects; there is no recording for tickets and users."""
    return _answer(invalid_cursor().reply)


def html_page(status: int = 200) -> Answer:
    """An HTML page instead of JSON, such as a proxy or firewall sends, with any status."""
    return _answer(
        Reply(status, b"<!DOCTYPE html>\n<html><body>One moment, please</body></html>\n", {}, HTML)
    )


def plain_text(status: int = 200, text: str = "Please try again later") -> Answer:
    """A line of text instead of JSON. Zendesk once rejected a too recent ``start_time`` this way."""
    return _answer(Reply(status, text.encode(), {}, TEXT))


def moved(location: str, status: int = 302) -> Answer:
    """
    A redirect with Rails' body.

    :param location: an absolute URL. A client must never send the credentials to another host
    """
    body = f'<html><body>You are being <a href="{location}">redirected</a>.</body></html>'
    return _answer(Reply(status, body.encode(), {"Location": location}, HTML))


def wrong_content_type(content_type: str = HTML) -> Rewrite:
    """Zendesk's answer with a wrong ``Content-Type``."""
    return Rewrite(lambda body: body, {"Content-Type": content_type})


def _answer(reply: Reply) -> Answer:
    return Answer(reply.status, reply.body, {"Content-Type": reply.content_type, **reply.headers})


PASSING: tuple[Plan, ...] = (
    too_many_requests("1"),
    too_many_requests("1", "account"),
    *(server_error(status) for status in (409, 500, 502, 503, 504, 520, 524)),
    html_page(200),
    without_records(),
    firewall_page(403),
    firewall_page(503),
    Cut(0.5),
    Hangup(),
    Reset(None),
    Reset(100),
)
"""Transient faults that add no delay and are gone on the next request, for :meth:`ZendeskEmulator.answer_at_random`."""
