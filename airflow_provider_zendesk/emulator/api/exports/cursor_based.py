# SPDX-License-Identifier: Apache-2.0
"""Cursor-based exports: tickets, users, and custom object records, which have another envelope."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.account.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.api.exports.buckets import EXPORTS
from airflow_provider_zendesk.emulator.api.exports.errors import invalid_cursor
from airflow_provider_zendesk.emulator.api.exports.page import next_url, write_page
from airflow_provider_zendesk.emulator.api.exports.parameters import page_size, selected, start_time
from airflow_provider_zendesk.emulator.http.messages import Reply, Request, refuse

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.records import Records, Selection
    from airflow_provider_zendesk.emulator.api.exports.view import View

CURSOR = re.compile(rb"(\d{1,10})\.0\|\|(\d{1,9})\|")


@dataclass(frozen=True)
class CursorExport:
    """
    Pages by cursor, in order of (sort key, id), with no row twice, whatever the page size.

    The cursor contains the key of the last row returned, so changes to the records do not move its position.
    """

    path: str
    resource: str
    bucket: str = EXPORTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        query, records = request.query, self._records(view)
        size, selection = page_size(request, view), selected(request, records.resource)
        # A cursor takes precedence over start_time; samples in the docs send an empty cursor with start_time.
        cursor = query.get("cursor") or None
        low = read_cursor(cursor) + 1 if cursor else sort_key(start_time(request, view), 0)
        # A record that changed in the hidden minute is missing until that minute is over, because the export has only
        # its latest version.
        found = list(islice(records.stream(low, view.settled, view.moment, selection, view.delays), size + 1))
        keys, last = found[:size], len(found) <= size
        after = write_cursor(keys[-1]) if keys else cursor
        if not keys and not last:
            # Zendesk does return empty pages with a cursor before the end. Ids start at 1, so this cursor skips no row.
            after = cursor or write_cursor(low)
        elif not keys and view.switches.null_last_cursor:
            after = None
        after_url = None if after is None else next_url(request, view, cursor=after)
        envelope = self._envelope(after, after_url, last, selection, view)
        return Reply(200, write_page(records, keys, selection, view, envelope), rows=len(keys))

    def _records(self, view: View) -> Records:
        return view.account.records(self.resource)

    def _envelope(
        self, after: str | None, after_url: str | None, last: bool, _selection: Selection, _view: View
    ) -> dict[str, Any]:
        return {
            "after_url": after_url,
            "before_url": None,
            "after_cursor": after,
            "before_cursor": None,
            "end_of_stream": last,
        }


@dataclass(frozen=True)
class CustomObjectExport(CursorExport):
    """
    The records of one custom object; the switch ``custom_objects_end`` decides which fields signal the end.

    Ids are strings and their order is not documented. Within a second, rows are in order of the records' numbers.
    """

    role: str | None = None  # agents can be given the permission (Zendesk's OpenAPI); here they have it
    errors_in_list: bool = True

    def _records(self, view: View) -> Records:
        if self.resource.rpartition("/")[2] not in view.account.custom_objects:
            title = "Custom object not found"
            raise refuse(404, {"errors": [{"code": "CustomObjectNotFound", "status": "404", "title": title}]})
        return view.account.records(self.resource)

    def _envelope(
        self, after: str | None, after_url: str | None, last: bool, selection: Selection, view: View
    ) -> dict[str, Any]:
        envelope: dict[str, Any] = {
            # Null on the last page, although after_cursor is set (Zendesk's OpenAPI).
            "after_url": None if last else after_url,
            "before_url": None,
            "after_cursor": after,
            "before_cursor": None,
            "filter": {"exclude_deleted": selection.exclude_deleted},
        }
        end = view.switches.custom_objects_end
        if end != "end_of_stream":
            envelope["meta"] = {"has_more": not last}
        if end != "has_more":
            envelope["end_of_stream"] = last
        return envelope


def write_cursor(key: int) -> str:
    """A cursor in the recorded format: base64 of ``<epoch>.0||<id>|``."""
    return base64.b64encode(b"%d.0||%d|" % (key >> ID_BITS, key & ID_MASK)).decode()


def read_cursor(cursor: str) -> int:
    """
    The key of the last row before the cursor.

    :raises Refusal: 400 for an invalid cursor
    """
    try:
        match = CURSOR.fullmatch(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        match = None
    if match is None or int(match[2]) > ID_MASK:
        raise invalid_cursor()
    return sort_key(int(match[1]), int(match[2]))
