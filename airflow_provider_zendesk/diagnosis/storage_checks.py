# SPDX-License-Identifier: Apache-2.0
"""Tries a storage: what a commit needs of it, with a file of its own that is removed afterwards."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from airflow_provider_zendesk.diagnosis.report import Check
from airflow_provider_zendesk.exceptions import ExportStorageAccessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_zendesk.lake.storage import Storage

FOLDER = "_doctor"
_RIGHTS = "give the storage's credentials the right to {right} below the root"


def check_storage(storage: Storage) -> Iterator[Check]:
    """Yield what was found; after a write that failed, the rest is not tried."""
    name = f"{FOLDER}/{uuid.uuid4().hex}"
    writing = _tried("write", lambda: storage.put(name, b"1"))
    yield writing
    if writing.severity == "error":
        return
    yield _tried("read", lambda: _expect(storage.get(name) == b"1", "it returned other bytes"))
    yield _tried("list", lambda: _expect(name in storage.files(FOLDER), "the file is not listed"))
    yield _exclusive_put(storage, f"{name}-exclusive")
    yield _tried("delete", lambda: storage.delete([name, f"{name}-exclusive"]))
    storage.remove_if_empty(FOLDER)


def _tried(right: str, operation: Callable[[], object]) -> Check:
    try:
        operation()
    except (ExportStorageAccessError, FileNotFoundError, _UnexpectedError) as error:
        return Check(f"storage: {right}", "error", str(error), _RIGHTS.format(right=right))
    return Check(f"storage: {right}", "ok", "works")


def _exclusive_put(storage: Storage, name: str) -> Check:
    """Return whether a second put of the same name is refused: the manifest of a window is committed that way."""
    check = _tried("exclusive put", lambda: storage.create(name, b"1"))
    if check.severity == "error":
        return check
    try:
        is_exclusive = not storage.create(name, b"2") and storage.get(name) == b"1"
    except ExportStorageAccessError as error:
        return Check(check.name, "error", str(error), _RIGHTS.format(right="put exclusively"))
    if is_exclusive:
        return check
    return Check(
        check.name,
        "error",
        "the store lets a second exclusive put of the same name succeed, so two attempts could both commit a window",
        "use a store that honours If-None-Match (Amazon S3, Google Cloud Storage, Azure, MinIO), or a newer version of it",
    )


class _UnexpectedError(Exception):
    """The storage did not do what it said."""


def _expect(is_as_expected: bool, otherwise: str) -> None:
    if not is_as_expected:
        raise _UnexpectedError(otherwise)
