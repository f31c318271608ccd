# SPDX-License-Identifier: Apache-2.0
"""
Whole objects on an fsspec filesystem: put, exclusive put, get, list, delete. Nothing else is needed.

Every object is one put of bytes in memory. Open streams, renames, copies and multipart uploads were each seen
to publish halves on some store.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from fsspec.implementations.local import LocalFileSystem

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.window import epoch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TRIES = 5
# What s3fs, adlfs, gcsfs and others, and fsspec's own memory call the time of the put.
_MODIFIED = ("LastModified", "last_modified", "mtime", "updated", "created")


class Stored(msgspec.Struct, frozen=True):
    """
    What the store says about an object.

    :param bytes: its size.
    :param modified: when it was put, UTC epoch seconds; None where the driver does not tell.
    """

    bytes: int
    modified: float | None


class Storage(Protocol):
    """Objects below one root; names are relative to it, with ``/`` between parts."""

    def put(self, name: str, data: bytes, *, scratch: str) -> None:
        """Write an object whole, over what may be there; ``scratch`` is a folder for what comes in between."""

    def create(self, name: str, data: bytes, *, scratch: str) -> bool:
        """Write an object whole unless there is one; True if these bytes are there now, False if others."""

    def get(self, name: str) -> bytes:
        """
        Return an object.

        :raises FileNotFoundError: if there is none.
        """

    def files(self, folder: str, prefix: str = "") -> list[str]:
        """Return the names, relative to the root, of the objects right in a folder, sorted."""

    def folders(self, folder: str) -> list[str]:
        """Return the names, relative to the root, of the folders right in a folder, sorted."""

    def find(self, folder: str) -> list[str]:
        """Return the names, relative to the root, of all objects below a folder, sorted."""

    def details(self, folder: str) -> dict[str, Stored]:
        """Return size and time of all objects below a folder, by name relative to the root."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; one that is gone already is fine."""


def open_storage(filesystem: Any, root: str) -> Storage:
    """
    Return the storage at a root.

    :param filesystem: an fsspec filesystem.
    :param root: absolute path in it.
    """
    if isinstance(filesystem, LocalFileSystem):
        return LocalStorage(root)
    return ObjectStorage(filesystem, root)


class LocalStorage:
    """
    A folder: an object appears by ``os.replace`` or ``os.link`` of a finished file.

    :param root: absolute path.
    """

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")

    def put(self, name: str, data: bytes, *, scratch: str) -> None:
        self._publish(name, data, scratch, os.replace)

    def create(self, name: str, data: bytes, *, scratch: str) -> bool:
        try:
            self._publish(name, data, scratch, os.link)
        except FileExistsError:
            return self.get(name) == data
        return True

    def get(self, name: str) -> bytes:
        with open(self._path(name), "rb") as file:
            return file.read()

    def files(self, folder: str, prefix: str = "") -> list[str]:
        entries = (entry for entry in self._scan(folder) if entry.name.startswith(prefix))
        return [f"{folder}/{entry.name}" for entry in entries if entry.is_file()]

    def folders(self, folder: str) -> list[str]:
        return [f"{folder}/{entry.name}".lstrip("/") for entry in self._scan(folder) if entry.is_dir()]

    def find(self, folder: str) -> list[str]:
        return sorted(
            self.files(folder) + [name for inner in self.folders(folder) for name in self.find(inner)]
        )

    def details(self, folder: str) -> dict[str, Stored]:
        found = {}
        for name in self.find(folder):
            with suppress(FileNotFoundError):  # gone since it was listed
                status = os.stat(self._path(name))
                found[name] = Stored(status.st_size, status.st_mtime)
        return found

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                os.unlink(self._path(name))
            except FileNotFoundError:
                continue
            finally:
                self._prune(name)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _scan(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._path(folder)) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []

    def _publish(self, name: str, data: bytes, scratch: str, publish: Any) -> None:
        # Another attempt may tidy the folder away between any two of these steps: then once more.
        for tries_left in reversed(range(_TRIES)):
            temporary = self._path(f"{scratch}/{uuid.uuid4().hex}.tmp")
            try:
                os.makedirs(os.path.dirname(temporary), exist_ok=True)
                os.makedirs(os.path.dirname(self._path(name)), exist_ok=True)
                with open(temporary, "xb") as file:
                    file.write(data)
                publish(temporary, self._path(name))
            except FileNotFoundError:
                if not tries_left:
                    raise
            else:
                return
            finally:
                self.delete([f"{scratch}/{os.path.basename(temporary)}"])

    def _prune(self, name: str) -> None:
        """Remove the folders that the deletion left empty."""
        while name := name.rpartition("/")[0]:
            try:
                os.rmdir(self._path(name))
            except OSError:
                return


class ObjectStorage:
    """
    An object store through its fsspec driver; ``scratch`` is not needed there.

    :param filesystem: s3fs, gcsfs, adlfs or another driver whose ``pipe_file`` puts an object whole.
    :param root: bucket and prefix.
    """

    def __init__(self, filesystem: Any, root: str) -> None:
        self._fs = filesystem
        self._root = root.rstrip("/")

    def put(self, name: str, data: bytes, *, scratch: str) -> None:
        self._fs.pipe_file(self._path(name), data)

    def create(self, name: str, data: bytes, *, scratch: str) -> bool:
        try:
            self._fs.pipe_file(self._path(name), data, mode="create")
        except FileExistsError:
            # It may be our own put, whose answer was lost.
            return self.get(name) == data
        return True

    def get(self, name: str) -> bytes:
        data: bytes = self._fs.cat_file(self._path(name))
        return data

    def files(self, folder: str, prefix: str = "") -> list[str]:
        return [name for name in self._entries(folder, "file") if name.startswith(f"{folder}/{prefix}")]

    def folders(self, folder: str) -> list[str]:
        return self._entries(folder, "directory")

    def find(self, folder: str) -> list[str]:
        self._fs.invalidate_cache()
        return sorted(map(self._name, self._fs.find(self._path(folder))))

    def details(self, folder: str) -> dict[str, Stored]:
        self._fs.invalidate_cache()
        entries = self._fs.find(self._path(folder), detail=True)
        return {
            self._name(path): Stored(entry["size"], _modified(entry))
            for path, entry in sorted(entries.items())
        }

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                continue

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _name(self, path: str) -> str:
        root = self._root.lstrip("/") + "/"
        if not path.lstrip("/").startswith(root):
            raise ExportStorageError(f"the store lists {path!r} below {self._root!r}, where it is not")
        return path.lstrip("/")[len(root) :]

    def _entries(self, folder: str, kind: str) -> list[str]:
        # Drivers remember listings; another worker's objects would stay unseen.
        self._fs.invalidate_cache()
        try:
            entries = self._fs.ls(self._path(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(self._name(entry["name"]) for entry in entries if entry["type"] == kind)


def _modified(entry: Mapping[str, Any]) -> float | None:
    """Return when an object was put, UTC epoch seconds, as a driver's listing tells it."""
    said = (epoch(entry.get(key), key) for key in _MODIFIED)
    return next((moment for moment in said if moment is not None), None)
