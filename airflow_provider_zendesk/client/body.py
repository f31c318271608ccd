# SPDX-License-Identifier: Apache-2.0
"""Reads the body of an answer within limits of time and size, and decompresses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests
from isal import isal_zlib
from urllib3.exceptions import DecodeError

from airflow_provider_zendesk.exceptions import ZendeskResponseError
from airflow_provider_zendesk.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests import Response

    from airflow_provider_zendesk.policy import Policy

# Small, so that the memory of one piece is used again for the next.
_PIECE = 64 * 1024
# The window bits by which isal knows the format.
_FORMATS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
# A body this small may be as repetitive as it likes.
_ANY_RATIO = 32 * 2**20
_TOO_LARGE = (
    "the answer of {where} is {how}, and a page has at most 1,000 records; look for a proxy or a host that is not Zendesk, "
    "or give a smaller per_page="
)


def read_body(response: Response, policy: Policy) -> bytes:
    """
    Return the decompressed body.

    Gzip is the only encoding that the client asks for. It is decompressed by isal, which is faster than the zlib that
    urllib3 uses and, unlike that of older versions of urllib3, never makes more of a piece than is allowed. Of the
    encodings that nobody asked for only deflate is undone; a body in another one is returned as it came.

    :param response: of a request with ``stream=True``. It is closed if its body is refused.
    :param policy: how long the whole body may take and how large it may be.
    :raises requests.ReadTimeout: if the whole body takes too long, although each piece arrives in time.
    :raises urllib3.exceptions.HTTPError: if the body is damaged or ends too soon.
    :raises ZendeskResponseError: if the body is too large, before or after decompression.
    """
    try:
        pieces = _received(response, policy)
        limit = text_limit(sum(map(len, pieces)), policy)
        for encoding in reversed(response.headers.get("Content-Encoding", "").lower().split(",")):
            if encoding.strip() in _FORMATS:
                pieces = [inflate(pieces, limit, _FORMATS[encoding.strip()])]
        return b"".join(pieces)
    except BodyTooLargeError as error:
        response.close()
        where = response.url.partition("?")[0]
        raise ZendeskResponseError(_TOO_LARGE.format(where=where, how=error)) from None


class BodyTooLargeError(Exception):
    """A body is larger than any page; the message says how large."""


def text_limit(received: int, policy: Policy) -> int:
    """
    Return how many bytes a body may have when it is decompressed.

    :param received: its bytes on the wire.
    """
    return min(max(received * policy.body_ratio, _ANY_RATIO), policy.body_text)


def _received(response: Response, policy: Policy) -> list[bytes]:
    deadline = time.monotonic() + policy.answer_timeout
    pieces, received = [], 0
    while piece := response.raw.read1(_PIECE, decode_content=False):
        pieces.append(piece)
        received += len(piece)
        if received > policy.body_bytes:
            raise BodyTooLargeError(f"larger than {policy.body_bytes} bytes")
        if time.monotonic() > deadline:
            response.close()
            raise requests.ReadTimeout(f"the body was not complete after {policy.answer_timeout:.0f} s")
    return pieces


def inflate(
    pieces: Sequence[bytes], limit: int = DEFAULT_POLICY.body_text, form: int = _FORMATS["gzip"]
) -> bytes:
    """
    Return the text of a compressed body: that of all its members, if it has several.

    As in urllib3, only the first member must be complete; anything that follows it and is not gzip is ignored.

    :param pieces: of the body; none if it is empty.
    :param limit: bytes of text. Memory for more than that is never taken.
    :param form: the window bits of the format.
    :raises urllib3.exceptions.DecodeError: if it is not gzip, is damaged or ends too soon.
    :raises BodyTooLargeError: if the text is larger.
    """
    texts: list[bytes] = []
    left = limit
    member, complete = isal_zlib.decompressobj(form), 0
    for piece in pieces:
        rest = piece
        while rest:
            try:
                # One byte more than is allowed shows that there is more; 0 would mean no limit.
                text = member.decompress(rest, left + 1)
            except isal_zlib.error as error:  # type: ignore[misc]  # it is a class, although its stub says otherwise
                if complete:
                    return b"".join(texts)
                raise DecodeError(f"the body is not valid gzip: {error}") from None
            left -= len(text)
            if left < 0:
                raise BodyTooLargeError(f"larger than {limit} bytes when it is decompressed")
            texts.append(text)
            rest = member.unused_data
            if member.eof:
                member, complete = isal_zlib.decompressobj(form), complete + 1
    if pieces and not complete:
        raise DecodeError("the gzip body ends too soon")
    return b"".join(texts)
