# SPDX-License-Identifier: Apache-2.0
"""A server that answers every request with the same bytes, status line and headers among them, valid or not."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self


class RawServer:
    """
    Sends bytes to whoever connects, and closes the connection.

    :param answer: returns the pieces to send; they may be endless, since it stops when the client closes the connection.
    """

    def __init__(self, answer: Callable[[], Iterable[bytes]]) -> None:
        self.answer = answer
        self.received: list[bytes] = []
        """The head of each request."""
        self.hung_up = threading.Event()
        """Set once a client closed its connection before it had everything."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            head = b""
            while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
                head += piece
            self.received.append(head)
            for piece in self.answer():
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.hung_up.set()
