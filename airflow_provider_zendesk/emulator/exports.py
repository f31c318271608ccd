# SPDX-License-Identifier: Apache-2.0
"""The incremental exports: which there are, and how each family pages."""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

import msgspec

from airflow_provider_zendesk.emulator.account import SCOPES, Account, Selection
from airflow_provider_zendesk.emulator.history import ID_BITS, ID_MASK, sort_key
from airflow_provider_zendesk.emulator.limits import EXPORTS as EXPORTS_BUCKET
from airflow_provider_zendesk.emulator.replies import Refusal, Reply, Request, invalid_attribute, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_zendesk.emulator.switches import Switches

HIDDEN = 60  # seconds: what changed in the last minute is left out (Zendesk announcement, 2024-10-28)
MOST_ROWS = 1000  # Zendesk docs, Incremental Exports, per_page: at most and by default

INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
CURSOR = re.compile(rb"(\d{1,10})\.0\|\|(\d{1,9})\|")


@dataclass(frozen=True)
class View:
    """What an export request is answered from."""

    account: Account
    now: float
    """epoch seconds"""
    origin: str
    """the emulator's own, such as ``http://127.0.0.1:43121``"""
    switches: Switches


class Export(Protocol):
    """An endpoint; one class for each family of paging, one instance for each resource."""

    @property
    def path(self) -> str:
        """Without ``.json``."""

    @property
    def bucket(self) -> str:
        """Which rate limit it draws on."""

    def answer(self, request: Request, view: View) -> Reply:
        """
        One page.

        :raises Refusal: for parameters Zendesk would not take
        """


@dataclass(frozen=True)
class CursorExport:
    """
    Paging by cursor: strictly in order of (sort key, id), no row twice, whatever the page size.

    The cursor names the last row it has passed, so the walk goes on where it stood however the records have changed.
    """

    path: str
    resource: str
    bucket: str = EXPORTS_BUCKET

    def answer(self, request: Request, view: View) -> Reply:
        query = request.query
        size, selection = page_size(request, view), selected(request)
        # A cursor prevails over a start_time; the docs' own samples send an empty one along with start_time.
        cursor = query.get("cursor") or None
        low = read_cursor(cursor) + 1 if cursor else sort_key(start_time(request, view), 0)
        keys, end_of_stream = self._page(low, size, selection, view)
        after = write_cursor(keys[-1]) if keys else cursor
        if not keys and not end_of_stream:
            # Such pages occur, with a cursor to go on from; ids begin at 1.
            after = cursor or write_cursor(low)
        elif not keys and view.switches.null_last_cursor:
            after = None
        rows = render(self.resource, keys, view)
        return Reply(200, self._envelope(rows, after, end_of_stream, request, view), rows=len(rows))

    def _page(self, low: int, size: int, selection: Selection, view: View) -> tuple[list[int], bool]:
        collection = view.account.collection(self.resource)
        visible = sort_key(math.floor(view.now - HIDDEN) + 1, 0)
        # A record that changed in the hidden minute is not there at all until that minute has passed: the export
        # knows its latest version only.
        found = list(islice(collection.keys(low, visible, math.floor(view.now), selection), size + 1))
        return found[:size], len(found) <= size

    def _envelope(
        self, rows: Sequence[bytes], after: str | None, end_of_stream: bool, request: Request, view: View
    ) -> bytes:
        after_url = None
        if after is not None:
            # Recorded ones repeat per_page; whether they repeat the filters is not known, so here they do not.
            query = {"cursor": after} | {k: v for k, v in request.query.items() if k == "per_page"}
            after_url = f"{view.origin}{request.path}?{urlencode(query)}"
        tail = msgspec.json.encode(
            {
                "after_url": after_url,
                "before_url": None,
                "after_cursor": after,
                "before_cursor": None,
                "end_of_stream": end_of_stream,
            }
        )
        return b'{"%s":[%s],%s' % (self.resource.encode(), b",".join(rows), tail[1:])


