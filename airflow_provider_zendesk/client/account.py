# SPDX-License-Identifier: Apache-2.0
"""Find the Zendesk account of a connection, and the one origin its credentials may be sent to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# urlsplit() silently drops some of these.
_BLANK = re.compile(r"[\s\x00-\x1f]")


class Account(msgspec.Struct, frozen=True):
    """
    A Zendesk account.

    :param name: host without port, as manifests record it: ``acme.zendesk.com``.
    :param origin: scheme, host and port, no path: ``https://acme.zendesk.com``.
    """

    name: str
    origin: str

    @property
    def on_loopback(self) -> bool:
        """The account is on this machine, so it is an emulated one."""
        return is_loopback(self.name)

    @classmethod
    def at(cls, host: str, *, scheme: str | None = None, port: int | None = None) -> Account:
        """
        Return the account at a host.

        :param host: a subdomain (``acme``), a full host, or the URL of either without a path.
        :param scheme: ``https`` (default) or, on loopback only, ``http``.
        :param port: any port on loopback, otherwise 443 or None.
        :raises ValueError: for anything else; the message says what to change.
        """
        text = host.strip().lower()
        if not text:
            raise ValueError("the connection has no host; give the account's subdomain (acme) or full host")
        try:
            url = urlsplit(text if "://" in text else f"{scheme or 'https'}://{text}")
            name, port = url.hostname or "", url.port if url.port is not None else port
        except ValueError:
            raise _no_account(host) from None
        loopback = is_loopback(name)
        plain = not (url.path.strip("/") or url.query or url.fragment or "@" in text or _BLANK.search(text))
        if not plain or not (loopback or _HOST.fullmatch(name)):
            raise _no_account(host)
        if url.scheme not in ("http", "https"):
            raise ValueError(f"scheme {url.scheme!r} of host {name!r} is not supported; use https")
        if loopback:
            shown = f"[{name}]" if ":" in name else name
            return cls(name, f"{url.scheme}://{shown}" + (f":{port}" if port else ""))
        if url.scheme == "http":
            raise ValueError(
                f"http to {name!r} would send credentials unencrypted; use https (http is allowed for loopback hosts only)"
            )
        if port not in (None, 443):
            raise ValueError(
                f"port {port} on {name!r} is not supported; Zendesk uses port 443 only, so remove the port"
            )
        name = name if "." in name else f"{name}.zendesk.com"
        return cls(name, f"https://{name}")


def _no_account(host: str) -> ValueError:
    # The part before an @ may be a secret.
    return ValueError(
        f"host {host.rpartition('@')[2]!r} is not a Zendesk account; give the subdomain (acme) or the full host "
        "(acme.zendesk.com), without user, path or query"
    )


def is_loopback(host: str) -> bool:
    """Return True if a host, without port and brackets, is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
