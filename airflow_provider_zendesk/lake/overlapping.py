# SPDX-License-Identifier: Apache-2.0
"""Runs operations on storage side by side, as many as it allows."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


class _AtOnce(Executor):
    """Runs each call when it is submitted, in the same thread; what it raises, ``submit`` raises."""

    def submit(self, fn: Callable[..., R], /, *args: object, **kwargs: object) -> Future[R]:
        future: Future[R] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def executor(concurrency: int) -> Executor:
    """Return what runs so many calls at the same time, in threads; one at a time runs in the caller's own."""
    return ThreadPoolExecutor(concurrency) if concurrency > 1 else _AtOnce()
