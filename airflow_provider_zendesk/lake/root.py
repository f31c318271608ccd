# SPDX-License-Identifier: Apache-2.0
"""The root of a lake: its storage, and the URLs of the objects in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from fsspec.core import url_to_fs

from airflow_provider_zendesk.lake.storage import Storage, open_storage
from airflow_provider_zendesk.urls import is_absolute, is_local, without_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXAMPLE = "give an absolute path such as '/data/zendesk', or a URL such as 's3://lake/zendesk'"


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
        return f"{(self.path if is_local(self.uri) else self.uri).rstrip('/')}/{name}"


def open_url(url: str, storage_options: Mapping[str, Any] | None = None) -> Root:
    """
    Return the root at an absolute path or a URL that names no connection; nothing is read.

    :param url: such as ``/data/zendesk`` or ``s3://lake/zendesk``.
    :param storage_options: for fsspec's driver, such as credentials.
    :raises ValueError: for a relative path, a URL without a bucket, or a scheme that fsspec does not know.
    :raises ImportError: if the scheme's driver is not installed.
    """
    parts = urlsplit(url)
    if is_local(url) and (parts.netloc or not is_absolute(parts.path)):
        raise ValueError(
            f"{url!r} is relative, so it would be a different place in every process; {_EXAMPLE}"
        )
    if not is_local(url) and not parts.netloc:
        raise ValueError(f"{url!r} names no bucket or container; {_EXAMPLE}")
    try:
        filesystem, path = url_to_fs(url, **(storage_options or {}))
    except ValueError as error:
        raise ValueError(f"{url!r} cannot be opened: {error}; {_EXAMPLE}") from None
    return Root(open_storage(filesystem, path), without_connection(url), path)