@dataclass(frozen=True)
class TimeExport:
    """
    Paging by time: a page ends at the second of its last row, and the next one begins with that second again.

    A page whose rows would all share one second is filled up with the rest of that second, and ends one second later
    (recorded 2023/24; the switch ``over_fill`` is for servers said not to). Rows of one second are in no order.
    """

    path: str
    resource: str
    bucket: str = EXPORTS_BUCKET

    def answer(self, request: Request, view: View) -> Reply:
        size, selection = page_size(request, view), selected(request)
        start = start_time(request, view)
        keys, end_of_stream = self._page(start, size, selection, view)
        rows = render(self.resource, keys, view)
        end_time = self._end_time(keys, view)
        return Reply(200, self._envelope(rows, end_time, end_of_stream, request, view), rows=len(rows))

    def _page(self, start: int, size: int, selection: Selection, view: View) -> tuple[list[int], bool]:
        collection = view.account.collection(self.resource)
        visible = sort_key(math.floor(view.now - HIDDEN) + 1, 0)
        found = shuffle_ties(collection.keys(sort_key(start, 0), visible, math.floor(view.now), selection))
        page = list(islice(found, size))
        rest = next(found, None)
        if view.switches.over_fill and page and page[0] >> ID_BITS == page[-1] >> ID_BITS:
            while rest is not None and rest >> ID_BITS == page[0] >> ID_BITS:
                page.append(rest)
                rest = next(found, None)
        return page, rest is None

    def _end_time(self, keys: Sequence[int], view: View) -> int | None:
        if not keys:
            return None
        first, last = keys[0] >> ID_BITS, keys[-1] >> ID_BITS
        return last + 1 if first == last and view.switches.over_fill else last

    def _envelope(
        self, rows: Sequence[bytes], end_time: int | None, end_of_stream: bool, request: Request, view: View
    ) -> bytes:
        next_page = None
        if end_time is not None:
            # Set at the end of the stream too (recorded 2023/24).
            query = {k: v for k, v in request.query.items() if k == "per_page"} | {
                "start_time": str(end_time)
            }
            next_page = f"{view.origin}{request.path}?{urlencode(query)}"
        tail = msgspec.json.encode(
            {
                "count": len(rows),
                "end_of_stream": end_of_stream,
                "end_time": end_time,
                "next_page": next_page,
            }
        )
        return b'{"%s":[%s],%s' % (self.resource.encode(), b",".join(rows), tail[1:])


def shuffle_ties(keys: Iterator[int]) -> Iterator[int]:
    """Keys in order of their second alone; within one, always in the same disorder."""
    for _, tied in groupby(keys, key=lambda key: key >> ID_BITS):
        yield from sorted(tied, key=lambda key: (key & ID_MASK) * 2_654_435_761 % 2**32)


def render(resource: str, keys: Sequence[int], view: View) -> list[bytes]:
    """The rows of a page."""
    account, moment = view.account, math.floor(view.now)
    collection = account.collection(resource)
    rows = [collection.row(account.seed, key & ID_MASK, moment) for key in keys]
    if view.switches.pretty_rows:
        return [msgspec.json.format(row, indent=2) for row in rows]
    return rows


def write_cursor(key: int) -> str:
    """The text of recorded cursors: base64 of ``<epoch>.0||<id>|``."""
    return base64.b64encode(b"%d.0||%d|" % (key >> ID_BITS, key & ID_MASK)).decode()


def read_cursor(cursor: str) -> int:
    """
    The key of the last row a cursor has passed.

    :raises Refusal: 400 with the body documented for custom objects; nobody has recorded one for tickets
    """
    try:
        match = CURSOR.fullmatch(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        match = None
    if match is None or int(match[2]) > ID_MASK:
        title = "cursor is invalid or expired"
        raise refuse(400, {"errors": [{"code": "InvalidCursor", "status": "400", "title": title}]})
    return sort_key(int(match[1]), int(match[2]))


def start_time(request: Request, view: View) -> int:
    """
    The epoch second to begin at, itself included.

    :raises Refusal: 400 if it is missing, not a whole number, or less than a minute old
    """
    text = request.query.get("start_time", "")
    if not INTEGER.fullmatch(text):
        raise invalid_attribute("start_time", "an integer", request.path)
    if int(text) >= view.now - HIDDEN:
        raise too_recent(view.switches.legacy_too_recent)
    return int(text)


def too_recent(legacy: bool) -> Refusal:
    """Both forms that clients have met; the first in full is documented for custom objects only."""
    if legacy:
        description = "Too recent start_time. Use a start_time older than 5 minutes"
        return refuse(422, {"error": "InvalidValue", "description": description})
    title = "start_time must be more than 60 seconds ago"
    return refuse(400, {"errors": [{"code": "StartTimeTooRecent", "status": "400", "title": title}]})


def page_size(request: Request, view: View) -> int:
    """
    How many rows the page may hold.

    :raises Refusal: 400 for anything but 1 to 1000
    """
    text = request.query.get("per_page", str(MOST_ROWS))
    if not INTEGER.fullmatch(text) or not 1 <= int(text) <= MOST_ROWS:
        raise invalid_attribute("per_page", f"an integer between 1 and {MOST_ROWS}", request.path)
    short, view.switches.short_page = view.switches.short_page, None
    return int(text) if short is None else min(short, int(text))


def selected(request: Request) -> Selection:
    """
    The filters, with Zendesk's defaults: tickets of AI agents are left out unless asked for.

    :raises Refusal: 400 for a value there is not
    """
    exclude_deleted = request.query.get("exclude_deleted", "false")
    if exclude_deleted not in ("true", "false"):
        raise invalid_attribute("exclude_deleted", "a boolean", request.path)
    scope = request.query.get("support_type_scope", "agent")
    if scope not in SCOPES:
        raise invalid_attribute("support_type_scope", f"one of {', '.join(SCOPES)}", request.path)
    return Selection(exclude_deleted == "true", scope)


EXPORTS: tuple[Export, ...] = (
    CursorExport("/api/v2/incremental/tickets/cursor", "tickets"),
    TimeExport("/api/v2/incremental/tickets", "tickets"),
)
