# SPDX-License-Identifier: Apache-2.0
"""Faults in the delivery of a response: a connection that closes early, or a body that arrives slowly."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from dataclasses import dataclass

from aiohttp import web

SEND_RST = struct.pack("ii", 1, 0)  # for SO_LINGER: closing the socket sends RST instead of FIN
FLUSH_SECONDS = 0.02  # time for the last bytes to reach the client; a reset discards what is still on its way


@dataclass(frozen=True)
class Hangup:
    """The connection closes without a response. Credentials are not checked and no rate limit is used up."""


@dataclass(frozen=True)
class Reset:
    """
    The connection is reset (TCP RST).

    :param after: how many bytes of the body, as sent, arrive before the reset; at most all but the last. The
        ``Content-Length`` header has the length of the whole body. None: nothing arrives and no rate limit is used up
    """

    after: int | None = None


@dataclass(frozen=True)
class Drip:
    """
    Zendesk's answer with a body that arrives slowly; the headers arrive at once.

    :param seconds: real seconds until the last byte
    :param pieces: how many pieces the body is sent in, evenly spread over that time
    """

    seconds: float
    pieces: int = 20


Delivery = Hangup | Reset | Drip
"""What goes wrong while a response is sent."""


async def deliver(request: web.BaseRequest, response: web.Response, delivery: Delivery) -> web.StreamResponse:
    """
    Send a response with a fault in its delivery.

    :returns: the response for the aiohttp handler to return; aiohttp sends nothing more if the connection is closed
    """
    body = response.body if isinstance(response.body, bytes) else b""
    match delivery:
        case Hangup():
            _close(request)
        case Reset(None):
            _close(request, SEND_RST)
        case Reset(int(after)):
            stream = await _start(request, response, len(body))
            await stream.write(body[: min(after, len(body) - 1)])
            await _flush(request)
            _close(request, SEND_RST)
            return stream
        case Drip(seconds, pieces):
            stream = await _start(request, response, len(body))
            size = max(1, math.ceil(len(body) / pieces))
            starts = range(0, len(body), size)
            for start in starts:
                await asyncio.sleep(seconds / len(starts))
                await stream.write(body[start : start + size])
            return stream
    return response


async def _start(request: web.BaseRequest, response: web.Response, length: int) -> web.StreamResponse:
    """Send the headers, with the length of the whole body."""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = length
    await stream.prepare(request)
    return stream


async def _flush(request: web.BaseRequest) -> None:
    """Wait until everything written has reached the client, or the client is gone."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        transport = request.transport
        if transport is None or transport.is_closing() or not transport.get_write_buffer_size():
            return


def _close(request: web.BaseRequest, linger: bytes | None = None) -> None:
    if request.transport is None:
        return
    if linger is not None:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.transport.abort()
