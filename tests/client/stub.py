# SPDX-License-Identifier: Apache-2.0
"""A web server that answers byte for byte what a test wants, for what no Zendesk would do."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

DATE = formatdate(usegmt=True)


@dataclass(frozen=True)
class Canned:
    """One answer; ``missing`` bytes of the body are announced but never sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Date": DATE})
    missing: int = 0


def as_json(payload: Any, status: int = 200) -> Canned:
    return Canned(status, json.dumps(payload).encode())


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class StubServer:
    """Answers each path with its list of answers, the last one over and over; all other paths with 404."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Canned]] = {}
        self.seen: list[Seen] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                stub._answer(self)

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StubServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.seen.append(Seen(handler.command, path, headers, body))
        answers = self.answers.get(path, [Canned(404)])
        canned = answers.pop(0) if len(answers) > 1 else answers[0]
        handler.send_response_only(canned.status)
        for name, value in canned.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(canned.body) + canned.missing))
        handler.end_headers()
        handler.wfile.write(canned.body)
        handler.close_connection = canned.missing > 0


def traffic(session: requests.Session) -> list[tuple[int, int]]:
    """How many connections a session has opened to each host, and how many requests it has sent over them."""
    pools = [adapter.poolmanager.pools for adapter in set(session.adapters.values())]
    used = [manager[key] for manager in pools for key in list(manager.keys())]
    return [(pool.num_connections, pool.num_requests) for pool in used]
