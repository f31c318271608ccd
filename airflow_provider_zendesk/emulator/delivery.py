# SPDX-License-Identifier: Apache-2.0
"""Answers that do not travel as they should: connections that end too soon, bodies that come in drops."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from typing import TYPE_CHECKING

from aiohttp import web

from airflow_provider_zendesk.emulator.faults import Drip, Hangup, Reset

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.faults import Delivery

AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST instead of FIN
FLUSH = 0.02  # seconds for the last bytes to reach the client: what a reset overtakes is lost


async def deliver(request: web.BaseRequest, response: web.Response, delivery: Delivery) -> web.StreamResponse:
    """
    Send an answer in the way that is planned.

    :returns: what the server is to end the exchange with; nothing more leaves if the connection is gone
    """
    body = response.body if isinstance(response.body, bytes) else b""
    match delivery:
        case Hangup():
            _sever(request)
        case Reset(None):
            _sever(request, AT_ONCE)
        case Reset(int(after)):
            begun = await _begin(request, response, len(body))
            await begun.write(body[: min(after, len(body) - 1)])
            await _flush(request)
            _sever(request, AT_ONCE)
            return begun
        case Drip(seconds, pieces):
            begun = await _begin(request, response, len(body))
            size = max(1, math.ceil(len(body) / pieces))
            starts = range(0, len(body), size)
            for start in starts:
                await asyncio.sleep(seconds / len(starts))
                await begun.write(body[start : start + size])
            return begun
    return response


async def _begin(request: web.BaseRequest, response: web.Response, length: int) -> web.StreamResponse:
    """Send the head, with the length of the whole body."""
    begun = web.StreamResponse(status=response.status, headers=response.headers)
    begun.content_length = length
    await begun.prepare(request)
    return begun


async def _flush(request: web.BaseRequest) -> None:
    """Wait until what was written has reached the client, if it still listens."""
    while True:
        await asyncio.sleep(FLUSH)
        transport = request.transport
        if transport is None or transport.is_closing() or not transport.get_write_buffer_size():
            return


def _sever(request: web.BaseRequest, linger: bytes | None = None) -> None:
    if request.transport is None:
        return
    if linger is not None:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.transport.abort()
