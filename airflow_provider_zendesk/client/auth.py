# SPDX-License-Identifier: Apache-2.0
"""
The ways to authenticate, as ``requests`` auth classes.

Each one refuses to sign a request to any origin but the account's. They are auth classes rather than session headers
because requests replaces an ``Authorization`` session header with credentials from ``~/.netrc`` if it finds any.
"""

from __future__ import annotations

import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from requests.auth import AuthBase

from airflow_provider_zendesk.exceptions import ZendeskError, ZendeskRefusedError, ZendeskResponseError
from airflow_provider_zendesk.quoting import LONGEST_QUOTE, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from airflow_provider_zendesk.client.account import Account

TOKEN_PATH = "/oauth/tokens"  # noqa: S105  # a path, not a secret
SCOPE = "read"
# The longest lifetime Zendesk grants a token (OpenAPI file, oauth/tokens). It needs the fewest token requests, and a run
# of up to two days needs no renewal.
_LIFETIME = 172_800
_RENEW_BEFORE = 60
# Zendesk's default for OAuth clients created since 2026-04-30.
_UNKNOWN_LIFETIME = 1800
# Shorter texts are part of any answer. Zendesk's tokens have 40 characters or more.
_SHORTEST_SECRET = 4
_LEFT_OUT = "(left out: it repeats the credentials)"


class AccountAuth(AuthBase):
    """
    Signs requests to one account and refuses to sign any others.

    :param account: the only origin that gets the credentials.
    """

    #: what to check when Zendesk answers 401; part of the error message
    advice = "check the connection's credentials"

    def __init__(self, account: Account) -> None:
        self.account = account

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        target = urlsplit(request.url or "")
        origin = f"{target.scheme}://{target.netloc}"
        if origin != self.account.origin:
            raise ZendeskError(f"refused to send the credentials of {self.account.origin} to {origin}")
        request.headers["Authorization"] = self.authorization()
        return request

    def prepare(self) -> None:
        """Get what is needed to sign requests, if that takes a call of its own."""

    def authorization(self) -> str:
        """Return the value of the ``Authorization`` header."""
        raise NotImplementedError

    def renew(self) -> bool:
        """Discard the token that Zendesk just refused; return False if the credentials cannot be renewed."""
        return False

    def secrets(self) -> tuple[str, ...]:
        """Return what no log and no error may show."""
        return ()

    def repeats_secret(self, text: str) -> bool:
        """Return True if a text from a server has one of the secrets that were sent to it."""
        return any(secret in text for secret in self.secrets() if len(secret) >= _SHORTEST_SECRET)

    def show(self, text: str, limit: int = LONGEST_QUOTE) -> str:
        """
        Return a text from a server as logs and errors may show it, see :func:`quoted`.

        :param limit: characters of it to show.
        :return: instead of the text, only a note if it repeats a secret.
        """
        return _LEFT_OUT if self.repeats_secret(text) else quoted(text, limit)


class BearerAuth(AccountAuth):
    """An existing OAuth access token (``oauth_token``)."""

    advice = "the connection's oauth_token is wrong, expired or revoked; prefer client_id and client_secret"

    def __init__(self, account: Account, token: str) -> None:
        super().__init__(account)
        if not _is_token(token):
            raise ValueError(
                "the oauth_token contains whitespace or characters that no token has; paste it again"
            )
        self._token = token

    def authorization(self) -> str:
        return f"Bearer {self._token}"

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)


class ApiTokenAuth(AccountAuth):
    """An API token: basic auth with ``{email}/token`` as user. Zendesk ends API tokens on 2027-04-30."""

    advice = (
        "check the connection's login (e-mail) and API token; Zendesk deactivates tokens unused for 30 days and ends "
        "all API tokens on 2027-04-30: prefer client_id and client_secret"
    )

    def __init__(self, account: Account, email: str, token: str) -> None:
        super().__init__(account)
        self._token = token
        self._basic = _basic(f"{email}/token", token)

    def authorization(self) -> str:
        return f"Basic {self._basic}"

    def secrets(self) -> tuple[str, ...]:
        return self._token, self._basic


