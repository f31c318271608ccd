# SPDX-License-Identifier: Apache-2.0
"""An aiohttp server on the loopback interface, in its own thread."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import TYPE_CHECKING

from aiohttp import web
from isal import igzip

from airflow_provider_zendesk.emulator.http.delivery import deliver
from airflow_provider_zendesk.emulator.http.messages import Reply, Request

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.clock import Clock

GZIP_LEVEL = 1  # of isal's 0 to 3; low, because tests should measure the client rather than the emulator
SHUTDOWN_SECONDS = 0.01  # time that open connections get to finish; aiohttp waits this long for idle ones too

Handler = Callable[[Request], Awaitable[Reply]]


def check_loopback(host: str) -> None:
    """
    Check that other machines cannot reach the emulator, because its credentials are public.

    :raises ValueError: if ``host`` is not a loopback address
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"host {host!r} is not a loopback address; use 127.0.0.1, ::1 or localhost")


class LoopbackServer:
    """
    Passes every request to one handler.

    :param port: 0 for any free port
    """

    def __init__(self, handler: Handler, clock: Clock, host: str, port: int) -> None:
        check_loopback(host)
        self._handler = handler
        self._clock = clock
        self._address = (host, port)
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None

    def start(self) -> str:
        """
        Start to listen and to answer requests.

        :returns: the origin, such as ``http://127.0.0.1:43121``
        :raises OSError: if the port is taken
        """
        listener = socket.create_server(self._address, family=self._family, backlog=128)
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)), name="zendesk-emulator", daemon=True
        )
        self._thread.start()
        ready.wait()
        host = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"http://{host}:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """Close the port and every connection; returns once the thread has ended."""
        if self._thread is None or self._loop is None or self._ended is None:
            return
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._thread = None

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = web.Server(self._respond, access_log=None)
        acceptor = await self._loop.create_server(server, sock=listener)
        ready.set()
        try:
            await self._ended.wait()
        finally:
            acceptor.close()
            await server.shutdown(SHUTDOWN_SECONDS)
            await acceptor.wait_closed()

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        reply = await self._handler(await _received(request))
        response = self._response(reply, request.headers.get("Accept-Encoding", ""))
        return await deliver(request, response, reply.delivery) if reply.delivery else response

    def _response(self, reply: Reply, accepted: str) -> web.Response:
        # Date is when the response is sent. For a slow page that is later than the state the page shows.
        now = self._clock.now()
        headers = {
            "Content-Type": reply.content_type,
            "Date": formatdate(now, usegmt=True),
            # A client that compares Date with its machine's clock has to know that this clock is another one.
            "x-emulator-clock": str(int(now)),
            "Server": "zendesk-emulator",
            "x-request-id": str(uuid.uuid4()),
        }
        body = reply.body
        if "gzip" in accepted and body and not reply.as_is:
            body = igzip.compress(body, GZIP_LEVEL)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        response = web.Response(status=reply.status, body=body, headers=headers)
        response.headers.update(reply.headers)
        return response


async def _received(request: web.BaseRequest) -> Request:
    return Request(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )
