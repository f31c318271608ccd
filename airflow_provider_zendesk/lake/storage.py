# SPDX-License-Identifier: Apache-2.0
"""
Whole objects on an fsspec filesystem. The only operations are put, exclusive put, get, list and delete.

Each object is put in one call from bytes in memory. Open streams, renames, copies and multipart uploads were each seen
to leave partial objects on some store.

The error of a failed operation names the operation, the object and the store's own message. This module does not retry:
drivers retry transient failures, and after a failed attempt the next one resumes. The exception is an exclusive put, see
:func:`_put_unless_there`.
"""

from __future__ import annotations

import os
import stat
import time
import uuid
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

import msgspec
from fsspec.implementations.local import LocalFileSystem

from airflow_provider_zendesk.exceptions import (
    ExportStorageAccessError,
    ExportStorageError,
    ZendeskError,
)
from airflow_provider_zendesk.lake.names import check_safe
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# The keys under which s3fs, adlfs, gcsfs, fsspec's memory filesystem and other drivers list the time of the put.
_MODIFIED = ("LastModified", "last_modified", "mtime", "updated", "created")


class Stored(msgspec.Struct, frozen=True):
    """
    What the store says about an object.

    :param bytes: its size.
    :param modified: when it was put, UTC epoch seconds; None if the driver does not say.
    """

    bytes: int
    modified: float | None


class Storage(Protocol):
    """
    Objects below one root; names are relative to it, with ``/`` between parts.

    :raises ExportStorageAccessError: if any operation fails.
    """

    @property
    def concurrency(self) -> int:
        """How many operations may run at the same time, in threads."""

    def with_scratch(self, prefix: str) -> Self:
        """Return the same storage, which gives names that begin so to what is only there for the time of a put."""

    def put(self, name: str, data: bytes) -> None:
        """Write an object whole, replacing the one that may exist."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a whole object unless it exists; return True if these bytes are stored now, False if others are."""

    def get(self, name: str) -> bytes:
        """
        Return an object.

        :raises FileNotFoundError: if it does not exist.
        """

    def files(self, folder: str, prefix: str = "") -> list[str]:
        """Return the names, relative to the root, of the objects directly in a folder, sorted."""

    def folders(self, folder: str) -> list[str]:
        """Return the names, relative to the root, of the folders directly in a folder, sorted."""

    def find(self, folder: str, prefix: str = "") -> list[str]:
        """Return the names, relative to the root, of all objects below a folder whose path in it begins so, sorted."""

    def details(self, folder: str, prefix: str = "") -> dict[str, Stored]:
        """Return the size and time of the objects that :meth:`find` returns, by name relative to the root."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; those that do not exist are skipped."""

    def remove_if_empty(self, folder: str) -> None:
        """Remove a folder, and those above it, where an empty one can exist."""


def open_storage(filesystem: Any, root: str, policy: Policy = DEFAULT_POLICY) -> Storage:
    """
    Return the storage at a root.

    :param filesystem: an fsspec filesystem.
    :param root: the absolute path in it.
    :param policy: how often a put is tried, and how many operations may overlap.
    """
    if isinstance(filesystem, LocalFileSystem):
        return LocalStorage(root, policy)
    return ObjectStorage(filesystem, root, policy)


