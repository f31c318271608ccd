# SPDX-License-Identifier: Apache-2.0
"""The cursor family: tickets, users, and with another envelope the records of custom objects."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.limits import EXPORTS
from airflow_provider_zendesk.emulator.paging import View, next_url, write_page
from airflow_provider_zendesk.emulator.parameters import page_size, selected, start_time
from airflow_provider_zendesk.emulator.replies import Reply, Request, invalid_cursor, refuse

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.records import Records, Selection

CURSOR = re.compile(rb"(\d{1,10})\.0\|\|(\d{1,9})\|")


@dataclass(frozen=True)
class CursorExport:
    """
    Paging by cursor: strictly in order of (sort key, id), no row twice, whatever the page size.

    The cursor names the last row it has passed, so the walk goes on where it stood however the records have changed.
    """

    path: str
    resource: str
    bucket: str = EXPORTS
    role: str | None = "admin"
    errors_in_list: bool = False

    def answer(self, request: Request, view: View) -> Reply:
        query, records = request.query, self._records(view)
        size, selection = page_size(request, view), selected(request, records.resource, view)
        # A cursor prevails over a start_time; the docs' own samples send an empty one along with start_time.
        cursor = query.get("cursor") or None
        low = read_cursor(cursor) + 1 if cursor else sort_key(start_time(request, view), 0)
        # A record that changed in the hidden minute is not there at all until that minute has passed: the export
        # knows its latest version only.
        found = list(islice(records.stream(low, view.settled, view.moment, selection, view.delays), size + 1))
        keys, last = found[:size], len(found) <= size
        after = write_cursor(keys[-1]) if keys else cursor
        if not keys and not last:
            # Such pages occur, with a cursor to go on from; ids begin at 1.
            after = cursor or write_cursor(low)
        elif not keys and view.switches.null_last_cursor:
            after = None
        after_url = None if after is None else next_url(request, view, cursor=after)
        tail = self._tail(after, after_url, last, selection, view)
        return Reply(200, write_page(records, keys, selection, view, tail), rows=len(keys))

    def _records(self, view: View) -> Records:
        return view.account.records(self.resource)

    def _tail(
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
    The records of one custom object, whose end is told as the switch ``custom_objects_end`` has it.

    Ids are texts, whose order nobody documents; ties are in order of the records' numbers.
    """

    role: str | None = None  # agents may be given the permission (Zendesk's OpenAPI), and here they have it
    errors_in_list: bool = True

    def _records(self, view: View) -> Records:
        if self.resource.rpartition("/")[2] not in view.account.custom_objects:
            title = "Custom object not found"
            raise refuse(404, {"errors": [{"code": "CustomObjectNotFound", "status": "404", "title": title}]})
        return view.account.records(self.resource)

    def _tail(
        self, after: str | None, after_url: str | None, last: bool, selection: Selection, view: View
    ) -> dict[str, Any]:
        tail: dict[str, Any] = {
            # Null on the last page, while the cursor stays (Zendesk's OpenAPI).
            "after_url": None if last else after_url,
            "before_url": None,
            "after_cursor": after,
            "before_cursor": None,
            "filter": {"exclude_deleted": selection.exclude_deleted},
        }
        told = view.switches.custom_objects_end
        if told != "end_of_stream":
            tail["meta"] = {"has_more": not last}
        if told != "has_more":
            tail["end_of_stream"] = last
        return tail


def write_cursor(key: int) -> str:
    """The text of recorded cursors: base64 of ``<epoch>.0||<id>|``."""
    return base64.b64encode(b"%d.0||%d|" % (key >> ID_BITS, key & ID_MASK)).decode()


def read_cursor(cursor: str) -> int:
    """
    The key of the last row a cursor has passed.

    :raises Refusal: 400
    """
    try:
        match = CURSOR.fullmatch(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        match = None
    if match is None or int(match[2]) > ID_MASK:
        raise invalid_cursor()
    return sort_key(int(match[1]), int(match[2]))
