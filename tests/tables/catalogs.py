# SPDX-License-Identifier: Apache-2.0
"""A SQL catalog whose every operation, and every file it reads or writes, can be disturbed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyiceberg.catalog import load_catalog
from pyiceberg.io.pyarrow import PyArrowFileIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Killed(BaseException):
    """Nothing catches it, as nothing catches a SIGKILL."""


class Disturbance:
    """
    Something that happens at one of the operations, before or after it is done.

    :param at: the number of the operation.
    :param what: is called then.
    """

    def __init__(self, at: int, what: Callable[[], None], *, after: bool) -> None:
        self.operations: list[str] = []
        self.has_happened = False
        self._at = at
        self._what = what
        self._after = after

    def around(self, name: str, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        is_now = len(self.operations) == self._at
        self.operations.append(name)
        if is_now and not self._after:
            self._happen()
        result = operation(*arguments, **options)
        if is_now and self._after:
            self._happen()
        return result

    def _happen(self) -> None:
        self.has_happened = True
        with disturbed(None):  # what happens is not disturbed itself
            self._what()


_current: list[Disturbance | None] = [None]


@contextmanager
def disturbed(disturbance: Disturbance | None) -> Iterator[None]:
    _current.append(disturbance)
    try:
        yield
    finally:
        _current.pop()


def around(name: str, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    disturbance = _current[-1]
    if disturbance is None:
        return operation(*arguments, **options)
    return disturbance.around(name, operation, *arguments, **options)


class DisturbedFileIO(PyArrowFileIO):
    """Files of the catalog. What is opened is read or written at once, so one operation is enough."""

    def new_input(self, location: str) -> Any:
        return around("read", super().new_input, location)

    def new_output(self, location: str) -> Any:
        return around("write", super().new_output, location)

    def delete(self, location: Any) -> Any:
        return around("delete", super().delete, location)


class DisturbedCatalog:
    """Passes on the calls that the engine makes."""

    def __init__(self, catalog: Any) -> None:
        self._catalog = catalog

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._catalog, name)
        if not callable(found):
            return found
        return lambda *arguments, **options: around(name, found, *arguments, **options)


class DisturbedStorage:
    """The storage of the lake, from which the engine only reads."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self.concurrency = 1

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._storage, name)
        return lambda *arguments, **options: around(name, found, *arguments, **options)


def sql_catalog(folder: Path) -> Any:
    """Return a catalog in a folder; commits are disturbed too, since tables call it themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    catalog = load_catalog(
        "test",
        **{
            "type": "sql",
            "uri": f"sqlite:///{folder}/catalog.db",
            "warehouse": f"file://{folder}/warehouse",
            "py-io-impl": "tests.tables.catalogs.DisturbedFileIO",
        },
    )
    commit = catalog.commit_table
    catalog.commit_table = lambda *arguments: around("commit_table", commit, *arguments)
    return catalog