class LocalStorage:
    """
    A local folder. An object is written to a temporary file and published by ``os.replace`` or ``os.link``.

    :param root: the absolute path.
    :param policy: how often a put is tried.
    """

    def __init__(self, root: str, policy: Policy = DEFAULT_POLICY) -> None:
        self._root = root.rstrip("/")
        self._policy = policy
        self._scratch = "_staging/"
        self._kept_folder = ""

    @property
    def concurrency(self) -> int:
        return 1  # threads make a local disk no faster

    def with_scratch(self, prefix: str) -> Self:
        bound = copy(self)
        bound._scratch = prefix
        bound._kept_folder = prefix.rpartition("/")[0]  # it is needed again soon
        return bound

    def put(self, name: str, data: bytes) -> None:
        with _explained("put", name, self._root):
            self._publish(name, data, os.replace)

    def create(self, name: str, data: bytes) -> bool:
        with _explained("put", name, self._root):
            return _put_unless_there(
                lambda: self._publish(name, data, os.link), lambda: self.get(name), data, self._policy
            )

    def get(self, name: str) -> bytes:
        with (
            _explained("get", name, self._root),
            open(self._path(name, followed=True), "rb", opener=_open_at_once) as file,
        ):
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError("it is no file but a pipe or a device")
            return file.read()

    def files(self, folder: str, prefix: str = "") -> list[str]:
        entries = self._scan(self._folder(folder), prefix)
        return [f"{folder}/{entry.name}" for entry in entries if _is_object(entry)]

    def folders(self, folder: str) -> list[str]:
        entries = self._scan(self._folder(folder))
        return [f"{folder}/{entry.name}".lstrip("/") for entry in entries if _is_folder(entry)]

    def find(self, folder: str, prefix: str = "") -> list[str]:
        paths = self._walk(self._folder(folder), prefix)
        return sorted(path[len(self._root) + 1 :] for path in paths)

    def details(self, folder: str, prefix: str = "") -> dict[str, Stored]:
        found = {}
        for name in self.find(folder, prefix):
            # Not found: it was deleted after it was listed.
            with _explained("list", name, self._root), suppress(FileNotFoundError):
                status = os.lstat(f"{self._root}/{name}")
                found[name] = Stored(status.st_size, status.st_mtime)
        return found

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            with _explained("delete", name, self._root), suppress(FileNotFoundError):
                os.unlink(self._path(name))
            self._remove_empty(name.rpartition("/")[0], up_to=self._kept_folder)

    def remove_if_empty(self, folder: str) -> None:
        self._remove_empty(folder, up_to="")

    def _path(self, name: str, *, followed: bool = False) -> str:
        """
        Return the path of an object.

        :param followed: it will be read, so it must not be a link either.
        :raises ExportStorageError: if it could be outside the root.
        """
        check_safe(name)
        path = self._root
        for part in name.split("/"):
            self._refuse_link(path)
            path = f"{path}/{part}"
        if followed:
            self._refuse_link(path)
        return path

    def _folder(self, folder: str) -> str:
        return self._path(folder, followed=True) if folder else self._root

    def _refuse_link(self, path: str) -> None:
        # The root itself may be a link, because whoever configured the export has chosen it.
        if path != self._root and os.path.islink(path):
            raise ExportStorageError(
                f"{path!r} is a link, and links below {self._root} are not followed; put the folder or the file itself there"
            )

    def _walk(self, path: str, prefix: str = "") -> Iterator[str]:
        for entry in self._scan(path, prefix):
            if _is_folder(entry):
                yield from self._walk(entry.path)
            elif _is_object(entry):
                yield entry.path

    def _scan(self, path: str, prefix: str = "") -> list[os.DirEntry[str]]:
        with _explained("list", path[len(self._root) + 1 :], self._root):
            try:
                with os.scandir(path) as entries:
                    found = [entry for entry in entries if entry.name.startswith(prefix)]
                    return sorted(found, key=lambda entry: entry.name)
            except FileNotFoundError:
                return []

    def _publish(self, name: str, data: bytes, publish: Callable[[str, str], None]) -> None:
        path = self._path(name)
        # Another attempt may remove the folder between any two of these steps, so retry.
        for attempts_left in reversed(range(self._policy.put_attempts)):
            scrap = f"{self._scratch}{uuid.uuid4().hex}.tmp"
            temporary = self._path(scrap)
            try:
                _make_folder(os.path.dirname(temporary))
                _make_folder(os.path.dirname(path))
                with open(temporary, "xb") as file:
                    file.write(data)
                publish(temporary, path)
            except FileNotFoundError:
                if not attempts_left:
                    raise
            else:
                return
            finally:
                # If this fails, the file is removed with the rest of staging. The outcome of the put matters more.
                with suppress(OSError):
                    os.unlink(temporary)
                self._remove_empty(scrap.rpartition("/")[0], up_to=self._kept_folder)

    def _remove_empty(self, folder: str, up_to: str) -> None:
        """Remove an empty folder and those above it that are empty then, but not ``up_to``."""
        while folder not in ("", up_to):
            try:
                os.rmdir(f"{self._root}/{folder}")
            except OSError:
                return
            folder = folder.rpartition("/")[0]


