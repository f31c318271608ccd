# SPDX-License-Identifier: Apache-2.0
"""Turns an unsuccessful answer into a typed error that says what to change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from airflow_provider_zendesk.exceptions import (
    ZendeskApiError,
    ZendeskAuthError,
    ZendeskAuthLapseError,
    ZendeskForbiddenError,
    ZendeskGatewayTimeoutError,
    ZendeskNotFoundError,
    ZendeskRateLimitError,
    ZendeskRedirectError,
    ZendeskRefusedError,
    ZendeskServerError,
    ZendeskStartTimeTooRecentError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from airflow_provider_zendesk.client.account import Account

# In bytes. Zendesk's errors have some hundred.
_LARGEST = 2**20
# "No help desk at acme.zendesk.com", "There is no help desk configured at this address", in JSON, text or HTML.
_HELP_DESK = re.compile(rb"help\s+desk", re.IGNORECASE)


def api_error(
    response: requests.Response,
    body: bytes,
    *,
    account: Account,
    server_time: float,
    advice: str,
    show: Callable[[str], str],
    lapse: bool = False,
) -> ZendeskApiError:
    """
    Return the error for an answer that is not a success.

    :param response: with any status other than 2xx.
    :param body: its decompressed body.
    :param account: the account the request went to.
    :param server_time: Zendesk's clock on the answer, UTC epoch seconds.
    :param advice: what to check if the credentials were refused.
    :param show: returns the server's words as an error may show them, see :meth:`AccountAuth.show`.
    :param lapse: treat a 401 as a transient failure.
    """
    envelope = _envelope(body)
    code, description = _code_and_description(envelope)
    retry_after = response.headers.get("Retry-After")
    kind = _kind(response, body, code, from_zendesk=envelope is not None, lapse=lapse)
    error = kind(
        _message(kind, response, body, account, advice, show),
        status=response.status_code,
        code=show(code),
        description=show(description),
        request_id=show(response.headers.get("x-request-id", "")),
        retry_after=None if retry_after is None else show(retry_after),
        cf_ray=show(response.headers.get("CF-RAY", "")),
    )
    if isinstance(error, ZendeskStartTimeTooRecentError):
        error.server_time = server_time
    return error


def _kind(
    response: requests.Response, body: bytes, code: str, *, from_zendesk: bool, lapse: bool
) -> type[ZendeskApiError]:
    status = response.status_code
    # The code is "StartTimeTooRecent" with status 400. Before 2023 it was 422 with "Too recent start_time", and one report
    # shows it as plain text.
    text = body.lower()
    if status in (400, 422) and (b"starttimetoorecent" in text or b"too recent start_time" in text):
        return ZendeskStartTimeTooRecentError
    if status == 429 or (status == 503 and "Retry-After" in response.headers):
        return ZendeskRateLimitError
    if status == 504:
        return ZendeskGatewayTimeoutError
    # 409 is transient on reads: two widely used clients retry it.
    if status >= 500 or status == 409 or (status == 403 and not from_zendesk):
        return ZendeskServerError
    if 300 <= status < 400:
        return ZendeskRedirectError
    if status == 401 and lapse:
        return ZendeskAuthLapseError
    # The token endpoint answers 400 or 401 if the client is wrong.
    if status == 401 or code in ("invalid_client", "invalid_grant", "unauthorized_client"):
        return ZendeskAuthError
    return {403: ZendeskForbiddenError, 404: ZendeskNotFoundError}.get(status, ZendeskRefusedError)


def _message(
    kind: type[ZendeskApiError],
    response: requests.Response,
    body: bytes,
    account: Account,
    advice: str,
    show: Callable[[str], str],
) -> str:
    path = urlsplit(response.url).path
    if kind in (ZendeskAuthError, ZendeskAuthLapseError):
        return f"{account.origin} did not accept the credentials; {advice}"
    if kind is ZendeskForbiddenError:
        return (
            f"{account.origin} does not allow these credentials to read {path}; exports need an admin "
            "(for an OAuth client: the admin who created it) and the scope 'read'"
        )
    if kind is ZendeskServerError and response.status_code == 403:
        return (
            f"{account.origin} answered 403 for {path}, but not in Zendesk's error format; it may come from a firewall or proxy: "
            "if this persists, allow these calls there"
        )
    if kind is ZendeskNotFoundError and _HELP_DESK.search(body):
        return f"there is no Zendesk account at {account.origin}; check the connection's host"
    if kind is ZendeskNotFoundError:
        return f"{account.origin} has no {path}; check the resource name, and that the account's plan includes it"
    if kind is ZendeskRedirectError:
        target = _host(response.headers.get("Location", "")) or "elsewhere"
        return f"{account.origin} redirects {path} to {show(target)}; redirects are not followed: give the final host"
    return f"{account.origin} refused {path}"


def _host(location: str) -> str:
    """Return the host that a ``Location`` header names; ``""`` if it names none that can be read."""
    try:
        return urlsplit(location).netloc
    except ValueError:
        return ""


def _envelope(body: bytes) -> dict[str, Any] | None:
    """Return a body's JSON object; None for text, HTML, and anything else that is no error of Zendesk."""
    if len(body) > _LARGEST:
        return None
    try:
        parsed: Any = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _code_and_description(envelope: dict[str, Any] | None) -> tuple[str, str]:
    """Return Zendesk's error code and description from any of its error formats; empty strings if there are none."""
    if envelope is None:
        return "", ""
    error = envelope.get("error")
    if error is None and isinstance(envelope.get("errors"), list) and envelope["errors"]:
        error = envelope["errors"][0]
    if isinstance(error, dict):
        return _text(error.get("code")), _text(error.get("title"), error.get("message"))
    return _text(error), _text(envelope.get("description"), envelope.get("error_description"))


def _text(*parts: object) -> str:
    return ": ".join(part for part in parts if isinstance(part, str))
