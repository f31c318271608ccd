# SPDX-License-Identifier: Apache-2.0
"""What a task that exports says of its result: to XCom, to its assets and in its log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.export.listing import MOST_LISTED
from airflow_provider_zendesk.tasks.lineage import note_hook_lineage
from airflow_provider_zendesk.window import parse_iso

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_zendesk.export.job import Summary
    from airflow_provider_zendesk.export.listing import Listing
    from airflow_provider_zendesk.lake.root import Root
    from airflow_provider_zendesk.runtime.outlets import Outlets


def announce(task: Any, context: Context, summary: Summary, root: Root, outlets: Outlets) -> dict[str, Any]:
    """
    Push the lists of what was written, make the events of the task's assets, and return its summary.

    :param task: the operator, whose attributes are its arguments.
    :param context: the context of the run.
    :param summary: of all windows of the run.
    """
    result = _result(summary, root)
    note_hook_lineage(task, summary.account, summary.resource, f"{root.uri}/{summary.resource}")
    push_lists(task, context, summary.listing, root)
    outlets.announce(_event(summary, root, result), is_news=summary.changed or task.emit_empty)
    return result


def _result(summary: Summary, root: Root) -> dict[str, Any]:
    """Return the operator's summary; it has the revision and prefix of one window only."""
    scalars = {**msgspec.structs.asdict(summary), "path": root.uri}
    if summary.prefix is not None:
        scalars["prefix"] = root.url(summary.prefix)
    return {
        name: value for name, value in scalars.items() if isinstance(value, str | int) and name != "changed"
    }


def push_lists(task: Any, context: Context, listing: Listing, root: Root) -> None:
    """Push the URLs of the run's manifests and files, unless they are too many for XCom."""
    push = getattr(context.get("ti"), "xcom_push", None)  # None: the operator was called without Airflow
    if push is None or not task.do_xcom_push:
        return
    for key, names in (("manifests", listing.manifests), ("files", listing.files)):
        if names is not None:
            push(key=key, value=[root.url(name) for name in names])
        else:
            task.log.warning(
                "the XCom %r is left out, because it would have more than %d URLs; read them with "
                "airflow_provider_zendesk.lake.Lake: its files() and manifests() take this run's start_time and end_time",
                key,
                MOST_LISTED,
            )


def _event(summary: Summary, root: Root, result: dict[str, Any]) -> dict[str, Any]:
    """Return what the event of an asset says: the summary, and for one window its manifest."""
    manifests = summary.listing.manifests or ()
    one = {"manifest": root.url(manifests[0])} if len(manifests) == 1 else {}
    return {**result, **one, "lag_seconds": max(0, int(time.time()) - parse_iso(summary.end_time))}
