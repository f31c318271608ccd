# SPDX-License-Identifier: Apache-2.0
"""Runs operations on storage side by side, as many as it allows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_zendesk.lake.storage import Storage

T = TypeVar("T")
R = TypeVar("R")


def map_overlapping(storage: Storage, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield what ``work`` returns for each item, in order; several are under way at a time if the storage allows it."""
    if storage.concurrency == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(storage.concurrency) as pool:
        yield from pool.map(work, items)
