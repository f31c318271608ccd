# SPDX-License-Identifier: Apache-2.0
"""Authentication and authorization: OAuth tokens, API tokens and passwords."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.emulator.account.rows.seeds import timestamp
from airflow_provider_zendesk.emulator.http.messages import Refusal, Reply, json_reply, refuse

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.clock import Clock
    from airflow_provider_zendesk.emulator.api.credentials import Credentials, User

DEFAULT_LIFETIME = 1800  # seconds; for OAuth clients created since 2026-04-30
LIFETIMES = range(300, 172_801)  # seconds that a client may request
STATIC_SINCE = 1_767_600_000  # epoch seconds when the static tokens were created


@dataclass(frozen=True)
class Token:
    """
    An OAuth token.

    :param created_at: epoch seconds
    :param expires_at: epoch seconds; None for never
    """

    id: int
    created_at: float
    expires_at: float | None
    scopes: frozenset[str]


@dataclass(frozen=True)
class Caller:
    """
    The sender of a request.

    :param user: None for an anonymous request
    :param token: the OAuth token; None for other credentials, which have no scopes
    """

    user: User | None
    token: Token | None = None


class Authenticator:
    """Issues OAuth tokens and identifies callers."""

    def __init__(self, clock: Clock, credentials: Credentials) -> None:
        self._clock = clock
        self._prefix, self._api_token = credentials.credential_prefix, credentials.api_token
        self._staff = list(credentials.staff.values())
        self.reset()

    def reset(self) -> None:
        """Forget all issued tokens and make the static ones valid again."""
        self._issued = 0
        self.revoke_tokens()

    def revoke_tokens(self, static: bool = False) -> None:
        """
        Revoke every token that the token endpoint has issued.

        :param static: revoke the static tokens too
        """
        scopes = frozenset({"read", "write"})
        self._callers = {
            user.oauth_token: Caller(user, Token(user.id + 10_000, STATIC_SINCE, None, scopes))
            for user in self._staff
            if not static
        }

    def issue(self, body: bytes) -> Reply:
        """
        ``POST /oauth/tokens``: the client credentials grant, with a JSON body (as Zendesk's docs require).

        This grant has no refresh token, and the token acts as the user who created the client.
        """
        request = _token_request(body)
        user = next((user for user in self._staff if user.client_id == request.get("client_id")), None)
        if user is None or user.client_secret != request.get("client_secret"):
            raise refuse(
                401,
                {
                    "error": "invalid_client",
                    "error_description": "Client authentication failed due to unknown client, no client"
                    " authentication included, or unsupported authentication method.",
                },
            )
        lifetime = _lifetime(request)
        # Zendesk issues a token for any scope, even an unknown one or an array; calls with it are answered with 403.
        scope = request.get("scope")
        scopes = frozenset(scope.split()) if isinstance(scope, str) else frozenset()
        self._issued, now = self._issued + 1, self._clock.now()
        text = f"{self._prefix}minted-{user.role}-{self._issued}"
        self._callers[text] = Caller(user, Token(361000020000 + self._issued, now, now + lifetime, scopes))
        # expires_in is left out unless requested, although the token expires (Zendesk announcement, 2026).
        expiry = {"expires_in": lifetime} if "expires_in" in request else {}
        return json_reply(201, {"access_token": text, "token_type": "bearer", "scope": scope} | expiry)

    def identify(self, authorization: str | None, password_access: bool) -> Caller:
        """
        Identify the caller.

        :param authorization: the header; None for an anonymous request
        :param password_access: whether email and password are accepted; Zendesk phased them out in January 2026
        :raises Refusal: 401 for unknown, expired or revoked credentials
        """
        if authorization is None:
            return Caller(None)
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._bearer(value.strip())
        if scheme.lower() == "basic":
            return self._basic(value.strip(), password_access)
        raise unauthenticated()

    def _bearer(self, text: str) -> Caller:
        caller = self._callers.get(text)
        if caller is None or caller.token is None:
            raise unauthenticated()
        expires_at = caller.token.expires_at
        if expires_at is not None and expires_at <= self._clock.now():
            raise unauthenticated()
        return caller

    def _basic(self, value: str, password_access: bool) -> Caller:
        try:
            login, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise unauthenticated() from None
        for user in self._staff:
            if login == f"{user.email}/token" and secret == self._api_token:
                return Caller(user)
            if login == user.email and secret == user.password and password_access:
                return Caller(user)
        raise unauthenticated()


def authorize(caller: Caller, scope: str, role: str | None = None) -> None:
    """
    Check that the caller may make a request.

    :param scope: required if the caller has an OAuth token. It is not documented whether Zendesk's granular scopes
        (``tickets:read``) cover the exports; here they do not.
    :param role: required of the user; None for any
    :raises Refusal: 401 or 403
    """
    if caller.user is None:
        raise unauthenticated()
    if caller.token is not None and scope not in caller.token.scopes:
        description = f"Missing the following required scopes: {scope}"
        raise refuse(403, {"error": "Forbidden", "description": description})
    if role is not None and caller.user.role != role:
        message = "You do not have access to this page. Please contact the account owner of this help desk for further help."
        raise refuse(403, {"error": {"title": "Forbidden", "message": message}})


def unauthenticated() -> Refusal:
    return refuse(401, {"error": "Couldn't authenticate you"})


def current_token(caller: Caller) -> Reply:
    """
    ``GET /api/v2/oauth/tokens/current``: the token in use (Zendesk's OpenAPI).

    :raises Refusal: 401 for an anonymous request, 403 for a token without the scope, 404 for other credentials
    """
    authorize(caller, "read")
    user, token = caller.user, caller.token
    if user is None or token is None:
        raise refuse(404, {"error": "RecordNotFound", "description": "Not found"})
    return json_reply(
        200,
        {
            "token": {
                "id": token.id,
                "client_id": user.id + 5_000,
                "user_id": user.id,
                "scopes": sorted(token.scopes),
                "expires_at": None if token.expires_at is None else _timestamp(token.expires_at),
                "created_at": _timestamp(token.created_at),
            }
        },
    )


def current_user(caller: Caller) -> Reply:
    """``GET /api/v2/users/me``: 200 even for an anonymous request, so it does not prove that credentials are valid."""
    user = caller.user
    if user is None:
        return json_reply(
            200,
            {
                "user": {
                    "id": None,
                    "name": "Anonymous user",
                    "email": "invalid@example.com",
                    "role": "end-user",
                    "verified": False,
                    "active": None,
                }
            },
        )
    return json_reply(
        200,
        {
            "user": {
                "id": user.id,
                "name": user.name,
                "email": user.email,
                "role": user.role,
                "verified": True,
                "active": True,
            }
        },
    )


def _token_request(body: bytes) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise refuse(
            400, {"error": "invalid_request", "error_description": "The request body must be a JSON object."}
        ) from None
    if request.get("grant_type") != "client_credentials":
        raise refuse(
            400,
            {
                "error": "unsupported_grant_type",
                "error_description": "The authorization grant type is not supported by the authorization server.",
            },
        )
    return request


def _timestamp(epoch: float) -> str:
    return timestamp(int(epoch)).decode()


def _lifetime(request: dict[str, Any]) -> int:
    lifetime = request.get("expires_in", DEFAULT_LIFETIME)
    if isinstance(lifetime, int) and lifetime in LIFETIMES:
        return lifetime
    description = f"expires_in must be between {LIFETIMES[0]} and {LIFETIMES[-1]} seconds."
    raise refuse(400, {"error": "invalid_request", "error_description": description})