class PasswordAuth(AccountAuth):
    """E-mail and password. Zendesk has not accepted these from admins and agents since January 2026."""

    advice = "Zendesk no longer accepts passwords of admins and agents; give client_id and client_secret"

    def __init__(self, account: Account, email: str, password: str) -> None:
        super().__init__(account)
        self._password = password
        self._basic = _basic(email, password)

    def authorization(self) -> str:
        return f"Basic {self._basic}"

    def secrets(self) -> tuple[str, ...]:
        return self._password, self._basic


class AccessToken(msgspec.Struct):
    """
    Zendesk's answer to a token request. Its documented examples contain only the first two fields.

    :param expires_in: lifetime in seconds. Zendesk leaves it out unless the request asks for one; the lifetime is then
        unknown, not unlimited.
    """

    access_token: str
    scope: str = SCOPE
    expires_in: Any = None

    def __repr__(self) -> str:
        return f"AccessToken(lifetime={self.lifetime})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return what rich prints instead of the fields, in tracebacks too."""
        return [("lifetime", self.lifetime)]

    @property
    def lifetime(self) -> int:
        """How many seconds the token may be used; a default if the answer has no usable value."""
        seconds = self.expires_in
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
            return _UNKNOWN_LIFETIME
        return min(seconds, _LIFETIME)


class ClientCredentialsAuth(AccountAuth):
    """
    OAuth client credentials: requests an access token, keeps it, and renews it before it expires.

    The token acts as the user who created the OAuth client; that user must be an admin.

    :param account: where the client is registered.
    :param client_id: the client's unique identifier.
    :param client_secret: its secret.
    :param mint: sends one POST with the given JSON body to :data:`TOKEN_PATH` and returns the answer.
    """

    advice = "check client_id and client_secret: the client must be confidential and created by an admin of this account"

    def __init__(
        self,
        account: Account,
        client_id: str,
        client_secret: str,
        mint: Callable[[dict[str, object]], AccessToken],
    ) -> None:
        super().__init__(account)
        self._client_secret = client_secret
        self._grant: dict[str, object] = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": SCOPE,
            "expires_in": _LIFETIME,
        }
        self._mint = mint
        self._token: str | None = None
        # Also the token that was just refused: the refusal may repeat it.
        self._granted = ""
        self._expires = 0.0

    def prepare(self) -> None:
        if self._token is not None and time.monotonic() < self._expires:
            return
        granted = self._mint(self._grant)
        if not _is_token(granted.access_token):
            raise ZendeskResponseError(
                f"the access_token that {self.account.origin} granted is empty, or contains whitespace or characters that no "
                "token has; look for a proxy that changes answers"
            )
        self._granted = granted.access_token
        # Zendesk also issues tokens for unknown scopes, but then answers every call with 403.
        if SCOPE not in granted.scope.split():
            raise ZendeskRefusedError(
                f"{self.account.origin} granted scope '{self.show(granted.scope)}' instead of {SCOPE!r}; "
                "give the OAuth client the scope 'read'",
                status=200,
            )
        self._token = granted.access_token
        # If the lifetime is less than two minutes, use half of it.
        usable = max(granted.lifetime - _RENEW_BEFORE, granted.lifetime / 2)
        self._expires = time.monotonic() + usable

    def authorization(self) -> str:
        self.prepare()
        return f"Bearer {self._token}"

    def renew(self) -> bool:
        had_one, self._token = self._token is not None, None
        return had_one

    def secrets(self) -> tuple[str, ...]:
        return self._client_secret, self._granted


def _basic(user: str, secret: str) -> str:
    return b64encode(f"{user}:{secret}".encode()).decode("ascii")


def _is_token(text: str) -> bool:
    """Return True if a text can be sent as a token. For others, requests would print the header in its error."""
    return text.isascii() and text.isprintable() and text != "" and " " not in text
