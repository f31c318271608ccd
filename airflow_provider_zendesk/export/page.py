# SPDX-License-Identifier: Apache-2.0
"""
From the bytes of an answer to its rows, without parsing them.

``msgspec`` reads the page twice at about 1 GB/s: once to cut it into raw slices, once for the few fields the
catalogue names. The slices themselves are what gets written, so no number, escape or key order can change.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from airflow_provider_zendesk.exceptions import ZendeskGarbledError, ZendeskResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_zendesk.client.client import Answer
    from airflow_provider_zendesk.export.writer import Line
    from airflow_provider_zendesk.resources import Endpoint, Resource


class Row(msgspec.Struct, gc=False, frozen=True):
    """
    One record as the API sent it.

    :param id: the record's id, or all of the row where that is not unique.
    :param sort_key: UTC epoch seconds.
    :param deleted: it carries the catalogue's mark of a deleted record.
    :param raw: its JSON, one line.
    """

    id: int | str | bytes
    sort_key: int
    deleted: bool
    raw: msgspec.Raw


class Sideloaded(msgspec.Struct, gc=False, frozen=True):
    """
    A record that came along with the rows.

    :param key: what tells it from its like: its id, or all of it where it has none.
    :param raw: its JSON, one line.
    """

    key: int | str | bytes
    raw: msgspec.Raw


class Page(msgspec.Struct):
    """
    One answer of an export.

    :param rows: in the order they came.
    :param sideloads: the records of each top-level sideload; embedded ones are in the rows.
    :param compacted: how many rows held raw newlines, which are gone from ``raw``.
    :param latest: the largest sort key, UTC epoch seconds; None if there is no row.
    :param end_of_stream: what the envelope says; None if it says nothing.
    :param after_cursor: where the next page of a cursor export begins; None if the envelope tells none.
    :param end_time: where that of a time-based one begins, UTC epoch seconds; likewise.
    :param next_page: the URL of the next page; likewise. It is never followed as it is.
    :param server_time: Zendesk's clock when it began to answer, at the earliest, UTC epoch seconds.
    :param size: bytes of JSON.
    :param calls_left: the account's calls left this minute, for the log.
    """

    rows: list[Row]
    sideloads: dict[str, list[Sideloaded]]
    compacted: int
    latest: int | None
    end_of_stream: bool | None
    after_cursor: str | None
    end_time: int | None
    next_page: str | None
    server_time: float
    size: int
    calls_left: str | None

    def passes(self, moment: int) -> bool:
        """True if a row of the page lies at or after a moment (UTC epoch seconds)."""
        return self.latest is not None and self.latest >= moment


_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Meta(msgspec.Struct):
    has_more: bool | None = None


class _Identity(msgspec.Struct):
    id: int | str | None = None
    key: str | None = None


class PageDecoder:
    """
    Reads the pages of one resource.

    :param resource: whose envelope key and fields to read.
    :param endpoint: by whose rule the stream ends.
    :param query: the parameters of every page; what they include is looked for.
    """

    def __init__(self, resource: Resource, endpoint: Endpoint, query: Mapping[str, str | int]) -> None:
        self._include = [name for name in str(query.get("include", "")).split(",") if name]
        self._fields = msgspec.json.Decoder(_envelope(resource, _fields(resource), []))
        self._slices = msgspec.json.Decoder(_envelope(resource, msgspec.Raw, self._include))
        self._deletion = resource.deletion
        self._sort_key = resource.sort_key
        self._has_id = resource.id is not None
        self._ends = endpoint.ends

    def __call__(self, answer: Answer) -> Page:
        """
        Return the page.

        :raises ZendeskGarbledError: if the body is not JSON in UTF-8: a retry may mend it.
        :raises ZendeskResponseError: if it is not this resource's envelope, or a row has no id or sort key.
        """
        envelope, slices = self._read(answer)
        raws, compacted = slices.rows, 0
        if b"\n" in answer.body:
            raws, compacted = _on_one_line(raws)
        rows = [self._row(fields, raw) for fields, raw in zip(envelope.rows, raws, strict=True)]
        return Page(
            rows=rows,
            sideloads=self._sideloads(slices),
            compacted=compacted,
            latest=max([row.sort_key for row in rows], default=None),
            end_of_stream=self._end_of_stream(envelope),
            after_cursor=envelope.after_cursor,
            end_time=envelope.end_time,
            next_page=envelope.next_page,
            server_time=answer.server_time,
            size=len(answer.body),
            calls_left=answer.calls_left,
        )

    def _read(self, answer: Answer) -> tuple[Any, Any]:
        try:
            answer.body.decode("utf-8")
            return self._fields.decode(answer.body), self._slices.decode(answer.body)
        except msgspec.ValidationError as error:
            raise ZendeskResponseError(
                f"the answer is not the export's documented form: {error} (request id {answer.request_id or 'none'})"
            ) from None
        except ValueError as error:
            raise ZendeskGarbledError(
                f"the answer is not JSON in UTF-8: {type(error).__name__} "
                f"after {len(answer.body)} bytes (request id {answer.request_id or 'none'})"
            ) from None

    def _row(self, fields: Any, raw: msgspec.Raw) -> Row:
        key = fields.sort_key if fields.sort_key is not None else fields.in_docs
        if key is None:
            raise ZendeskResponseError(f"a row has no {self._sort_key!r}, by which windows are cut")
        return Row(
            fields.id if self._has_id else bytes(raw),
            key if isinstance(key, int) else int(key.timestamp()),
            self._deletion is not None and self._deletion.marks(fields.mark),
            raw,
        )

    def _end_of_stream(self, envelope: Any) -> bool | None:
        if self._ends != "has_more":
            said: bool | None = envelope.end_of_stream
            return said
        has_more = envelope.meta and envelope.meta.has_more
        return None if has_more is None else not has_more

    def _sideloads(self, slices: Any) -> dict[str, list[Sideloaded]]:
        found = {name: getattr(slices, f"sideload_{name}") for name in self._include}
        return {
            name: sideloaded(_on_one_line(value)[0] if isinstance(value, list) else value)
            for name, value in found.items()
            if value is not None
        }


def _fields(resource: Resource) -> Any:
    """Return the type of what is read of a row."""
    fields: list[Any] = [("id", int | str, msgspec.field(name=resource.id or "id"))]
    if resource.sort_key_in_docs is None:
        fields.append(("sort_key", int | _Moment, msgspec.field(name=resource.sort_key)))
    else:
        either = ("sort_key", resource.sort_key), ("in_docs", resource.sort_key_in_docs)
        fields += [
            (name, int | _Moment | None, msgspec.field(name=key, default=None)) for name, key in either
        ]
    if resource.deletion:
        fields.append(("mark", Any, msgspec.field(name=resource.deletion.field, default=None)))
    return msgspec.defstruct("Fields", fields, gc=False)


def _envelope(resource: Resource, row: Any, include: list[str]) -> Any:
    # A top-level sideload is an array, or an object by id; one that is missing is embedded in the rows.
    anything = list[msgspec.Raw] | dict[str, msgspec.Raw] | None
    return msgspec.defstruct(
        "Envelope",
        [
            ("rows", list[row], msgspec.field(name=resource.records)),
            ("end_of_stream", bool | None, None),
            ("after_cursor", str | None, None),
            ("end_time", int | None, None),
            ("next_page", str | None, None),
            ("meta", _Meta | None, None),
            *((f"sideload_{name}", anything, msgspec.field(name=name, default=None)) for name in include),
        ],
    )


def sideloaded(value: Sequence[Line] | dict[str, msgspec.Raw]) -> list[Sideloaded]:
    """Return the records of a sideload, or of its lines as they were written."""
    if isinstance(value, dict):
        return [
            Sideloaded(key, msgspec.Raw(msgspec.json.encode({"key": key, "value": raw})))
            for key, raw in value.items()
        ]
    return [Sideloaded(_key(raw), msgspec.Raw(raw)) for raw in value]


def _key(raw: Line) -> int | str | bytes:
    identity = msgspec.json.decode(raw, type=_Identity)
    if identity.id is not None:
        return identity.id
    return bytes(raw) if identity.key is None else identity.key


def _on_one_line(slices: list[msgspec.Raw]) -> tuple[list[msgspec.Raw], int]:
    """Take raw newlines, which JSON Lines cannot hold, out of the rows that have them; count those."""
    broken = [b"\n" in bytes(raw) for raw in slices]
    lines = [
        msgspec.Raw(msgspec.json.format(bytes(raw), indent=-1)) if is_broken else raw
        for raw, is_broken in zip(slices, broken, strict=True)
    ]
    return lines, sum(broken)
