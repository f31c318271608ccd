# SPDX-License-Identifier: Apache-2.0
"""Whether a failed connection shows that the connection's host is wrong, and what to change."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.account import Account

_PLAIN_TEXT = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")


def root_of(error: BaseException) -> BaseException:
    """Return the first error of a chain."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def what_to_change(error: BaseException, account: Account) -> str | None:
    """
    Return what to change if a host does not exist, refuses connections, or does not speak TLS as it should.

    :param error: what the HTTP library raised.
    :return: None for any other failure, which may pass.
    """
    root = root_of(error)
    if isinstance(root, socket.gaierror):
        return (
            f"the host {account.name!r} is unknown here; check the connection's host, and this machine's DNS"
        )
    if isinstance(root, ConnectionRefusedError):
        return f"nothing listens at {account.origin}; check the connection's host and port"
    if isinstance(root, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {account.name!r} is not trusted; check the connection's host, and if a proxy of your company "
            "replaces certificates, let REQUESTS_CA_BUNDLE name its CA bundle"
        )
    if isinstance(root, ssl.SSLError):
        speaks_http = any(word in str(root).upper() for word in _PLAIN_TEXT)
        return f"{account.origin} does not speak TLS as it should; check the connection's host and port" + (
            f", and give http://{account.origin.partition('://')[2]} if it is an emulator without TLS"
            if speaks_http and account.on_loopback
            else ""
        )
    return None


def hint_of_scheme(account: Account) -> str:
    """Return what to check when an http connection ends without an answer; empty for https."""
    return "; if the server speaks TLS, give an https:// host" if account.origin.startswith("http://") else ""
