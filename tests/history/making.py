# SPDX-License-Identifier: Apache-2.0
"""Makes the history of a lake, and reads it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.history.run import HistoryJob, HistorySummary, make_history
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.formats.registry import format_of
from airflow_provider_zendesk.window import Window, parse_iso
from tests.lakes import a_run

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.ticket_history import CommentMade, FieldChange
    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.window import PartitionBy
    from tests.lakes import Lake

DAY = 86400
START = 1763596800  # 2025-11-20
CHANGES, COMMENTS = "ticket_field_history", "ticket_comments"


def events(lake: Lake, start: int, end: int, partition_by: PartitionBy = "day", **more: Any) -> None:
    lake.export(start, end, name="ticket_events", partition_by=partition_by, **more)


def make(lake: Lake, *period: int, storage: Storage | None = None, **more: Any) -> HistorySummary:
    job = HistoryJob(
        period=Window(*period) if period else None,
        run=more.pop("run", None) or a_run(),
        policy=lake.policy,
        **more,
    )
    return make_history(storage or lake.storage, job)


def manifests(lake: Lake, name: str = CHANGES) -> list[dict[str, Any]]:
    return [one for one in lake.manifests() if one["resource"] == name]


def rows(lake: Lake, dataset: str = CHANGES) -> list[Any]:
    """The rows of a dataset, parsed; numbers stay text."""
    name = dataset.removesuffix("__late")
    return [
        json.loads(line, parse_int=str, parse_float=str)
        for manifest in manifests(lake, name)
        for file in manifest["files"]
        if file["dataset"] == dataset
        for line in lines(
            format_of(manifest["format"]).read(
                (lake.root / file["path"]).read_bytes(), file["uncompressed_bytes"]
            )
        )
    ]


def data(lake: Lake) -> dict[str, bytes]:
    """The data files of the history."""
    return {name: found for name, found in lake.files().items() if name.startswith((CHANGES, COMMENTS))}


def value(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str)


def as_row(change: FieldChange) -> dict[str, Any]:
    """What a row says of a change, as far as the account tells it."""
    return {
        "at": change.at,
        "event_id": str(change.event),
        "ticket_id": str(change.ticket),
        "updater_id": str(change.by),
        "field": change.field,
        "old_value": value(change.old),
        "new_value": value(change.new),
        "change": "create" if change.is_creation else "change",
    }


def as_comment(made: CommentMade) -> dict[str, Any]:
    return {
        "at": made.at,
        "event_id": str(made.event),
        "ticket_id": str(made.ticket),
        "id": str(made.id),
        "author_id": str(made.author),
        "public": made.public,
        "body": value(made.body),
        "attachments": value(made.attachments),
        "data": None if made.data is None else value(made.data),
        "type": "VoiceComment" if made.data is not None else "Comment",
    }


def told(lake: Lake, dataset: str = CHANGES) -> list[dict[str, Any]]:
    """The rows, with the fields that :func:`as_row` and :func:`as_comment` give."""

    keys = (
        ("at", "event_id", "ticket_id", "updater_id", "field", "old_value", "new_value", "change")
        if dataset == CHANGES
        else (
            "at", "event_id", "ticket_id", "id", "author_id", "public", "body", "attachments", "data", "type",
        )
    )  # fmt: skip
    return [
        {**{key: row.get(key) for key in keys}, "at": parse_iso(row["at"])} for row in rows(lake, dataset)
    ]
