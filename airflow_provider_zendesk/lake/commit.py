# SPDX-License-Identifier: Apache-2.0
"""
The commit protocol: all files of a window become visible at once, even if attempts crash or run at the same time.

Every name contains a revision, and nothing is overwritten:

1. An attempt puts its parts into staging.
2. It puts an *intent*, which lists each staged part and its final name. The put is exclusive: it fails if the revision
   already has an intent.
3. Any process that finds the intent can carry it out: it puts the parts under their final names.
4. The manifest is put last, again exclusively. This commits the revision.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.formats.part import Part
from airflow_provider_zendesk.lake.layout import (
    ObjectName,
    WindowNames,
    manifests,
    parse,
    stem,
)
from airflow_provider_zendesk.lake.manifest import File, Intent, Manifest, StagedPart, dump, load

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage


def committed(storage: Storage, resource: str) -> dict[str, ObjectName]:
    """Return all committed revisions of a resource by the name of their manifest."""
    names = storage.files(manifests(resource))
    return {name: found for name in names if (found := parse(name)) is not None}


def read_manifest(storage: Storage, name: str) -> Manifest:
    """
    Return a manifest.

    :raises FileNotFoundError: if it has been replaced and removed in the meantime.
    """
    return load(storage.get(name), Manifest, name)


class Commit:
    """
    One attempt at one revision of one window.

    :param storage: where to commit.
    :param names: the names of the window.
    :param revision: the revision to commit: the highest committed one plus one.
    """

    def __init__(self, storage: Storage, names: WindowNames, revision: int) -> None:
        self._names = names
        self.revision = revision
        self.attempt = uuid.uuid4().hex
        """Random, so that no two attempts share a name."""
        self._folder = names.attempt(revision, self.attempt)
        self.storage = storage.with_scratch(self._folder)
        """The storage, with this attempt's folder as scratch space."""
        self.staged: list[StagedPart] = []
        """The staged parts, each with its staged and its final name."""
        self.files: list[File] = []
        """The same parts as the manifest will list them."""

    def stage(self, dataset: str, part: Part, suffix: str) -> None:
        """Put a part into staging."""
        index = sum(file.dataset == dataset for file in self.files)
        final = self._names.part(dataset, self.revision, index, suffix)
        sha256 = part.sha256()
        self.staged.append(StagedPart(self.put(final, part.data), final, sha256))
        self.files.append(File(dataset, final, part.records, len(part.data), part.uncompressed_bytes, sha256))

    def put(self, name: str, data: bytes) -> str:
        """Put an object into this attempt's staging and return its full name."""
        full = f"{self._folder}/{name}"
        self.storage.put(full, data)
        return full

    def superseding_manifest(self) -> Manifest | None:
        """Return the manifest of the highest revision if another attempt has committed this revision or a later one."""
        if highest_revision(self.storage, self._names) < self.revision:
            return None
        return read_highest(self.storage, self._names)

    def withdraw(self) -> None:
        """Remove everything that this attempt has staged."""
        self.storage.delete(self.storage.find(self._folder))

    def publish(self, manifest: Manifest) -> Manifest:
        """
        Commit what was staged; if another attempt was first to put its intent, commit that instead.

        :param manifest: the manifest to commit.
        :return: the committed manifest: the given one, or that of another attempt, of this revision or a later one.
        """
        name = self._names.intent(self.revision)
        intent = Intent(self.attempt, tuple(self.staged), manifest)
        if not self.storage.create(name, dump(intent)):
            # Not found: another attempt has carried the intent out and removed it. carry_out then sees its manifest.
            with suppress(FileNotFoundError):
                intent = load(self.storage.get(name), Intent, name)
        return carry_out(self.storage, self._names, intent)


def finish_intents(storage: Storage, names: WindowNames) -> None:
    """Carry out the intents that crashed or slow attempts have left."""
    for name in storage.find(names.staging):
        found = names.parse(name)
        if found is not None and found.kind == "intent":
            try:
                intent = load(storage.get(name), Intent, name)
            except FileNotFoundError:
                continue  # another attempt has carried it out
            own = storage.with_scratch(names.attempt(found.revision, uuid.uuid4().hex))
            carry_out(own, names, intent)


