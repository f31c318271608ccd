# SPDX-License-Identifier: Apache-2.0
"""The URLs of roots, such as ``s3://aws_default@lake/zendesk``, as text."""

from __future__ import annotations

from urllib.parse import urlsplit

LOCAL_SCHEMES = ("", "file", "local")
_AZURE_SCHEMES = ("abfs", "abfss", "az", "azure", "adl")


def connection_of(url: str) -> str:
    """
    Return the Airflow connection that a URL names in its user part; empty if there is none.

    ``abfs://container@account.dfs.core.windows.net`` has none: in Azure's own URLs, the container is there.
    """
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    return "" if parts.scheme in _AZURE_SCHEMES and "." in place else user


def without_connection(url: str) -> str:
    """Return a root's URL as logs, summaries and assets have it: ``s3://lake/zendesk``, ``file:///data/zendesk``."""
    parts = urlsplit(url)
    place = parts.netloc.removeprefix(f"{connection_of(url)}@")
    return f"{parts.scheme or 'file'}://{place}{parts.path.rstrip('/')}"


def is_local(url: str) -> bool:
    """Return True if a URL is a path on this machine."""
    return urlsplit(url).scheme in LOCAL_SCHEMES


def is_absolute(path: str) -> bool:
    """Return True if a local path is the same place for every process; drivers take ``//data`` for a relative one."""
    return path.startswith("/") and not path.startswith("//")


def is_relative(url: str) -> bool:
    """Return True if a URL is a path on this machine that is another place in every process."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return is_local(url) and bool(place or not is_absolute(parts.path))
