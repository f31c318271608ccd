# SPDX-License-Identifier: Apache-2.0
"""Opens the storage that the ``path`` argument names."""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook, ObjectStoragePath

from airflow_provider_zendesk.lake.root import Root
from airflow_provider_zendesk.lake.storage import open_storage
from airflow_provider_zendesk.urls import is_local, is_relative, without_connection

_EXAMPLE = "give an absolute one such as 's3://aws_default@lake/zendesk' or 'file:///data/zendesk'"


def open_root(path: str) -> Root:
    """
    Return the root at an absolute ``ObjectStoragePath`` URL; nothing is written or listed.

    :param path: with the connection as the user part: ``s3://aws_default@lake/zendesk``.
    :raises ValueError: for a relative path, an unknown connection, or a scheme that no provider registers.
    """
    url = urlsplit(path)
    conn_id, _, place = url.netloc.rpartition("@")
    if is_relative(path):
        raise ValueError(
            f"path={path!r} is relative, so it would be a different place on every worker; {_EXAMPLE}"
        )
    if not is_local(path) and not place:
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
    return Root(open_storage(filesystem, root.path), without_connection(path), root.path)


def _check_connection(conn_id: str, path: str) -> None:
    """
    Check that the storage's connection exists.

    If it does not, Airflow's S3 filesystem would silently use whatever credentials the worker has.
    """
    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ValueError(
            f"path={path!r} names the connection {conn_id!r}, which does not exist; create it, or remove it from the path"
        ) from None
