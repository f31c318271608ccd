# SPDX-License-Identifier: Apache-2.0
"""Reads the body of an answer within a time limit, and decompresses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests
from isal import isal_zlib
from urllib3.exceptions import DecodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests import Response

# Small, so that the memory of one piece is used again for the next.
_PIECE = 64 * 1024
_GZIP = 31


def read_body(response: Response, timeout: float) -> bytes:
    """
    Return the decompressed body.

    Gzip is the only encoding that the client asks for. It is decompressed by isal, which is faster than the zlib that
    urllib3 uses. If a server uses another encoding all the same, urllib3 decompresses it if it can.

    :param response: of a request with ``stream=True``.
    :param timeout: seconds for the whole body.
    :raises requests.ReadTimeout: if the whole body takes too long, although each piece arrives in time.
    :raises urllib3.exceptions.HTTPError: if the body is damaged or ends too soon.
    """
    gzipped = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
    deadline = time.monotonic() + timeout
    pieces = []
    while piece := response.raw.read1(_PIECE, decode_content=not gzipped):
        pieces.append(piece)
        if time.monotonic() > deadline:
            response.close()
            raise requests.ReadTimeout(f"the body was not complete after {timeout:.0f} s")
    return inflate(pieces) if gzipped else b"".join(pieces)


def inflate(pieces: Sequence[bytes]) -> bytes:
    """
    Return the text of a gzip body: that of all its members, if it has several.

    As in urllib3, only the first member must be complete; anything that follows it and is not gzip is ignored.

    :param pieces: of the body; none if it is empty.
    :raises urllib3.exceptions.DecodeError: if it is not gzip, is damaged or ends too soon.
    """
    texts: list[bytes] = []
    member, complete = isal_zlib.decompressobj(_GZIP), 0
    for piece in pieces:
        rest = piece
        while rest:
            try:
                texts.append(member.decompress(rest))
            except isal_zlib.error as error:  # type: ignore[misc]  # it is a class, although its stub says otherwise
                if complete:
                    return b"".join(texts)
                raise DecodeError(f"the body is not valid gzip: {error}") from None
            rest = member.unused_data
            if member.eof:
                member, complete = isal_zlib.decompressobj(_GZIP), complete + 1
    if pieces and not complete:
        raise DecodeError("the gzip body ends too soon")
    return b"".join(texts)
