# SPDX-License-Identifier: Apache-2.0
"""
The ways to authenticate, as ``requests`` auth classes.

Each refuses to sign a request to any origin but the account's. Being auth classes they also keep
``~/.netrc`` out: requests replaces a Bearer that is merely a session header by what it finds there.
"""

from __future__ import annotations

import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from requests.auth import AuthBase

from airflow_provider_zendesk.exceptions import ZendeskError, ZendeskRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from airflow_provider_zendesk.client.account import Account

TOKEN_PATH = "/oauth/tokens"  # noqa: S105  # a path, not a secret
SCOPE = "read"
# The longest life Zendesk grants a token (OpenAPI file, oauth/tokens): fewest mints, and a walk of two
# days needs no renewal.
_LIFETIME = 172_800
_RENEW_BEFORE = 60
# Zendesk's default for clients made since 2026-04-30.
_UNKNOWN_LIFETIME = 1800


class AccountAuth(AuthBase):
    """
    Signs requests to one account and refuses all others.

    :param account: the only origin that gets the credentials.
    """

    #: what to look at when Zendesk answers 401; named in the error
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
        """Get what a signature needs, where that takes a call of its own."""

    def authorization(self) -> str:
        """Return the header's value."""
        raise NotImplementedError

    def renew(self) -> bool:
        """Forget what Zendesk just refused; False if the credentials cannot be renewed."""
        return False


class BearerAuth(AccountAuth):
    """A ready-made OAuth access token (``oauth_token``)."""

    advice = (
        "the connection's oauth_token is wrong, expired or revoked; better give client_id and client_secret"
    )

    def __init__(self, account: Account, token: str) -> None:
        super().__init__(account)
        # requests would refuse such a header too, and print it.
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ValueError(
                "the oauth_token holds blanks, line ends or letters that no token has; paste it anew"
            )
        self._token = token

    def authorization(self) -> str:
        return f"Bearer {self._token}"


class ApiTokenAuth(AccountAuth):
    """An API token: Basic with ``{email}/token`` as user. Zendesk ends these on 2027-04-30."""

    advice = (
        "check the connection's login (e-mail) and API token; Zendesk deactivates tokens unused for 30 days and ends "
        "all on 2027-04-30: better give client_id and client_secret"
    )

    def __init__(self, account: Account, email: str, token: str) -> None:
        super().__init__(account)
        self._basic = _basic(f"{email}/token", token)

    def authorization(self) -> str:
        return self._basic


class PasswordAuth(AccountAuth):
    """E-mail and password: Zendesk took its last such request from admins and agents in January 2026."""

    advice = "Zendesk no longer takes passwords of admins and agents; give client_id and client_secret"

    def __init__(self, account: Account, email: str, password: str) -> None:
        super().__init__(account)
        self._basic = _basic(email, password)

    def authorization(self) -> str:
        return self._basic


class AccessToken(msgspec.Struct):
    """
    Zendesk's answer to a token request; its examples leave out all but the first two.

    :param expires_in: seconds of life. Zendesk leaves it out where it was not asked for: unknown then, not endless.
    """

    access_token: str
    scope: str = SCOPE
    expires_in: Any = None

    @property
    def lifetime(self) -> int:
        """Seconds that the token may be used, as far as the answer can be believed."""
        said = self.expires_in
        if isinstance(said, bool) or not isinstance(said, int) or said <= 0:
            return _UNKNOWN_LIFETIME
        return min(said, _LIFETIME)


class ClientCredentialsAuth(AccountAuth):
    """
    OAuth client credentials: mints an access token, keeps it, renews it before it expires.

    The token acts as the user who made the OAuth client, who must be an admin.

    :param account: where the client is registered.
    :param client_id: the client's unique identifier.
    :param client_secret: its secret.
    :param mint: posts the JSON body given to it to :data:`TOKEN_PATH`, once, and returns the answer.
    """

    advice = "check client_id and client_secret: the client must be confidential and made by an admin of this account"

    def __init__(
        self,
        account: Account,
        client_id: str,
        client_secret: str,
        mint: Callable[[dict[str, object]], AccessToken],
    ) -> None:
        super().__init__(account)
        self._grant: dict[str, object] = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": SCOPE,
            "expires_in": _LIFETIME,
        }
        self._mint = mint
        self._token: str | None = None
        self._expires = 0.0

    def prepare(self) -> None:
        if self._token is not None and time.monotonic() < self._expires:
            return
        granted = self._mint(self._grant)
        # An unknown scope gets a token too, one that every later call answers with 403.
        if SCOPE not in granted.scope.split():
            raise ZendeskRefusedError(
                f"{self.account.origin} granted scope {granted.scope!r} instead of {SCOPE!r}; "
                "allow the OAuth client the scope 'read'",
                status=200,
            )
        self._token = granted.access_token
        # A life of less than two minutes is used by half.
        usable = max(granted.lifetime - _RENEW_BEFORE, granted.lifetime / 2)
        self._expires = time.monotonic() + usable

    def authorization(self) -> str:
        self.prepare()
        return f"Bearer {self._token}"

    def renew(self) -> bool:
        had_one, self._token = self._token is not None, None
        return had_one


def _basic(user: str, secret: str) -> str:
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode("ascii")
