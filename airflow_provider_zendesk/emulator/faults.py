# SPDX-License-Identifier: Apache-2.0
"""
What may become of an export request; see :meth:`ZendeskEmulator.answer_next` and :meth:`ZendeskEmulator.answer_at_random`.

The classes are the plans; the functions make plans of the forms Zendesk's own faults have. Where a function lacks one,
a callable does it: ``answer_next(None, zendesk.revoke_tokens)`` ends the OAuth tokens before the second page, and
``lambda: zendesk.clock.advance(1800)`` lets them expire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from airflow_provider_zendesk.emulator import auth
from airflow_provider_zendesk.emulator.limits import Form, over_limit
from airflow_provider_zendesk.emulator.replies import (
    TEXT,
    Reply,
    invalid_cursor,
    json_reply,
    upstream_timeout,
)

HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Answer:
    """
    Another answer than Zendesk's; no credentials are looked at and no rate limit is used up.

    :param status: HTTP status
    :param body: sent as it is, never compressed
    :param headers: in addition to the usual ones, or in their place
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewrite:
    """
    Zendesk's answer with another body or other headers.

    :param change: gets the body before compression and returns the one to send
    :param headers: in addition to the usual ones, or in their place
    """

    change: Callable[[bytes], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """
    Zendesk's answer without the end of its body; length and compression match, so HTTP sees nothing wrong.

    :param keep: what is left: as many bytes if it is an int, such a share of them if it is a float
    """

    keep: float = 0.5

    def change(self, body: bytes) -> bytes:
        return body[: self.keep if isinstance(self.keep, int) else int(len(body) * self.keep)]


@dataclass(frozen=True)
class Hangup:
    """The connection closes without a byte; no credentials are looked at and no rate limit is used up."""


@dataclass(frozen=True)
class Reset:
    """
    The connection is reset (TCP RST).

    :param after: bytes of Zendesk's answer that come before it, as they travel, at most all but the last; the length
        in the headers is that of the whole. None: not a byte comes, no rate limit is used up
    """

    after: int | None = None


@dataclass(frozen=True)
class Stall:
    """
    Nothing for a while, and then the request is served normally, as of that moment.

    :param seconds: real ones
    """

    seconds: float


@dataclass(frozen=True)
class Drip:
    """
    Zendesk's answer with a body that comes slowly; the headers come at once.

    :param seconds: real ones, until the last byte
    :param pieces: how many the body comes in, evenly over that time
    """

    seconds: float
    pieces: int = 20


Delivery = Hangup | Reset | Drip
"""What goes wrong with an answer on its way."""

Plan = Answer | Rewrite | Cut | Stall | Delivery | Callable[[], object] | None
"""For one request; a callable runs first, and then the request is served normally."""


def too_many_requests(retry_after: str | None = "5", form: Form = "exports") -> Answer:
    """
    429, whatever calls are left.

    :param retry_after: the header's text; None for no header
    :param form: whose words: ``exports`` (JSON), ``account`` (plain text) or ``custom_objects`` (JSON, an envelope
        with ``errors``); :func:`~.limits.over_limit` has where each was met
    """
    return _answer(over_limit(form, 10, {} if retry_after is None else {"Retry-After": retry_after}))


def server_error(status: int, retry_after: str | None = None) -> Answer:
    """
    An error that passes: 409, 500, 502, 503, 504, 520 or 524.

    409 is Zendesk's JSON (zendesk_api_client_php, issue 314), 502 its nginx's page (ZendeskApi_v2, issue 548), 504
    plain text (Estuary's connector), 520 and 524 Cloudflare's pages (tap-zendesk met both). Bodies of 500 and 503 are not
    on record; here they are nginx's.

    :param retry_after: a header's text, such as Zendesk's Ruby client heeds on a 503; None for no header
    :raises ValueError: for another status
    """
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    if status == 409:
        reply = json_reply(
            status, {"error": "DatabaseConflict", "description": "Database collision"}, headers
        )
    elif status == 504:
        reply = upstream_timeout()
        reply.headers |= headers
    elif status in CLOUDFLARE:
        reply = Reply(
            status, CLOUDFLARE_PAGE % {b"code": status, b"title": CLOUDFLARE[status]}, headers, HTML
        )
    elif status in NGINX:
        reply = Reply(status, NGINX_PAGE % {b"code": status, b"title": NGINX[status]}, headers, HTML)
    else:
        known = ", ".join(map(str, sorted({409, 504, *CLOUDFLARE, *NGINX})))
        raise ValueError(f"there is no error {status} here; choose one of: {known}")
    return _answer(reply)


def unauthenticated() -> Answer:
    """401 although the credentials are good, before and after: a lapse that PostHog met in mid-walk."""
    return _answer(auth.unauthenticated().reply)


def without_records(body: bytes = b"{}") -> Answer:
    """
    200 and JSON, but not the records that were asked for.

    :param body: such as ``{}``, ``{"error": "…"}`` or ``{"tickets": null}``
    """
    return _answer(Reply(200, body))


def firewall_page(status: int = 403) -> Answer:
    """
    Cloudflare's page that turns a request away although the credentials are good; it does not say when to come back.

    :param status: 403 or 503
    :raises ValueError: for another status
    """
    if status not in FIREWALL:
        raise ValueError(f"there is no firewall's page with status {status} here; choose one of: 403, 503")
    page = FIREWALL_PAGE % {b"title": FIREWALL[status]}
    return _answer(Reply(status, page, {"CF-RAY": "9a1b2c3d4e5f6071-FRA"}, HTML))


def cursor_refused() -> Answer:
    """400 ``InvalidCursor``, as documented for custom objects; for tickets and users it is not on record."""
    return _answer(invalid_cursor().reply)


def html_page(status: int = 200) -> Answer:
    """A page for people where JSON should be, such as a proxy's or a firewall's, with any status."""
    return _answer(
        Reply(status, b"<!DOCTYPE html>\n<html><body>One moment, please</body></html>\n", {}, HTML)
    )


def plain_text(status: int = 200, text: str = "Please try again later") -> Answer:
    """A line of text where JSON should be; Zendesk once told a too recent ``start_time`` so."""
    return _answer(Reply(status, text.encode(), {}, TEXT))


def moved(location: str, status: int = 302) -> Answer:
    """
    A redirect, with the body Rails gives it.

    :param location: an absolute URL; one of another host must never be sent the credentials
    """
    body = f'<html><body>You are being <a href="{location}">redirected</a>.</body></html>'
    return _answer(Reply(status, body.encode(), {"Location": location}, HTML))


def wrong_content_type(content_type: str = HTML) -> Rewrite:
    """Zendesk's answer under a type that is not its own."""
    return Rewrite(lambda body: body, {"Content-Type": content_type})


def _answer(reply: Reply) -> Answer:
    return Answer(reply.status, reply.body, {"Content-Type": reply.content_type, **reply.headers})


NGINX = {500: b"Internal Server Error", 502: b"Bad Gateway", 503: b"Service Temporarily Unavailable"}
NGINX_PAGE = (
    b"<html>\r\n<head><title>%(code)d %(title)s</title></head>\r\n<body>\r\n<center><h1>%(code)d %(title)s</h1></center>"
    b"\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
CLOUDFLARE = {520: b"Web server is returning an unknown error", 524: b"A timeout occurred"}
CLOUDFLARE_PAGE = (
    b'<!DOCTYPE html>\n<html class="no-js" lang="en-US">\n<head>\n'
    b"<title>emulator.zendesk.com | %(code)d: %(title)s</title>\n"
    b'<meta charset="UTF-8" />\n</head>\n<body>\n<div id="cf-wrapper">\n'
    b'<span class="inline-block">%(title)s</span>\n<span class="code-label">Error code %(code)d</span>\n'
    b"</div>\n</body>\n</html>\n"
)
FIREWALL = {403: b"Attention Required! | Cloudflare", 503: b"Just a moment..."}
FIREWALL_PAGE = (
    b'<!DOCTYPE html>\n<html class="no-js" lang="en-US">\n<head>\n<title>%(title)s</title>\n'
    b'<meta charset="UTF-8" />\n</head>\n<body>\n<div id="cf-wrapper">\n'
    b"<p>This website is using a security service to protect itself from online attacks.</p>\n"
    b"<p>Cloudflare Ray ID: <strong>9a1b2c3d4e5f6071</strong></p>\n</div>\n</body>\n</html>\n"
)

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
"""Faults that are over with the next request and take no time, to be drawn from at random."""
