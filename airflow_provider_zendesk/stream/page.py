# SPDX-License-Identifier: Apache-2.0
"""
Get the rows out of an answer's bytes without parsing each row in full.

``msgspec`` reads the page twice at about 1 GB/s: once to cut it into raw slices, and once for the few fields that the
catalogue names. The slices are written as they are, so no number, escape or key order can change.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from airflow_provider_zendesk.exceptions import ZendeskGarbledError, ZendeskResponseError
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.surrogates import decode_hiding, restore_lone_surrogates
from airflow_provider_zendesk.window import LATEST, Second

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_zendesk.client.client import Answer
    from airflow_provider_zendesk.resources import Deletion, Endpoint, Resource
    from airflow_provider_zendesk.window import Window


Identity = tuple[int | str | bytes, int]
"""A row's id and sort key. No two rows share both."""


class Row(msgspec.Struct, gc=False, frozen=True):
    """
    One record as the API sent it.

    :param id: the record's id, or the whole row if the id is not unique.
    :param sort_key: UTC epoch seconds; 0 in a list that has none.
    :param deleted: the row has the field value by which the catalogue recognises a deleted record.
    :param raw: its JSON on one line.
    """

    id: int | str | bytes
    sort_key: int
    deleted: bool
    raw: msgspec.Raw

    @property
    def identity(self) -> Identity:
        return self.id, self.sort_key


class Sideloaded(msgspec.Struct, gc=False, frozen=True):
    """
    A sideloaded record.

    :param key: what identifies it in its sideload: its id, or the whole record if it has none.
    :param raw: its JSON on one line.
    """

    key: int | str | bytes
    raw: msgspec.Raw


class Page(msgspec.Struct):
    """
    One answer of an export.

    :param rows: in the order in which Zendesk sent them.
    :param sideloads: the records of each top-level sideload; embedded ones are part of the rows.
    :param compacted: how many rows contained raw newlines, which were removed from ``raw``.
    :param latest: the largest sort key, UTC epoch seconds; None if there are no rows.
    :param end_of_stream: whether the envelope says that the stream has ended, by whichever field; None if it does not say.
    :param after_cursor: where the next page of a cursor export begins; None if the envelope has no cursor.
    :param end_time: where the next page of a time-based export begins, UTC epoch seconds; None if the envelope has none.
    :param server_time: when Zendesk began to answer, at the earliest, by its own clock, UTC epoch seconds.
    :param size: bytes of JSON.
    :param calls_left: how many calls the account has left this minute, for the log.
    """

    rows: list[Row]
    sideloads: dict[str, list[Sideloaded]]
    compacted: int
    latest: int | None
    end_of_stream: bool | None
    after_cursor: str | None
    end_time: int | None
    server_time: float
    size: int
    calls_left: str | None

    def passes(self, moment: int) -> bool:
        """Return True if the page has a row at or after a moment (UTC epoch seconds)."""
        return self.latest is not None and self.latest >= moment


_UTF8_PIECE = 64 * 1024
# Every value that is decoded takes some 100 bytes, however short its text is. Smaller pages cannot have too many of them.
_MOST_VALUES = 4_000_000
_SMALL = 16 * 2**20
_NULL = msgspec.Raw(b"null")
_LISTS = ("list", "whole_list")

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# Cursors are sent back in a URL, of which servers read some 8 KiB. Zendesk's have about a hundred characters.
_Cursor = Annotated[str, msgspec.Meta(max_length=4096)]


class _Meta(msgspec.Struct):
    has_more: bool | None = None
    after_cursor: _Cursor | None = None


class _Identity(msgspec.Struct):
    id: int | str | None = None
    key: str | None = None


_decode_identity = msgspec.json.Decoder(_Identity).decode


def rows_between(rows: Sequence[Row], window: Window) -> Sequence[Row]:
    """Return the rows in a window; the rows must be sorted by sort key."""
    start, end = (
        bisect_left(rows, bound, key=lambda row: row.sort_key) for bound in (window.start, window.end)
    )
    return rows[start:end]


