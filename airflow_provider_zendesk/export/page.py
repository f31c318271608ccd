# SPDX-License-Identifier: Apache-2.0
"""
From the bytes of an answer to its rows, without parsing them.

``msgspec`` reads the page twice at about 1 GB/s: once to cut it into raw slices, once for the few fields the
catalogue names. The slices themselves are what gets written, so no number, escape or key order can change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from airflow_provider_zendesk.exceptions import ZendeskGarbledError, ZendeskResponseError

if TYPE_CHECKING:
    from airflow_provider_zendesk.client.client import Answer
    from airflow_provider_zendesk.resources import Resource


class Row(msgspec.Struct, gc=False, frozen=True):
    """
    One record as the API sent it.

    :param id: the record's id.
    :param sort_key: UTC epoch seconds.
    :param deleted: it carries the catalogue's mark of a deleted record.
    :param raw: its JSON, one line.
    """

    id: int | str
    sort_key: int
    deleted: bool
    raw: msgspec.Raw


class Page(msgspec.Struct):
    """
    One answer of an export.

    :param rows: in the order they came.
    :param compacted: how many of them held raw newlines, which are gone from ``raw``.
    :param end_of_stream: what the envelope says; None if it says nothing.
    :param after_cursor: where the next page of a cursor export begins; None if the envelope tells none.
    :param end_time: where that of a time-based one begins, UTC epoch seconds; likewise.
    :param server_time: Zendesk's clock when it began to answer, at the earliest, UTC epoch seconds.
    :param size: bytes of JSON.
    :param calls_left: the account's calls left this minute, for the log.
    """

    rows: list[Row]
    compacted: int
    end_of_stream: bool | None
    after_cursor: str | None
    end_time: int | None
    server_time: float
    size: int
    calls_left: str | None

    def passes(self, moment: int) -> bool:
        """True if a row of the page lies at or after a moment (UTC epoch seconds)."""
        return bool(self.rows) and self.rows[-1].sort_key >= moment


class PageDecoder:
    """
    Reads the pages of one resource.

    :param resource: whose envelope key and fields to read.
    """

    def __init__(self, resource: Resource) -> None:
        fields = msgspec.defstruct(
            "Fields",
            [
                ("id", int | str, msgspec.field(name=resource.id)),
                ("sort_key", int, msgspec.field(name=resource.sort_key)),
                ("mark", Any, msgspec.field(name=resource.deletion.field, default=None)),
            ],
            gc=False,
        )
        self._fields = msgspec.json.Decoder(_envelope(resource, fields))
        self._slices = msgspec.json.Decoder(_envelope(resource, msgspec.Raw))
        self._deletion = resource.deletion.value

    def __call__(self, answer: Answer) -> Page:
        """
        Return the page.

        :raises ZendeskGarbledError: if the body is not JSON in UTF-8: a retry may mend it.
        :raises ZendeskResponseError: if it is not this resource's envelope, or a row has no id or sort key.
        """
        envelope, slices, compacted = self._read(answer)
        mark = self._deletion
        return Page(
            rows=[
                Row(fields.id, fields.sort_key, fields.mark == mark, raw)
                for fields, raw in zip(envelope.rows, slices, strict=True)
            ],
            compacted=compacted,
            end_of_stream=envelope.end_of_stream,
            after_cursor=envelope.after_cursor,
            end_time=envelope.end_time,
            server_time=answer.server_time,
            size=len(answer.body),
            calls_left=answer.calls_left,
        )

    def _read(self, answer: Answer) -> tuple[Any, list[msgspec.Raw], int]:
        try:
            answer.body.decode("utf-8")
            envelope: Any = self._fields.decode(answer.body)
            slices: list[msgspec.Raw] = self._slices.decode(answer.body).rows
        except msgspec.ValidationError as error:
            raise ZendeskResponseError(
                f"the answer is not the export's documented form: {error} (request id {answer.request_id or 'none'})"
            ) from None
        except ValueError as error:
            raise ZendeskGarbledError(
                f"the answer is not JSON in UTF-8: {type(error).__name__} "
                f"after {len(answer.body)} bytes (request id {answer.request_id or 'none'})"
            ) from None
        if b"\n" in answer.body:
            return envelope, *_on_one_line(slices)
        return envelope, slices, 0


def _envelope(resource: Resource, row: Any) -> Any:
    return msgspec.defstruct(
        "Envelope",
        [
            ("rows", list[row], msgspec.field(name=resource.records)),
            ("end_of_stream", bool | None, None),
            ("after_cursor", str | None, None),
            ("end_time", int | None, None),
        ],
    )


def _on_one_line(slices: list[msgspec.Raw]) -> tuple[list[msgspec.Raw], int]:
    """Take raw newlines, which JSON Lines cannot hold, out of the rows that have them; count those."""
    broken = [b"\n" in bytes(raw) for raw in slices]
    lines = [
        msgspec.Raw(msgspec.json.format(bytes(raw), indent=-1)) if is_broken else raw
        for raw, is_broken in zip(slices, broken, strict=True)
    ]
    return lines, sum(broken)
