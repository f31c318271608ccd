# SPDX-License-Identifier: Apache-2.0
"""
A store in memory whose every state is one number, so that millions of states can be told apart.

Each object that was ever put, a name with its bytes, has a bit; a state is the sum of the bits of what lies there.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from airflow_provider_zendesk.exceptions import ExportStorageError


class Operation(NamedTuple):
    """
    One step of an attempt, atomic.

    :param kind: the method of the storage.
    :param name: of the object or the folder.
    :param data: what is put.
    :param prefix: of the names that are listed.
    """

    kind: str
    name: str
    data: bytes = b""
    prefix: str = ""

    def concerns(self, name: str) -> bool:
        """True if the operation can see or touch an object of that name."""
        if self.kind in ("find", "folders"):
            return name.startswith(f"{self.name}/{self.prefix}")
        if self.kind == "files":
            return name.startswith(f"{self.name}/{self.prefix}") and "/" not in name[len(self.name) + 1 :]
        return name == self.name


Result = bytes | bool | tuple[str, ...] | None


class Store:
    """All objects that were ever put, and what the operations do."""

    def __init__(self) -> None:
        self._objects: list[tuple[str, bytes]] = []
        self._bits: dict[tuple[str, bytes], int] = {}
        self._scopes: dict[Operation, int] = {}
        self.content = cache(self._content)

    def scope(self, operation: Operation) -> int:
        """Return the bits of all objects that the operation concerns."""
        if operation not in self._scopes:
            if operation.kind in ("put", "create"):
                self._bit(operation.name, operation.data)
            self._scopes[operation] = sum(
                1 << index for index, (name, _) in enumerate(self._objects) if operation.concerns(name)
            )
        return self._scopes[operation]

    def apply(self, operation: Operation, state: int) -> tuple[int, Result]:
        """Return the state after an operation, and what it returns; None from a get: there is no such object."""
        scope = self.scope(operation)
        seen = state & scope
        if operation.kind == "delete":
            return state & ~scope, None
        if operation.kind == "put":
            return state & ~scope | self._bit(operation.name, operation.data), None
        if operation.kind == "create":
            own = self._bit(operation.name, operation.data)
            return (state, seen == own) if seen else (state | own, True)
        return state, self._look(operation, seen)

    def _look(self, operation: Operation, seen: int) -> Result:
        objects = self.content(seen)
        if operation.kind == "get":
            return objects.get(operation.name)
        if operation.kind == "folders":
            inside = (name.removeprefix(f"{operation.name}/").split("/") for name in objects)
            return tuple(sorted({f"{operation.name}/{path[0]}" for path in inside if len(path) > 1}))
        if operation.kind in ("files", "find"):
            return tuple(sorted(objects))
        raise ExportStorageError(f"the model has no {operation.kind}")

    def _content(self, state: int) -> dict[str, bytes]:
        """Return the objects of a state by name."""
        return dict(item for index, item in enumerate(self._objects) if state >> index & 1)

    def _bit(self, name: str, data: bytes) -> int:
        if (name, data) not in self._bits:
            bit = self._bits[name, data] = 1 << len(self._objects)
            self._objects.append((name, data))
            for operation in self._scopes:
                if operation.concerns(name):
                    self._scopes[operation] |= bit
        return self._bits[name, data]
