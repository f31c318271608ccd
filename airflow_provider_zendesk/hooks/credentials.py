# SPDX-License-Identifier: Apache-2.0
"""Reads the account and its credentials from an Airflow connection."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import (
    AccountAuth,
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    PasswordAuth,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.providers.common.compat.sdk import Connection

    from airflow_provider_zendesk.client.auth import AccessToken

log = logging.getLogger(__name__)


def account_of(connection: Connection) -> Account:
    """
    Return the account that a connection's host names.

    :raises ValueError: if it names none.
    """
    try:
        return Account.at(connection.host or "", scheme=connection.schema, port=connection.port)
    except ValueError as error:
        raise ValueError(f"connection {connection.conn_id!r}: {error}") from None


def auth_of(
    connection: Connection, account: Account, mint: Callable[[dict[str, object]], AccessToken]
) -> AccountAuth:
    """
    Return what signs requests: the first credentials that the connection has, in the order of :class:`ZendeskHook`.

    :param account: the only origin that gets them.
    :param mint: requests an access token for client credentials.
    :raises ValueError: if there are none, or only half of them.
    """
    extra = connection.extra_dejson if isinstance(connection.extra_dejson, dict) else {}
    if extra.get("client_id") or extra.get("client_secret"):
        return _client_credentials(connection, extra, account, mint)
    if extra.get("oauth_token"):
        try:
            return BearerAuth(account, extra["oauth_token"])
        except ValueError as error:
            raise ValueError(f"connection {connection.conn_id!r}: {error}") from None
    if token := extra.get("token") or (connection.password if _is_on(extra.get("use_token")) else None):
        return _api_token(connection, token, account)
    if connection.login and connection.password:
        log.warning(
            "connection %r uses a password; Zendesk no longer accepts passwords of admins and agents: create an OAuth "
            "client and give the extras client_id and client_secret",
            connection.conn_id,
        )
        return PasswordAuth(account, connection.login, connection.password)
    raise ValueError(
        f"connection {connection.conn_id!r} has no credentials; give the extras client_id and client_secret "
        "of an OAuth client (or oauth_token, or login and token)"
    )


def _client_credentials(
    connection: Connection,
    extra: dict[str, str],
    account: Account,
    mint: Callable[[dict[str, object]], AccessToken],
) -> AccountAuth:
    if not (extra.get("client_id") and extra.get("client_secret")):
        raise ValueError(
            f"connection {connection.conn_id!r} has only one of the extras client_id and client_secret; give both"
        )
    return ClientCredentialsAuth(account, extra["client_id"], extra["client_secret"], mint)


def _api_token(connection: Connection, token: str, account: Account) -> AccountAuth:
    if not connection.login:
        raise ValueError(
            f"connection {connection.conn_id!r} has an API token but no login; set the login to the e-mail the token "
            "belongs to"
        )
    log.warning(
        "connection %r uses an API token; Zendesk ends all API tokens on 2027-04-30: create an OAuth client and "
        "give the extras client_id and client_secret",
        connection.conn_id,
    )
    return ApiTokenAuth(account, connection.login.removesuffix("/token"), token)


def _is_on(value: object) -> bool:
    """Return the value of a switch, which may be a boolean or text."""
    return str(value).lower() in ("true", "1", "yes", "on")
