# SPDX-License-Identifier: Apache-2.0
"""Stands before a store: notes its requests, stops an upload at a byte, loses an answer."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, NamedTuple, Self

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CHUNK = 64 * 2**10
# For one connection, not for what is said over it.
_HOP = {"connection", "keep-alive", "transfer-encoding", "expect"}


class Request(NamedTuple):
    method: str
    path: str
    bytes: int
    status: int


class Proxy:
    """
    A proxy in a thread of its own.

    :param upstream: the store's address.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.requests: list[Request] = []
        self.url = ""
        self._stop_at: int | None = None
        self._passed = 0
        self._stopped = threading.Event()
        self._go_on = asyncio.Event()
        self._losing = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(self, *exception: object) -> None:
        self.go_on()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def stop_at(self, byte: int) -> threading.Event:
        """Pass on so many bytes of uploads, then no more; the event is set when they are through."""
        self._passed, self._stop_at = 0, byte
        self._stopped.clear()
        self._loop.call_soon_threadsafe(self._go_on.clear)
        return self._stopped

    def go_on(self) -> None:
        """Let the bytes flow again, from whoever is still there to send them."""
        self._stop_at = None
        self._loop.call_soon_threadsafe(self._go_on.set)

    def lose_an_answer(self, method: str) -> None:
        """Cut the connection instead of passing the next answer to a request with this method."""
        self._losing = method

    async def _open(self) -> None:
        self._session = ClientSession(
            timeout=ClientTimeout(total=None), auto_decompress=False, connector=TCPConnector(force_close=True)
        )
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP]
        url = URL(f"{self._upstream}{request.raw_path}", encoded=True)
        data = self._body(request) if request.body_exists else None
        async with self._session.request(
            request.method, url, headers=headers, data=data, allow_redirects=False
        ) as answer:
            content = await answer.read()
        self.requests.append(
            Request(request.method, request.raw_path, request.content_length or 0, answer.status)
        )
        if request.method == self._losing:
            self._losing = ""
            assert request.transport is not None
            request.transport.abort()
        said = [
            # A store sends the driver to its own address for the rest of an upload.
            (name, value.replace(self._upstream, self.url))
            for name, value in answer.headers.items()
            if name.lower() not in _HOP
        ]
        return web.Response(status=answer.status, headers=dict(said), body=content or None)

    async def _body(self, request: web.Request) -> AsyncIterator[bytes]:
        async for chunk in request.content.iter_chunked(_CHUNK):
            yield chunk
            self._passed += len(chunk)
            if self._stop_at is not None and self._passed >= self._stop_at:
                self._stopped.set()
                await self._go_on.wait()
