# SPDX-License-Identifier: Apache-2.0
"""The body of a page and the URL of the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from airflow_provider_zendesk.emulator.account.history import ID_MASK
from airflow_provider_zendesk.emulator.account.rows.sideloads import EmbeddedSideload, TopLevelSideload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_zendesk.emulator.account.records import Records, Selection
    from airflow_provider_zendesk.emulator.api.exports.view import View
    from airflow_provider_zendesk.emulator.http.messages import Request


def next_url(request: Request, view: View, **position: object) -> str:
    """
    The URL of the next page, with or without ``.json`` as in the request.

    Recorded URLs repeat per_page. Whether they repeat the filters is not known; here they do not.
    """
    query = position | {name: text for name, text in request.query.items() if name == "per_page"}
    return f"{view.origin}{request.path}?{urlencode(query)}"


def write_page(
    records: Records, keys: Sequence[int], selection: Selection, view: View, envelope: Mapping[str, Any]
) -> bytes:
    """
    The body of a page: rows, sideloads, and the rest of the envelope.

    :param keys: keys of the rows, in page order; the switch ``shuffled_rows`` shuffles them
    :param envelope: the fields after the rows and sideloads
    """
    at_top = {"metric_sets"} if view.switches.metric_sets_on_top else set()
    in_rows = [name for name in selection.include if name not in at_top]
    if view.switches.shuffled_rows:
        keys = sorted(keys, key=shuffle_key)
    rows = [records.row(key & ID_MASK, view.moment, in_rows) for key in keys]
    body = [b'{"%s":[%s]' % (records.resource.rows.encode(), b",".join(_formatted(rows, view)))]
    for name in selection.include:
        sideload = records.resource.sideloads.get(name)
        if isinstance(sideload, TopLevelSideload):
            body.append(b'"%s":%s' % (name.encode(), sideload.collect(view.account.seed, rows)))
        elif isinstance(sideload, EmbeddedSideload) and name in at_top:
            values = [_value(sideload, records, key & ID_MASK, view) for key in keys]
            body.append(b'"%s":[%s]' % (name.encode(), b",".join(values)))
    body.append(msgspec.json.encode(envelope)[1:])
    return b",".join(body)


def shuffle_key(key: int) -> int:
    """A sort key for a pseudo-random order that is the same on every request."""
    return (key & ID_MASK) * 2_654_435_761 % 2**32


def _value(sideload: EmbeddedSideload, records: Records, number: int, view: View) -> bytes:
    return sideload.render(view.account.seed, number, records.history.state(number, view.moment))


def _formatted(rows: list[bytes], view: View) -> list[bytes]:
    if view.switches.pretty_rows:
        return [msgspec.json.format(row, indent=2) for row in rows]
    return rows
