# SPDX-License-Identifier: Apache-2.0
"""Tries an account: the credentials, their user, the clock, the resources, the rate limits, and how long a first load takes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from airflow_provider_zendesk.client.auth import (
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    PasswordAuth,
)
from airflow_provider_zendesk.diagnosis.report import Check
from airflow_provider_zendesk.exceptions import (
    NotBefore,
    ZendeskError,
    ZendeskForbiddenError,
    ZendeskNotFoundError,
    ZendeskResponseError,
)
from airflow_provider_zendesk.resources import RESOURCES, TICKETS
from airflow_provider_zendesk.stream.page import PageDecoder
from airflow_provider_zendesk.window import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.client.client import Answer, ZendeskClient
    from airflow_provider_zendesk.stream.page import Row

# Zendesk's announcement (zendesk-api.md 3).
_API_TOKENS_END = date(2027, 4, 30)
_SOON = 30
_CLOCK_MATTERS = 60.0
_DAY = 86_400
_JUST_NOW = 600
# Zendesk docs, Incremental Sample Export.
_SAMPLE = 50
_CLIENT = (
    "create a confidential OAuth client as an admin, and give the connection its client_id and client_secret"
)


class User(msgspec.Struct):
    """Who Zendesk takes the connection for; without an id for nobody."""

    id: int | None = None
    name: str = ""
    role: str = ""


class _Me(msgspec.Struct):
    user: User


class _Token(msgspec.Struct):
    scopes: list[str] = []
    expires_at: datetime | None = None


class _Current(msgspec.Struct):
    token: _Token


def check_account(client: ZendeskClient) -> Iterator[Check]:
    """
    Yield what was found; the first error ends it, since what follows would only repeat it.

    It makes one call for each resource, and some more, so it may use up a minute's calls of the exports.
    """
    try:
        yield from _credentials(client)
        user, own, server_time = who(client)
    except ZendeskError as error:
        yield Check("sign-in", "error", str(error), _way_out(error))
        return
    yield check_user(client, user)
    yield _clock(own, server_time)
    if user.role != "admin":
        return
    yield from _resources(client, int(server_time))
    yield from _limits(client)
    yield from _first_load(client, int(server_time))


def _credentials(client: ZendeskClient) -> Iterator[Check]:
    auth = client.session.auth
    if isinstance(auth, PasswordAuth):
        yield Check("credentials", "error", "a password, which Zendesk no longer accepts", _CLIENT)
    elif isinstance(auth, ApiTokenAuth):
        days = (_API_TOKENS_END - datetime.fromtimestamp(client.clock(), UTC).date()).days
        found = f"an API token; Zendesk ends all of them on {_API_TOKENS_END}, in {days} days"
        yield Check("credentials", "warning" if days > 0 else "error", found, _CLIENT)
    elif isinstance(auth, ClientCredentialsAuth):
        yield Check("credentials", "ok", "an OAuth client; its tokens are renewed")
    elif isinstance(auth, BearerAuth):
        yield _access_token(client)


def _access_token(client: ZendeskClient) -> Check:
    """Return when an access token ends, and whether it has the scope."""
    token = client.get("/api/v2/oauth/tokens/current", {}, _read_token)
    if "read" not in token.scopes:
        return Check(
            "credentials",
            "error",
            f"an OAuth access token with the scopes {client.show(' '.join(token.scopes))!r}",
            f"exports need the scope 'read'; {_CLIENT}",
        )
    if token.expires_at is None:
        return Check(
            "credentials", "note", "an OAuth access token; Zendesk does not say when it ends", _CLIENT
        )
    days = (token.expires_at.timestamp() - client.clock()) / _DAY
    found = f"an OAuth access token that ends at {iso(token.expires_at.timestamp())}, in {days:.1f} days"
    return Check("credentials", "warning" if days < _SOON else "ok", found, _CLIENT if days < _SOON else "")


def _read_token(answer: Answer) -> _Token:
    try:
        return msgspec.json.decode(answer.body, type=_Current).token
    except (ValueError, RecursionError) as error:
        raise ZendeskResponseError(
            f"the answer about the access token is not as documented: {error}"
        ) from None


def who(client: ZendeskClient) -> tuple[User, float, float]:
    """
    Return the user, and this machine's and Zendesk's clock at the same moment, UTC epoch seconds.

    :raises ZendeskError: if Zendesk refuses, or cannot be reached.
    """

    def read(answer: Answer) -> tuple[User, float, float]:
        try:
            return msgspec.json.decode(answer.body, type=_Me).user, client.clock(), answer.server_time
        except (ValueError, RecursionError) as error:
            raise ZendeskResponseError(f"the answer of /api/v2/users/me is not a user: {error}") from None

    return client.get("/api/v2/users/me", {}, read, retry_slow=False)


def check_user(client: ZendeskClient, user: User) -> Check:
    """
    Return whether a user can export.

    Status 200 alone is not enough: without valid credentials Zendesk answers ``/users/me`` with "Anonymous user".
    """
    account = client.account.name
    if user.id is None:
        return Check(
            "user", "error", f"{account} treats this connection as anonymous", "check its credentials"
        )
    if user.role != "admin":
        return Check(
            "user",
            "error",
            f"{client.show(user.name)!r} has the role {client.show(user.role)!r} on {account}",
            "exports need an admin: use an admin's credentials (for an OAuth client: have an admin create it)",
        )
    return Check("user", "ok", f"{client.show(user.name)} is an admin of {account}")


def _clock(own: float, server_time: float) -> Check:
    ahead = own - server_time
    if abs(ahead) < _CLOCK_MATTERS:
        return Check("clock", "ok", f"this machine's clock differs by {abs(ahead):.0f} s from Zendesk's")
    return Check(
        "clock",
        "warning",
        f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Zendesk's",
        "set this machine's clock (NTP): windows close by Zendesk's clock, but waits are measured by this one",
    )


def _resources(client: ZendeskClient, now: int) -> Iterator[Check]:
    for name, resource in RESOURCES.items():
        endpoint = resource.endpoint()
        query = {**resource.query(endpoint, include=()), "start_time": now - 2 * _DAY}
        if endpoint.max_per_page:
            query[endpoint.page_size] = 1
        if not endpoint.takes_start_time:
            del query["start_time"]
        try:
            client.get(endpoint.path, query, lambda answer: None)
        except NotBefore as refusal:
            wait = (
                "wait a minute, and give other integrations fewer calls or this export a rate_limit_reserve="
            )
            yield Check(f"resource {name}", "warning", f"not tried: {refusal.reason}", wait)
        except (ZendeskForbiddenError, ZendeskNotFoundError) as error:
            yield Check(f"resource {name}", "note", f"not offered here (HTTP {error.status})")
        except ZendeskError as error:
            yield Check(f"resource {name}", "warning", str(error))
        else:
            yield Check(f"resource {name}", "ok", "can be exported")


def _limits(client: ZendeskClient) -> Iterator[Check]:
    limits = client.limits()
    for name, limit in sorted(limits.items()):
        found = f"{limit.remaining} of {limit.total or 'unknown'} calls are left of this minute"
        yield Check(f"rate limit {name}", "ok", found)
    if not limits:
        yield Check("rate limits", "note", "Zendesk's answers do not tell them, so its 429 answers decide")


def _first_load(client: ZendeskClient, now: int) -> Iterator[Check]:
    """Yield how many tickets there may be, from two samples: their ids are given out one after the other."""
    try:
        day, latest = (_sample(client, now - age) for age in (_DAY, _JUST_NOW))
    except ZendeskError as error:
        yield Check("first load", "note", f"no estimate: {error}")
        return
    if not day:
        yield Check("first load", "note", "no estimate: no ticket has changed since yesterday")
        return
    seconds = max(day[-1].sort_key - day[0].sort_key, 1)
    a_day = len(day) if len(day) < _SAMPLE else round(len(day) * _DAY / seconds)
    newest = max(row.id for row in (*day, *latest) if isinstance(row.id, int))
    limit = client.limits().get("incremental-exports")
    calls = (limit.total if limit else None) or 10
    hours = newest / 1000 / calls / 60
    yield Check(
        "first load",
        "note",
        f"some {a_day:,} tickets change a day; the highest id in a sample is {newest:,}, so a first load takes some "
        f"{hours:,.1f} hours at {calls} calls a minute",
    )


def _sample(client: ZendeskClient, start: int) -> list[Row]:
    """Return the first 50 tickets that changed since a time, UTC epoch seconds."""
    decode = PageDecoder(TICKETS, TICKETS.endpoint(), {})
    return client.get(f"{TICKETS.sample}", {"start_time": start}, decode).rows


def _way_out(error: ZendeskError) -> str:
    if isinstance(error, NotBefore):
        return "wait a minute; other integrations use up the account's calls"
    return "check the connection's host and credentials"
