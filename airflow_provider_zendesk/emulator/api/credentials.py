# SPDX-License-Identifier: Apache-2.0
"""The account's users and their static credentials. All of them are public."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """An admin or agent, with one credential of each kind."""

    id: int
    name: str
    email: str
    role: str
    password: str
    client_id: str
    client_secret: str
    oauth_token: str
    """never expires"""


class Credentials:
    """
    The static credentials of an account; without a name, they are the class attributes.

    :param account: prefix of every credential, so that other accounts reject them: with ``acme`` they are
        ``acme-api-token``, ``acme-admin@example.com`` and so on
    """

    admin_email: str = "admin@example.com"
    password: str = "admin-password"
    client_id: str = "airflow"
    client_secret: str = "airflow-client-secret"
    oauth_token: str = "admin-oauth-token"
    agent_email: str = "agent@example.com"
    agent_password: str = "agent-password"
    agent_client_id: str = "agent-client"
    agent_client_secret: str = "agent-client-secret"
    agent_oauth_token: str = "agent-oauth-token"
    api_token: str = "api-token"
    """belongs to the account and works with the address of any admin or agent"""

    def __init__(self, account: str = "") -> None:
        self.credential_prefix = f"{account}-" if account else ""
        for name in Credentials.__annotations__:
            setattr(self, name, self.credential_prefix + getattr(Credentials, name))

    @property
    def staff(self) -> dict[str, User]:
        """An admin and an agent, by role."""
        admin = User(
            id=361000000001,
            name="Ada Admin",
            email=self.admin_email,
            role="admin",
            password=self.password,
            client_id=self.client_id,
            client_secret=self.client_secret,
            oauth_token=self.oauth_token,
        )
        agent = User(
            id=361000000002,
            name="Agnes Agent",
            email=self.agent_email,
            role="agent",
            password=self.agent_password,
            client_id=self.agent_client_id,
            client_secret=self.agent_client_secret,
            oauth_token=self.agent_oauth_token,
        )
        return {user.role: user for user in (admin, agent)}


def connection(account: Credentials, url: str, credentials: str, role: str) -> str:
    """
    An Airflow connection as JSON.

    :param url: the origin
    :param credentials: ``client_credentials``, ``oauth_token``, ``api_token`` or ``password``
    :param role: ``admin`` or ``agent``
    """
    user = account.staff[role]
    fields: dict[str, dict[str, object]] = {
        "client_credentials": {"extra": {"client_id": user.client_id, "client_secret": user.client_secret}},
        "oauth_token": {"extra": {"oauth_token": user.oauth_token}},
        "api_token": {"login": user.email, "extra": {"token": account.api_token}},
        "password": {"login": user.email, "password": user.password},
    }
    return json.dumps({"conn_type": "zendesk_api", "host": url} | fields[credentials])
