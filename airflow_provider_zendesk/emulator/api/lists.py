# SPDX-License-Identifier: Apache-2.0
"""
The lists that have no stream of changes, page by page.

With ``page[size]`` a list is paged by cursor, which is the place of the last record; without it by page number, 100 records a
page (Zendesk docs, Pagination). Some lists come whole in one answer, and some know page numbers only.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from airflow_provider_zendesk.emulator.account.rows.lists import LISTS, fields_of_object
from airflow_provider_zendesk.emulator.api.exports.errors import invalid_attribute, invalid_cursor
from airflow_provider_zendesk.emulator.http.messages import Reply, Request, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_zendesk.emulator.account.lists import Listed
    from airflow_provider_zendesk.emulator.account.rows.lists import ListKind
    from airflow_provider_zendesk.emulator.api.exports.view import View

SIZE, AFTER = "page[size]", "page[after]"
MOST = 100  # Zendesk docs, Pagination
_BY_PATH = {kind.path: kind for kind in LISTS.values()}
_FIELDS_OF_OBJECT = re.compile(r"/api/v2/custom_objects/([a-z0-9_]+)/fields")


def find_list(path: str) -> ListKind | None:
    """The list at a path, with or without ``.json``."""
    path = path.removesuffix(".json")
    if match := _FIELDS_OF_OBJECT.fullmatch(path):
        return fields_of_object(match[1])
    return _BY_PATH.get(path)


def list_page(kind: ListKind, request: Request, view: View) -> Reply:
    """
    One page of a list.

    :raises Refusal: for parameters that Zendesk rejects, and for a list that this account or user may not read
    """
    _check_allowed(kind, view)
    rows = view.account.list_rows(kind.name, view.moment)
    if kind.paging == "none":
        return _reply(kind, rows, {})
    if kind.paging == "cursor" and request.query.keys() & {SIZE, AFTER}:
        return _by_cursor(kind, rows, request, view)
    return _by_number(kind, rows, request, view)


def _check_allowed(kind: ListKind, view: View) -> None:
    why = view.switches.forbidden_lists.get(kind.name)
    if why == "plan":
        raise refuse(404, {"error": "InvalidEndpoint", "description": "Not found"})
    if why == "role":
        message = "You do not have access to this page. Please contact the account owner of this help desk for further help."
        raise refuse(403, {"error": {"title": "Forbidden", "message": message}})
    if why is not None:
        raise refuse(
            403, {"error": "Forbidden", "description": f"Missing the following required scopes: {why}"}
        )


def _by_cursor(kind: ListKind, rows: Sequence[Listed], request: Request, view: View) -> Reply:
    text = request.query.get(SIZE, str(MOST))
    if not text.isdecimal() or not int(text):
        raise invalid_attribute(SIZE, "a positive integer", request.path)
    size = min(int(text), MOST, view.switches.list_page or MOST)
    after = _read_cursor(request.query[AFTER]) if request.query.get(AFTER) else -1
    left = [row for row in rows if row.number > after]
    page, more = left[:size], len(left) > size
    cursor = _write_cursor(page[-1].number) if page else None
    query = {SIZE: text, AFTER: cursor}
    return _reply(
        kind,
        page,
        {
            "meta": {"has_more": more, "after_cursor": cursor, "before_cursor": None},
            "links": {
                "prev": None,
                "next": f"{view.origin}{request.path}?{urlencode(query)}" if more else None,
            },
        },
    )


def _by_number(kind: ListKind, rows: Sequence[Listed], request: Request, view: View) -> Reply:
    text = request.query.get("page", "1")
    if not text.isdecimal() or not int(text):
        raise invalid_attribute("page", "a positive integer", request.path)
    number = int(text)
    size = min(MOST, view.switches.list_page or MOST)
    page, more = rows[(number - 1) * size : number * size], len(rows) > number * size
    next_page = f"{view.origin}{request.path}?page={number + 1}" if more else None
    return _reply(kind, page, {"next_page": next_page, "previous_page": None, "count": len(rows)})


def _reply(kind: ListKind, rows: Sequence[Listed], envelope: dict[str, Any]) -> Reply:
    body = b'{"%s":[%s]' % (kind.rows.encode(), b",".join(row.raw for row in rows))
    end = b"," + msgspec.json.encode(envelope)[1:] if envelope else b"}"
    return Reply(200, body + end, rows=len(rows))


def _write_cursor(number: int) -> str:
    return base64.urlsafe_b64encode(b"after:%d" % number).decode()


def _read_cursor(cursor: str) -> int:
    try:
        match = re.fullmatch(rb"after:(\d{1,12})", base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise invalid_cursor()
    return int(match[1])