def carry_out(storage: Storage, names: WindowNames, intent: Intent) -> Manifest:
    """
    Carry out an intent; any number of processes may do so at the same time.

    :return: the intent's manifest or, if the revision was already committed, that of the highest revision.
    :raises ExportStorageError: if a staged part is gone or damaged.
    """
    revision = intent.manifest.revision
    # List the manifests only after the intent was put or read: this is how an attempt finds out that another one has
    # committed this revision.
    is_open = highest_revision(storage, names) < revision
    if is_open and put_parts(storage, names, intent):
        storage.create(names.manifest(revision), dump(intent.manifest))
    tidy(storage, names, intent.manifest)
    # This intent decided the revision, even if another run has replaced that revision since.
    return intent.manifest if is_open else read_highest(storage, names)


def put_parts(storage: Storage, names: WindowNames, intent: Intent) -> bool:
    """Put the parts under their final names; return False if another process has finished the commit."""
    for part in intent.parts:
        try:
            data = storage.get(part.staged)
        except FileNotFoundError:
            if highest_revision(storage, names) >= intent.manifest.revision:
                return False
            raise ExportStorageError(
                f"the staged part {part.staged} is gone, and no manifest says that it was committed. Something other than "
                f"this package deletes files below _staging. Remove {names.staging} and run the window again"
            ) from None
        if Part(data, 0, 0).sha256() != part.sha256:
            raise ExportStorageError(
                f"the staged part {part.staged} is not what was put there: its checksum differs (it now has {len(data)} bytes)"
            )
        storage.put(part.final, data)
    return True


def _revisions(storage: Storage, names: WindowNames) -> dict[int, str]:
    """Return the names of the window's manifests by revision."""
    listed = storage.files(manifests(names.resource), f"{stem(names.window)}-r")
    return {found.revision: name for name in listed if (found := names.parse(name)) is not None}


def highest_revision(storage: Storage, names: WindowNames) -> int:
    """Return the window's highest committed revision; -1 if there is none."""
    return max(_revisions(storage, names), default=-1)


def read_highest(storage: Storage, names: WindowNames) -> Manifest:
    """Return the manifest of the window's highest committed revision."""
    while True:
        name = names.manifest(highest_revision(storage, names))
        try:
            return read_manifest(storage, name)
        except FileNotFoundError:
            continue  # it has been replaced since it was listed, so there is a higher revision now


def tidy_after(storage: Storage, names: WindowNames, manifest: Manifest, *, staged: bool) -> None:
    """
    Remove what crashed attempts left of a committed window.

    :param manifest: the manifest of the window's highest revision.
    :param staged: the window has files in staging. If not, only parts of earlier revisions can be left, put by an attempt
        that was late.
    """
    if staged:
        tidy(storage, names, manifest)
    else:
        _remove_parts(storage, names, {file.path for file in manifest.files}, manifest.revision)


def tidy(storage: Storage, names: WindowNames, manifest: Manifest) -> None:
    """Remove staging and replaced revisions after a commit, in an order in which a crash at any point does no harm."""
    revision = manifest.revision
    staged = [
        name
        for name in storage.find(names.staging)
        if (found := names.parse(name)) is not None and found.revision <= revision
    ]
    intents = {names.intent(number) for number in range(revision + 1)}
    storage.delete(name for name in staged if name not in intents)
    remove_replaced(storage, names, manifest)
    storage.delete(name for name in staged if name in intents)


def remove_replaced(storage: Storage, names: WindowNames, manifest: Manifest) -> None:
    """Remove the window's parts and manifests of revisions below the highest, the manifests last."""
    revisions = _revisions(storage, names)
    highest = max(revisions, default=-1)
    replaced = [name for revision, name in revisions.items() if revision < highest]
    files = {file.path for file in manifest.files} | _files_of(storage, replaced)
    _remove_parts(storage, names, files, highest)
    storage.delete(replaced)


def _remove_parts(storage: Storage, names: WindowNames, known: set[str], highest: int) -> None:
    """Remove the window's parts of revisions below the highest: those known, and any others in the same folders."""
    folders = {path.rpartition("/")[0] for path in known} | {names.folder(names.resource)}
    listed = {path for folder in folders for path in storage.files(folder, f"{stem(names.window)}-r")}
    storage.delete(
        path
        for path in sorted(known | listed)
        if (found := names.parse(path)) is not None and found.kind == "part" and found.revision < highest
    )


def _files_of(storage: Storage, manifest_names: list[str]) -> set[str]:
    files: set[str] = set()
    for name in manifest_names:
        try:
            files.update(file.path for file in read_manifest(storage, name).files)
        except FileNotFoundError:
            continue  # another attempt has removed it
    return files
