# SPDX-License-Identifier: Apache-2.0
"""Opens the Iceberg catalog that a connection of the official Iceberg provider describes."""

from __future__ import annotations

from typing import Any


def open_catalog(conn_id: str) -> Any:
    """
    Return pyiceberg's catalog.

    :param conn_id: a connection of type ``iceberg``. Its host is the catalog's URI, login and password are its client id and
        secret, and the extras are properties of the catalog: ``type`` (``rest`` if there is none), ``warehouse``,
        ``s3.endpoint`` and so on.
    :raises ValueError: if the libraries that this needs are not installed.
    """
    try:
        from airflow.providers.apache.iceberg.hooks.iceberg import IcebergHook
    except ImportError as error:
        raise missing_library(error) from None
    return IcebergHook(conn_id).catalog


def missing_library(error: ImportError) -> ValueError:
    """Return an error that says how to install what could not be imported."""
    return ValueError(
        f"Iceberg tables need libraries that are not installed here ({error}); install 'airflow-provider-zendesk[iceberg]' on "
        "the workers"
    )
