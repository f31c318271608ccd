# SPDX-License-Identifier: Apache-2.0
"""Links on a task's page: to the files that it has written, and to the account."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook, BaseOperatorLink, XCom

_CONSOLES = {
    "s3": "https://s3.console.aws.amazon.com/s3/buckets/{bucket}?prefix={prefix}/",
    "gs": "https://console.cloud.google.com/storage/browser/{bucket}/{prefix}",
}


class ExportedFilesLink(BaseOperatorLink):
    """The folder of the dataset in the web console of Amazon or Google; empty for other stores."""

    name = "Exported files"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        result = _result(ti_key)
        root = urlsplit(str(result.get("path", "")))
        console = _CONSOLES.get(root.scheme.replace("gcs", "gs"))
        if console is None or _has_own_endpoint(operator):
            return ""
        prefix = f"{root.path.strip('/')}/{result['resource']}".lstrip("/")
        return console.format(bucket=root.netloc, prefix=quote(prefix))


class ZendeskLink(BaseOperatorLink):
    """The account in a browser; empty for an emulated one."""

    name = "Zendesk"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        account = str(_result(ti_key).get("account", ""))
        return f"https://{account}/agent" if "." in account and not account.replace(".", "").isdigit() else ""


def _has_own_endpoint(operator: Any) -> bool:
    """Return whether the path's connection is to another store with Amazon's protocol, such as MinIO, or not known."""
    conn_id, at, _ = urlsplit(str(operator.path)).netloc.rpartition("@")
    try:
        # It may be at the top, or in the settings of a service.
        return bool(at) and "endpoint_url" in str(BaseHook.get_connection(conn_id).extra_dejson)
    except AirflowNotFoundException:  # by Airflow 2's web server, which may not have the workers' connections
        return True


def _result(ti_key: Any) -> dict[str, Any]:
    """Return the task's summary; empty if it has none."""
    result: Any = XCom.get_value(ti_key=ti_key, key="return_value")
    return result if isinstance(result, dict) else {}
