# SPDX-License-Identifier: Apache-2.0
"""A storage that counts its operations and can be made slow."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.storage import Storage, Stored

KINDS = ("get", "put", "create", "list", "delete")


class CountingStorage:
    """
    Passes every operation on, and counts it by kind. It may be used by several threads at once.

    A deletion of several objects counts once: stores that delete in batches take one request for it.

    :param storage: the storage that does the work.
    :param delay: seconds to sleep before each operation, as if the store were that far away.
    :param concurrency: how many operations may run at the same time; None: as many as in the storage.
    """

    def __init__(self, storage: Storage, delay: float = 0.0, concurrency: int | None = None) -> None:
        self.operations = Counter(dict.fromkeys(KINDS, 0))
        self.concurrency = concurrency or storage.concurrency
        self._storage = storage
        self._delay = delay
        self._lock = threading.Lock()

    def with_scratch(self, prefix: str) -> CountingStorage:
        """Return a view of the same storage with the same counts."""
        bound = CountingStorage(self._storage.with_scratch(prefix), self._delay, self.concurrency)
        bound.operations, bound._lock = self.operations, self._lock
        return bound

    def put(self, name: str, data: bytes) -> None:
        self._count("put")
        self._storage.put(name, data)

    def create(self, name: str, data: bytes) -> bool:
        self._count("create")
        return self._storage.create(name, data)

    def get(self, name: str) -> bytes:
        self._count("get")
        return self._storage.get(name)

    def get_range(self, name: str, start: int, end: int) -> bytes:
        self._count("get")
        return self._storage.get_range(name, start, end)

    def files(self, folder: str, prefix: str = "") -> list[str]:
        self._count("list")
        return self._storage.files(folder, prefix)

    def folders(self, folder: str) -> list[str]:
        self._count("list")
        return self._storage.folders(folder)

    def find(self, folder: str, prefix: str = "") -> list[str]:
        self._count("list")
        return self._storage.find(folder, prefix)

    def details(self, folder: str, prefix: str = "") -> dict[str, Stored]:
        self._count("list")
        return self._storage.details(folder, prefix)

    def delete(self, names: Iterable[str]) -> None:
        names = list(names)
        if names:
            self._count("delete")
            self._storage.delete(names)

    def remove_if_empty(self, folder: str) -> None:
        self._storage.remove_if_empty(folder)

    def _count(self, kind: str) -> None:
        with self._lock:
            self.operations[kind] += 1
        if self._delay:
            time.sleep(self._delay)