class RowDecoder:
    """
    Reads the fields that identify a row.

    :param resource: the resource whose fields to read.
    """

    def __init__(self, resource: Resource) -> None:
        self._decode = msgspec.json.Decoder(_fields(resource)).decode
        self._is_deleted = _deletion_test(resource.deletion)
        self._sort_key = resource.sort_key
        self._has_id = resource.id is not None

    def __call__(self, line: bytes) -> Row:
        """
        Return the row of a stored line.

        :raises ZendeskResponseError: if it has no sort key.
        :raises msgspec.DecodeError: if it is not a row of this resource.
        """
        fields, _, _ = decode_hiding(self._decode, line)
        return self.row(fields, msgspec.Raw(line))

    def row(self, fields: Any, raw: msgspec.Raw) -> Row:
        """
        Return a row.

        :param fields: the fields read from it, see :func:`_fields`.
        :raises ZendeskResponseError: if it has no sort key, or one before 1970 or after the year 9999.
        """
        if self._sort_key is None:
            return Row(fields.id if self._has_id else bytes(raw), 0, False, raw)
        key = fields.sort_key if fields.sort_key is not None else fields.in_docs
        if key is None:
            raise ZendeskResponseError(
                f"a row has no {self._sort_key!r}, so it cannot be assigned to a window"
            )
        # The decoder has checked the bounds of a number.
        second = key if isinstance(key, int) else self._second(key)
        return Row(
            fields.id if self._has_id else bytes(raw),
            second,
            self._is_deleted(fields),
            raw,
        )

    def _second(self, moment: datetime) -> int:
        second = epoch_of(moment)
        if not 0 <= second <= LATEST:
            raise ZendeskResponseError(
                f"a row's {self._sort_key!r} is {second} in UTC epoch seconds, which no record of Zendesk has"
            )
        return second


class PageDecoder:
    """
    Reads the pages of one resource.

    :param resource: the resource whose envelope key and fields to read.
    :param endpoint: says how the end of the stream is recognised.
    :param query: the parameters of every page; the sideloads in ``include`` are read.
    """

    def __init__(self, resource: Resource, endpoint: Endpoint, query: Mapping[str, str | int]) -> None:
        self._include = [name for name in str(query.get("include", "")).split(",") if name]
        self._fields = msgspec.json.Decoder(_envelope(resource, endpoint, _fields(resource), []))
        self._slices = msgspec.json.Decoder(_envelope(resource, endpoint, msgspec.Raw, self._include))
        self._name = resource.records
        self._records = msgspec.json.Decoder(_records(resource))
        self._row = RowDecoder(resource).row
        self._endpoint = endpoint
        self._id = re.compile(rb'"%s"\s*:\s*("[^"]{1,64}"|\d+)' % (resource.id or "id").encode())

    def __call__(self, answer: Answer) -> Page:
        """
        Return the page.

        :raises ZendeskGarbledError: if the body is not JSON in UTF-8, or lacks the records; a retry may help.
        :raises ZendeskResponseError: if it is not this resource's envelope, a row has no id or sort key, or it has more
            values than any page.
        """
        try:
            return self._page(answer)
        except RecursionError:
            raise ZendeskResponseError(
                "the answer's JSON has hundreds of arrays or objects inside each other, which no record of Zendesk has "
                f"(request id {answer.request_id or 'none'})"
            ) from None

    def _page(self, answer: Answer) -> Page:
        envelope, slices, originals = self._read(answer)
        raws, compacted = slices.rows, 0
        has_newlines = b"\n" in answer.body or b"\r" in answer.body
        if has_newlines:
            raws, compacted = _on_one_line(raws)
        sideloads = self._sideloads(slices, has_newlines=has_newlines)
        if originals:
            raws = [_restored(raw, originals) for raw in raws]
            sideloads = {
                name: [Sideloaded(one.key, _restored(one.raw, originals)) for one in found]
                for name, found in sideloads.items()
            }
        rows = [self._row(fields, raw) for fields, raw in zip(envelope.rows, raws, strict=True)]
        return Page(
            rows=rows,
            sideloads=sideloads,
            compacted=compacted,
            latest=max([row.sort_key for row in rows], default=None),
            end_of_stream=_end_of_stream(envelope, self._endpoint),
            after_cursor=_after_cursor(envelope, self._endpoint),
            end_time=getattr(envelope, "end_time", None),
            server_time=answer.server_time,
            size=len(answer.body),
            calls_left=answer.calls_left,
        )

    def _read(self, answer: Answer) -> tuple[Any, Any, dict[bytes, bytes]]:
        """Return the fields of the rows, the slices, and the original text of each placeholder in the slices."""
        if len(answer.body) > _SMALL and (values := answer.body.count(b",")) > _MOST_VALUES:
            raise ZendeskResponseError(
                f"the answer has some {values} values in {len(answer.body)} bytes, and a page has at most 1,000 records; look "
                "for a proxy or a host that is not Zendesk, or give a smaller per_page= "
                f"(request id {answer.request_id or 'none'})"
            )
        try:
            _check_utf8(answer.body)
            envelope, body, originals = decode_hiding(self._fields.decode, answer.body)
            return envelope, self._slices.decode(body), originals
        except UnicodeDecodeError as error:
            raise self._garbled(answer, error, error.start) from None
        except msgspec.ValidationError as error:
            self._check_records(answer)
            raise ZendeskResponseError(
                f"the answer is not the export's documented form: {error} (request id {answer.request_id or 'none'})"
            ) from None
        except ValueError as error:
            place = re.search(r"\(byte (\d+)\)", str(error))
            raise self._garbled(answer, error, int(place[1]) if place else None) from None

    def _check_records(self, answer: Answer) -> None:
        """
        Check that a page in an unexpected form has its records at all.

        :raises ZendeskGarbledError: if it has none, for example ``{}`` or an error with status 200.
        """
        try:
            envelope, _, _ = decode_hiding(self._records.decode, answer.body)
            there = bytes(envelope.rows).startswith(b"[")
        except msgspec.ValidationError:
            there = False  # it is no object
        except ValueError as error:
            raise self._garbled(answer, error, None) from None
        if not there:
            raise ZendeskGarbledError(
                f"the answer lacks its {self._name!r} (request id {answer.request_id or 'none'})"
            )

    def _garbled(self, answer: Answer, error: ValueError, place: int | None) -> ZendeskGarbledError:
        """Return the error for a body that is not JSON in UTF-8; it names the broken record if that can be found."""
        found = self._id.findall(answer.body[:place]) if place else []
        near = f", in or after the record with id {quoted(found[-1].decode())}" if found else ""
        return ZendeskGarbledError(
            f"the answer is not JSON in UTF-8: {type(error).__name__} at byte {'unknown' if place is None else place} "
            f"of {len(answer.body)}{near} (request id {answer.request_id or 'none'})"
        )

    def _sideloads(self, slices: Any, *, has_newlines: bool) -> dict[str, list[Sideloaded]]:
        found = {name: getattr(slices, f"sideload_{name}") for name in self._include}
        return {
            name: sideloaded(_on_one_line(value)[0] if has_newlines and isinstance(value, list) else value)
            for name, value in found.items()
            if value is not None
        }


