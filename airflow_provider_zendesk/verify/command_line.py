# SPDX-License-Identifier: Apache-2.0
"""Shared code of the commands: reading their arguments, and opening the storage at a root without Airflow."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_zendesk.catalogue import get_rows
from airflow_provider_zendesk.lake.root import open_url
from airflow_provider_zendesk.urls import is_relative
from airflow_provider_zendesk.window import epoch

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage


def open_root(root: str) -> Storage:
    """
    Return the storage at a root, without Airflow.

    :raises ValueError: for a relative path, an Airflow connection in the URL, or a scheme that fsspec does not know.
    :raises ImportError: if the scheme's driver is not installed.
    """
    url = urlsplit(root)
    if is_relative(root):
        raise ValueError(
            f"ROOT {root!r} is relative; give an absolute path, or a URL such as s3://lake/zendesk"
        )
    if url.scheme in ("s3", "gs", "gcs") and "@" in url.netloc:
        bucket = url.netloc.rpartition("@")[2]
        raise ValueError(
            f"ROOT {root!r} names an Airflow connection, which this command cannot use; give "
            f"{url.scheme}://{bucket}{url.path}, and credentials the way the storage's own tools expect them"
        )
    return open_url(root).storage


def resource_name(text: str) -> str:
    """Parse a resource's name, for argparse."""
    try:
        return get_rows(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def moment(text: str) -> int:
    """Parse a time and return UTC epoch seconds, for argparse."""
    try:
        seconds = epoch(text, "TIME")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if seconds is None:
        raise argparse.ArgumentTypeError("TIME is empty")
    return int(seconds // 1)
