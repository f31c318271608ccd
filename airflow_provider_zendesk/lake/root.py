# SPDX-License-Identifier: Apache-2.0
"""The root of a lake: its storage, and the URLs of the objects in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from fsspec.core import url_to_fs

from airflow_provider_zendesk.lake.storage import Storage, is_absolute, open_storage

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL_SCHEMES = ("", "file", "local")
_AZURE_SCHEMES = ("abfs", "abfss", "az", "azure", "adl")


class Root(NamedTuple):
    """
    An opened root.

    :param storage: the storage at the root.
    :param uri: the root's URI for logs and messages, without a connection: ``s3://lake/zendesk``, ``file:///data/zendesk``.
    :param path: the path in the filesystem.
    """

    storage: Storage
    uri: str
    path: str

    def url(self, name: str) -> str:
        """
        Return an object's URL, which DuckDB, polars, pyarrow and pandas take.

        Of a local object it is the absolute path, because pyarrow's datasets do not take ``file://`` URLs.

        :param name: relative to the root.
        """
        is_local = urlsplit(self.uri).scheme in LOCAL_SCHEMES
        return f"{(self.path if is_local else self.uri).rstrip('/')}/{name}"


def is_relative(scheme: str, place: str, path: str) -> bool:
    """Return True if the parts of a URL, without a connection, are a local path that is another place in every process."""
    return scheme in LOCAL_SCHEMES and bool(place or not is_absolute(path))


def connection_of(url: str) -> str:
    """
    Return the Airflow connection that a URL names in its user part; empty if there is none.

    ``abfs://container@account.dfs.core.windows.net`` has none: Azure's own URLs have the container there.
    """
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    return "" if parts.scheme in _AZURE_SCHEMES and "." in place else user


def open_url(url: str, storage_options: Mapping[str, Any] | None = None) -> Root:
    """
    Return the root at an absolute path or a URL that names no connection; nothing is read.

    :param url: such as ``/data/zendesk`` or ``s3://lake/zendesk``.
    :param storage_options: for fsspec's driver, such as credentials.
    :raises ValueError: for a relative path, a URL without a bucket, or a scheme that fsspec does not know.
    :raises ImportError: if the scheme's driver is not installed.
    """
    parts = urlsplit(url)
    example = "give an absolute path such as '/data/zendesk', or a URL such as 's3://lake/zendesk'"
    if is_relative(parts.scheme, parts.netloc, parts.path):
        raise ValueError(f"{url!r} is relative, so it would be a different place in every process; {example}")
    if parts.scheme not in LOCAL_SCHEMES and not parts.netloc:
        raise ValueError(f"{url!r} names no bucket or container; {example}")
    try:
        filesystem, path = url_to_fs(url, **(storage_options or {}))
    except ValueError as error:
        raise ValueError(f"{url!r} cannot be opened: {error}; {example}") from None
    storage = open_storage(filesystem, path)
    uri = f"{parts.scheme or 'file'}://{parts.netloc}{parts.path.rstrip('/')}"
    return Root(storage, uri, path)