def moment_type(*, zoneless: bool) -> Any:
    """Return the type of a sort key in rows; :func:`epoch_of` reads it."""
    return Second | (Annotated[datetime, msgspec.Meta(tz=False)] if zoneless else _Moment)


def epoch_of(key: int | datetime) -> int:
    """Return a sort key in UTC epoch seconds; a time without a time zone is UTC."""
    if isinstance(key, int):
        return key
    return int((key if key.tzinfo else key.replace(tzinfo=UTC)).timestamp() // 1)


def _fields(resource: Resource) -> Any:
    """Return the type with the fields to read from a row."""
    moment = moment_type(zoneless=resource.zoneless)
    fields: list[Any] = [("id", int | str, msgspec.field(name=resource.id or "id"))]
    if resource.sort_key is None:
        return msgspec.defstruct("Fields", fields, gc=False)
    if resource.sort_key_in_docs is None:
        fields.append(("sort_key", moment, msgspec.field(name=resource.sort_key)))
    else:
        either = ("sort_key", resource.sort_key), ("in_docs", resource.sort_key_in_docs)
        fields += [(name, moment | None, msgspec.field(name=key, default=None)) for name, key in either]
    if resource.deletion:
        fields.append(("mark", msgspec.Raw, msgspec.field(name=resource.deletion.field, default=_NULL)))
    return msgspec.defstruct("Fields", fields, gc=False)


def _deletion_test(deletion: Deletion | None) -> Callable[[Any], bool]:
    """Return the function that says, from the fields of a row, whether its record was deleted."""
    if deletion is None:
        return lambda fields: False
    if deletion.value is None:
        return lambda fields: bool(fields.mark != _NULL)
    value = msgspec.Raw(msgspec.json.encode(deletion.value))
    return lambda fields: bool(fields.mark == value)


def _envelope(resource: Resource, endpoint: Endpoint, row: Any, include: list[str]) -> Any:
    """Return the type of an answer, with only the fields this paging family needs; the others may be of any type."""
    # A top-level sideload is an array or an object keyed by id. If it is missing, it is embedded in the rows.
    anything = list[msgspec.Raw] | dict[str, msgspec.Raw] | None
    fields: list[Any] = [
        ("rows", list[row], msgspec.field(name=resource.records)),
        ("end_of_stream", bool | None, None),
        *((f"sideload_{name}", anything, msgspec.field(name=name, default=None)) for name in include),
    ]
    if endpoint.pagination == "time":
        fields.append(("end_time", Second | None, None))
    elif endpoint.cursor.envelope in ("after_cursor", "next_page_url"):
        fields.append((endpoint.cursor.envelope, _Cursor | None, None))
    if endpoint.ends == "next_page":
        fields.append(("next_page", str | None, None))
    elif endpoint.ends in _LISTS:
        fields += [("meta", _Meta | None, None), ("next_page", str | None | msgspec.UnsetType, msgspec.UNSET)]
    elif endpoint.pagination == "cursor":
        fields += [("meta", _Meta | None, None), ("has_more", bool | None, None)]
    return msgspec.defstruct("Envelope", fields)


def _records(resource: Resource) -> Any:
    """Return the type of an answer of which only the records are read, whatever they are."""
    field = ("rows", msgspec.Raw, msgspec.field(name=resource.records, default=_NULL))
    return msgspec.defstruct("Records", [field])


def _end_of_stream(envelope: Any, endpoint: Endpoint) -> bool | None:
    """Return whether the envelope says that the stream has ended; if several fields say so, they must all agree on it."""
    said = [envelope.end_of_stream]
    if endpoint.ends == "next_page":
        said.append(envelope.next_page is None)
    elif endpoint.ends in _LISTS:
        said.append(_end_of_list(envelope, is_whole=endpoint.ends == "whole_list"))
    elif endpoint.pagination == "cursor":
        said += [
            None if more is None else not more
            for more in (envelope.has_more, envelope.meta and envelope.meta.has_more)
        ]
    known = [one for one in said if one is not None]
    return all(known) if known else None


def _end_of_list(envelope: Any, *, is_whole: bool) -> bool | None:
    """
    Return whether the envelope says that a list has ended; None if it does not say.

    :param is_whole: an answer that says nothing about a next page is the whole list.
    """
    if envelope.meta is not None and envelope.meta.has_more is not None:
        return not envelope.meta.has_more
    is_last = envelope.next_page is None or (is_whole and envelope.next_page is msgspec.UNSET)
    return True if is_last else None


def _after_cursor(envelope: Any, endpoint: Endpoint) -> str | None:
    """Return the next cursor; if it has several parts, they are joined by ``|``."""
    if endpoint.pagination == "time":
        return None
    cursor = endpoint.cursor
    if cursor.envelope == "meta":
        return envelope.meta.after_cursor if envelope.meta else None
    value: str | None = getattr(envelope, cursor.envelope)
    if value is None or cursor.envelope == "after_cursor":
        return value
    try:
        query = parse_qs(urlsplit(value).query)
    except ValueError:
        return None
    parts = [query.get(name, [""])[0] for name in cursor.parameters]
    return CURSOR_PARTS.join(parts) if all(parts) else None


CURSOR_PARTS = "|"


def _check_utf8(text: bytes) -> None:
    """
    Check that a text is UTF-8. It is decoded in pieces, since one string of a whole page can have four times its size.

    :raises UnicodeDecodeError: if it is not; the error has the position in the whole text.
    """
    view, start = memoryview(text), 0
    while start < len(text):
        piece = view[start : start + _UTF8_PIECE]
        is_last = start + len(piece) == len(text)
        try:
            start += codecs.utf_8_decode(piece, "strict", is_last)[1]
        except UnicodeDecodeError as error:
            raise UnicodeDecodeError(
                error.encoding, text, start + error.start, start + error.end, error.reason
            ) from None


def _restored(raw: msgspec.Raw, originals: Mapping[bytes, bytes]) -> msgspec.Raw:
    return msgspec.Raw(restore_lone_surrogates(bytes(raw), originals))


def sideloaded(value: Sequence[bytes | msgspec.Raw] | dict[str, msgspec.Raw]) -> list[Sideloaded]:
    """Return the records of a sideload, as Zendesk sent it or from its stored lines."""
    if isinstance(value, dict):
        return [
            Sideloaded(key, msgspec.Raw(msgspec.json.encode({"key": key, "value": raw})))
            for key, raw in value.items()
        ]
    return [Sideloaded(_key(raw), msgspec.Raw(raw)) for raw in value]


def _key(raw: bytes | msgspec.Raw) -> int | str | bytes:
    try:
        identity = _decode_identity(raw)
    except ValueError:
        return bytes(raw)
    if identity.id is not None:
        return identity.id
    return bytes(raw) if identity.key is None else identity.key


def _on_one_line(slices: list[msgspec.Raw]) -> tuple[list[msgspec.Raw], int]:
    """
    Remove raw newlines, which JSON Lines cannot contain; return the rows and how many of them had newlines.

    A carriage return is one too: many readers end a line there.
    """
    broken = [b"\n" in bytes(raw) or b"\r" in bytes(raw) for raw in slices]
    lines = [
        msgspec.Raw(msgspec.json.format(bytes(raw), indent=-1)) if is_broken else raw
        for raw, is_broken in zip(slices, broken, strict=True)
    ]
    return lines, sum(broken)
