# SPDX-License-Identifier: Apache-2.0
"""A storage that counts what it is asked for."""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.storage import Storage, Stored


class CountingStorage:
    """
    A storage, and how often it was asked for what.

    A deletion of several objects counts once: stores that delete in batches take one request for it.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.counts: Counter[str] = Counter()
        self.log: list[str] = []

    @property
    def concurrency(self) -> int:
        return self._storage.concurrency

    def with_scratch(self, folder: str) -> CountingStorage:
        bound = copy(self)
        bound._storage = self._storage.with_scratch(folder)
        return bound

    def put(self, name: str, data: bytes) -> None:
        self._count("put", name)
        self._storage.put(name, data)

    def create(self, name: str, data: bytes) -> bool:
        self._count("create", name)
        return self._storage.create(name, data)

    def get(self, name: str) -> bytes:
        self._count("get", name)
        return self._storage.get(name)

    def files(self, folder: str, prefix: str = "") -> list[str]:
        self._count("list", folder, prefix)
        return self._storage.files(folder, prefix)

    def folders(self, folder: str) -> list[str]:
        self._count("list", folder)
        return self._storage.folders(folder)

    def find(self, folder: str, prefix: str = "") -> list[str]:
        self._count("list", folder, prefix)
        return self._storage.find(folder, prefix)

    def details(self, folder: str, prefix: str = "") -> dict[str, Stored]:
        self._count("list", folder, prefix)
        return self._storage.details(folder, prefix)

    def delete(self, names: Iterable[str]) -> None:
        names = list(names)
        if names:
            self._count("delete", *names)
            self._storage.delete(names)

    def _count(self, kind: str, *what: Any) -> None:
        self.counts[kind] += 1
        self.log.append(f"{kind} {' '.join(what)}")
