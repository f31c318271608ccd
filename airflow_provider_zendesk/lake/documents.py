# SPDX-License-Identifier: Apache-2.0
"""
Reads manifests and intents. Others may be able to write to the lake, so a document is believed only if everything in it
is about the window and revision under whose name it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.layout import ObjectName, parse, parse_of
from airflow_provider_zendesk.lake.manifest import Intent, Manifest, load
from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.window import iso, parse_iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_zendesk.lake.layout import WindowNames
    from airflow_provider_zendesk.lake.manifest import File
    from airflow_provider_zendesk.lake.storage import Storage

_WAY_OUT = "this package did not write it like that; find out who did, and remove it"


def read_manifest(storage: Storage, name: str, place: ObjectName | None = None) -> Manifest:
    """
    Return a stored manifest.

    :param place: the window and revision that it must be about; None: what its name says.
    :raises ExportStorageError: if it is damaged, or contradicts its name.
    :raises FileNotFoundError: if it has been replaced and removed in the meantime.
    """
    manifest = load(storage.get(name), Manifest, name)
    _check_manifest(manifest, place or parse(name), name)
    return manifest


def read_intent(storage: Storage, names: WindowNames, revision: int) -> Intent:
    """
    Return a stored intent.

    :raises ExportStorageError: if it is damaged, or would change anything but this revision's files.
    :raises FileNotFoundError: if it has been carried out in the meantime.
    """
    name = names.intent(revision)
    place = ObjectName(names.window, revision, "manifest", names.resource)
    intent = load(storage.get(name), Intent, name)
    _check_manifest(intent.manifest, place, name)
    check_staged((part.staged for part in intent.parts), place, name)
    listed = {file.path: file.sha256 for file in intent.manifest.files}
    if {part.final: part.sha256 for part in intent.parts} != listed:
        raise ExportStorageError(f"{name} would put other files than its manifest lists: {_WAY_OUT}")
    return intent


def check_files(files: Iterable[File], place: ObjectName, name: str) -> None:
    """
    Check that files are parts of a window and revision.

    :param place: the window and the revision.
    :param name: the document that lists them, for the error.
    :raises ExportStorageError: if one of them is not.
    """
    for file in files:
        if parse_of(place.dataset, file.path) != replace(place, kind="part", dataset=file.dataset):
            raise ExportStorageError(
                f"{name} lists '{quoted(file.path)}' in '{quoted(file.dataset, 100)}', which is no file of {_text(place)}: {_WAY_OUT}"
            )


def check_staged(names: Iterable[str], place: ObjectName, name: str) -> None:
    """
    Check that objects are in the staging of a window and revision.

    :param place: the window and the revision.
    :param name: the document that names them, for the error.
    :raises ExportStorageError: if one of them is not.
    """
    for staged in names:
        if parse_of(place.dataset, staged) != replace(place, kind="staged"):
            raise ExportStorageError(
                f"{name} names '{quoted(staged)}', which is not in the staging of {_text(place)}: {_WAY_OUT}"
            )


def _check_manifest(manifest: Manifest, place: ObjectName | None, name: str) -> None:
    try:
        said = ObjectName(manifest.window.window(), manifest.revision, "manifest", manifest.resource)
        parse_iso(manifest.stop.server_time)
        parse_iso(manifest.committed_at)
        key = manifest.sort_key
        for moment in filter(None, (key.min, key.max) if key else ()):
            iso(moment)
    except (ValueError, OverflowError, OSError) as error:
        raise ExportStorageError(f"{name} has a time that is none ({quoted(error)}): {_WAY_OUT}") from None
    if said != place:
        raise ExportStorageError(f"{name} says that it is {_text(said)}: {_WAY_OUT}")
    check_files(manifest.files, place, name)


def _text(place: ObjectName) -> str:
    return f"revision {place.revision} of {quoted(place.dataset, 100)} {place.window}"