class ObjectStorage:
    """
    An object store through its fsspec driver; it needs no scratch space.

    :param filesystem: s3fs, gcsfs, adlfs or another driver whose ``pipe_file`` puts a whole object.
    :param root: the bucket and prefix.
    :param policy: how often a put is tried.
    """

    def __init__(self, filesystem: Any, root: str, policy: Policy = DEFAULT_POLICY) -> None:
        self._fs = filesystem
        self._root = root.rstrip("/")
        self._policy = policy

    @property
    def concurrency(self) -> int:
        # Only drivers with an event loop of their own are known to be safe in several threads.
        return self._policy.concurrency if getattr(self._fs, "async_impl", False) else 1

    def with_scratch(self, prefix: str) -> Self:
        return self

    def put(self, name: str, data: bytes) -> None:
        with _explained("put", name, self._root):
            self._fs.pipe_file(self._path(name), data)

    def create(self, name: str, data: bytes) -> bool:
        path = self._path(name)
        with _explained("put", name, self._root):
            return _put_unless_there(
                lambda: self._fs.pipe_file(path, data, mode="create"),
                lambda: self.get(name),
                data,
                self._policy,
            )

    def get(self, name: str) -> bytes:
        with _explained("get", name, self._root):
            data: bytes = self._fs.cat_file(self._path(name))
        return data

    def files(self, folder: str, prefix: str = "") -> list[str]:
        if not prefix:
            return self._entries(folder, "file")
        return [name for name in self.find(folder, prefix) if "/" not in name[len(folder) + 1 :]]

    def folders(self, folder: str) -> list[str]:
        return self._entries(folder, "directory")

    def find(self, folder: str, prefix: str = "") -> list[str]:
        return list(self._found(folder, prefix))

    def details(self, folder: str, prefix: str = "") -> dict[str, Stored]:
        found = self._found(folder, prefix)
        return {name: Stored(entry["size"], _modified(entry)) for name, entry in found.items()}

    def delete(self, names: Iterable[str]) -> None:
        names = list(names)
        if len(names) > 1 and self._batches_deletes:
            with _explained("delete", names[0], self._root), suppress(FileNotFoundError):
                self._fs.rm([self._path(name) for name in names])
            return
        for name in names:
            with _explained("delete", name, self._root), suppress(FileNotFoundError):
                self._fs.rm_file(self._path(name))

    def remove_if_empty(self, folder: str) -> None:
        pass  # a store has no folders, only names

    def _path(self, name: str) -> str:
        check_safe(name)
        return f"{self._root}/{name}"

    def _folder(self, folder: str) -> str:
        return self._path(folder) if folder else f"{self._root}/"

    def _name(self, path: str) -> str:
        root = self._root.lstrip("/") + "/"
        if not path.lstrip("/").startswith(root):
            raise ExportStorageError(f"the store listed {path!r}, which is not below {self._root!r}")
        return path.lstrip("/")[len(root) :]

    @property
    def _batches_deletes(self) -> bool:
        """Whether the driver deletes many objects in one request, and skips those that do not exist."""
        return "s3" in self._protocols or "gs" in self._protocols

    @property
    def _protocols(self) -> tuple[str, ...]:
        protocol = getattr(self._fs, "protocol", ())
        return (protocol,) if isinstance(protocol, str) else tuple(protocol)

    def _found(self, folder: str, prefix: str) -> dict[str, dict[str, Any]]:
        """Return the driver's entries of all objects below a folder whose path in it begins so, by name, sorted."""
        with _explained("list", folder, self._root):
            # Drivers cache listings, which would hide another worker's objects.
            self._fs.invalidate_cache()
            more = {"prefix": prefix} if prefix and self._lists_prefixes else {}
            entries = self._fs.find(self._folder(folder), detail=True, **more)
        start = f"{folder}/{prefix}" if prefix else ""
        found = {self._name(path): entry for path, entry in sorted(entries.items()) if _kind(entry) == "file"}
        return {name: entry for name, entry in found.items() if name.startswith(start)}

    @property
    def _lists_prefixes(self) -> bool:
        """Whether the driver asks the store for names that begin with a prefix; others would list all and filter."""
        return not {"s3", "gs", "abfs"}.isdisjoint(self._protocols)

    def _entries(self, folder: str, kind: str) -> list[str]:
        entries: list[dict[str, Any]] = []
        with _explained("list", folder, self._root), suppress(FileNotFoundError):
            self._fs.invalidate_cache()
            entries = self._fs.ls(self._folder(folder), detail=True)
        # adlfs lists a folder that has a marker object twice.
        return sorted({self._name(entry["name"]) for entry in entries if _kind(entry) == kind})


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _is_object(entry: os.DirEntry[str]) -> bool:
    """Links are listed, so that they are seen, and can be deleted; where they lead is never looked at."""
    return entry.is_file(follow_symlinks=False) or entry.is_symlink()


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a pipe that has no writer would wait for one otherwise."""
    return os.open(path, flags | os.O_NONBLOCK)


def _make_folder(path: str) -> None:
    """
    Create a folder and its parents unless they exist.

    :raises FileNotFoundError: if another attempt removes one of them at the same time; ``os.makedirs`` may also say that
        it exists then.
    """
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError as error:
        if os.path.isfile(path):
            raise
        raise FileNotFoundError(path) from error


@contextmanager
def _explained(operation: str, name: str, root: str) -> Iterator[None]:
    """
    Turn any failure into an error that says what failed; drivers raise any type of exception, often without a name.

    :raises FileNotFoundError: unchanged, if the operation is a get, since callers handle it.
    :raises ExportStorageAccessError: for any other failure.
    """
    try:
        yield
    except ZendeskError:
        raise
    except Exception as error:
        if operation == "get" and isinstance(error, FileNotFoundError):
            raise
        raise ExportStorageAccessError(operation, name, root, error) from error


def _put_unless_there(put: Callable[[], None], get: Callable[[], bytes], data: bytes, policy: Policy) -> bool:
    """
    Put exclusively; return True if these bytes are stored now, False if others are.

    Drivers do not report errors of an exclusive put alike. An error may mean that the object exists: a 412, which s3fs
    reports as an invalid argument if the store does not name the condition. That object may even be from this put, if its
    answer was lost. Or two puts collided (a 409) and neither succeeded. So after any error, read the object back; if
    nothing is there, retry.

    :param put: puts the bytes, and fails if the object exists.
    :param get: returns the stored object.
    """
    attempts = 0
    while True:
        attempts += 1
        try:
            put()
        except Exception as error:
            try:
                return get() == data
            except Exception as unread:
                if attempts == policy.put_attempts or not isinstance(unread, FileNotFoundError):
                    raise error from None
        else:
            return True
        time.sleep(policy.put_pause)


def _kind(entry: Mapping[str, Any]) -> str:
    """
    Return ``"file"`` or ``"directory"``; an empty text for a folder's marker object.

    Consoles and some stores mark a folder, even an empty one, by an object whose name ends with a slash.
    """
    return "" if entry["name"].endswith("/") else str(entry["type"])


def _modified(entry: Mapping[str, Any]) -> float | None:
    """Return when an object was put, UTC epoch seconds, according to a driver's listing."""
    moments = (_seconds(entry.get(key)) for key in _MODIFIED)
    return next((moment for moment in moments if moment is not None), None)


def _seconds(listed_time: Any) -> float | None:
    """Return the UTC epoch seconds of a datetime, ISO 8601 text or number; None if it is not a time."""
    try:
        moment = datetime.fromisoformat(listed_time) if isinstance(listed_time, str) else listed_time
        if isinstance(moment, datetime):
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return float(moment)
    except (TypeError, ValueError, OverflowError):
        return None
