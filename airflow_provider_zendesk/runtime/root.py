# SPDX-License-Identifier: Apache-2.0
"""From the ``path`` argument to the storage it means, or one clear error."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook, ObjectStoragePath

from airflow_provider_zendesk.lake.storage import Storage, open_storage

_LOCAL = ("", "file", "local")
_EXAMPLE = "give an absolute one such as 's3://aws_default@lake/zendesk' or 'file:///data/zendesk'"


class Root(NamedTuple):
    """
    Where an export lands.

    :param storage: to write with.
    :param uri: for people to read, without the connection.
    """

    storage: Storage
    uri: str


def open_root(path: str) -> Root:
    """
    Return the root that an absolute ``ObjectStoragePath`` URL means; nothing is written or listed.

    :param path: the connection is the user part: ``s3://aws_default@lake/zendesk``.
    :raises ValueError: for a relative path, an unknown connection, or a scheme that no provider registers.
    """
    url = urlsplit(path)
    conn_id, _, place = url.netloc.rpartition("@")
    if url.scheme in _LOCAL and (place or not url.path.startswith("/")):
        raise ValueError(
            f"path={path!r} is relative, so it would mean another place on every worker; {_EXAMPLE}"
        )
    if url.scheme not in _LOCAL and not place:
        raise ValueError(f"path={path!r} names no bucket or container; {_EXAMPLE}")
    if conn_id:
        _check_connection(conn_id, path)
    try:
        root = ObjectStoragePath(path)
        filesystem = root.fs
    except ValueError as error:
        raise ValueError(
            f"path={path!r}: no installed provider registers the scheme {url.scheme!r} ({error}); install the one that "
            "does, such as apache-airflow-providers-amazon[s3fs] for s3, ...-google for gs, ...-microsoft-azure for abfs"
        ) from None
    return Root(
        open_storage(filesystem, root.path), f"{url.scheme or 'file'}://{place}{url.path.rstrip('/')}"
    )


def _check_connection(conn_id: str, path: str) -> None:
    """
    Look the storage's connection up.

    Airflow's S3 filesystem goes on without a connection it does not find, to whatever account the worker has.
    """
    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ValueError(
            f"path={path!r} names the connection {conn_id!r}, which does not exist; create it, or take it out of the path"
        ) from None
