# SPDX-License-Identifier: Apache-2.0
"""
The commit protocol: how a window's files appear at once, whoever dies or runs twice on the way.

Everything carries a revision and nothing is overwritten. Parts are staged; an *intent* says what goes where and
is put exclusively; whoever finds it can carry it out; the manifest, put exclusively and last, commits.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.formats.json_lines import Part
from airflow_provider_zendesk.lake.layout import (
    Committed,
    WindowNames,
    manifests,
    parse_manifest_name,
    stem,
)
from airflow_provider_zendesk.lake.manifest import File, Intent, Manifest, StagedPart, dump, load

if TYPE_CHECKING:
    from airflow_provider_zendesk.lake.storage import Storage


def committed(storage: Storage, resource: str) -> dict[str, Committed]:
    """Return all committed revisions of a resource by the name of their manifest."""
    names = storage.files(manifests(resource))
    return {name: found for name in names if (found := parse_manifest_name(name)) is not None}


def read_manifest(storage: Storage, name: str) -> Manifest:
    """
    Return a manifest.

    :raises FileNotFoundError: if it was replaced and removed meanwhile.
    """
    return load(storage.get(name), Manifest, name)


class Commit:
    """
    One attempt at one revision of one window.

    :param storage: where.
    :param names: of the window.
    :param revision: the one aimed at: the highest committed plus one.
    """

    def __init__(self, storage: Storage, names: WindowNames, revision: int) -> None:
        self._storage = storage
        self._names = names
        self.revision = revision
        self.attempt = uuid.uuid4().hex
        """Unguessable, so that no two attempts share a name."""
        self._scratch = names.attempt(revision, self.attempt)
        self.staged: list[StagedPart] = []
        """Where that lies, and where it goes."""
        self.files: list[File] = []
        """What was staged so far, as the manifest will list it."""

    def stage(self, dataset: str, part: Part, suffix: str) -> None:
        """Put a part into staging."""
        index = sum(file.dataset == dataset for file in self.files)
        final = self._names.part(dataset, self.revision, index, suffix)
        sha256 = part.sha256()
        self.staged.append(StagedPart(self.put(final, part.data), final, sha256))
        self.files.append(File(dataset, final, part.records, len(part.data), part.uncompressed_bytes, sha256))

    def put(self, name: str, data: bytes) -> str:
        """Put an object into this attempt's staging; return its name."""
        full = f"{self._scratch}/{name}"
        self._storage.put(full, data, scratch=self._scratch)
        return full

    def superseding_manifest(self) -> Manifest | None:
        """Return the manifest that has taken this revision or a later one, if there is one."""
        if _highest(self._storage, self._names) < self.revision:
            return None
        return _read_highest(self._storage, self._names)

    def withdraw(self) -> None:
        """Remove what this attempt has staged."""
        self._storage.delete(self._storage.find(self._scratch))

    def publish(self, manifest: Manifest) -> Manifest:
        """
        Commit what was staged, or what another attempt decided to commit first.

        :param manifest: the manifest to be.
        :return: the manifest that stands: the one given, or another's of this revision or a later one.
        """
        name = self._names.intent(self.revision)
        intent = Intent(self.attempt, tuple(self.staged), manifest)
        if not self._storage.create(name, dump(intent), scratch=self._scratch):
            # Not found: its owner has carried it out and tidied up.
            with suppress(FileNotFoundError):
                intent = load(self._storage.get(name), Intent, name)
        return carry_out(self._storage, self._names, intent, scratch=self._scratch)


def finish_intents(storage: Storage, names: WindowNames) -> None:
    """Carry out what an attempt that is gone, or slow, has decided to commit."""
    for name in storage.find(names.staging):
        revision = names.revision_of_staged(name)
        if revision is not None and name == names.intent(revision):
            try:
                intent = load(storage.get(name), Intent, name)
            except FileNotFoundError:
                continue  # another attempt was quicker
            carry_out(storage, names, intent, scratch=f"{name.rpartition('/')[0]}/{uuid.uuid4().hex}")


def carry_out(storage: Storage, names: WindowNames, intent: Intent, *, scratch: str) -> Manifest:
    """
    Take an intent to its end; any number of processes may do so at once.

    :return: the intent's manifest or, if the commit was over before, that of the highest revision.
    :raises ExportStorageError: if a staged part is gone or damaged.
    """
    revision = intent.manifest.revision
    # The manifests are listed after the intent was put or read: an attempt that was overtaken learns it here.
    is_open = _highest(storage, names) < revision
    if is_open and _put_parts(storage, names, intent, scratch):
        storage.create(names.manifest(revision), dump(intent.manifest), scratch=scratch)
    _tidy(storage, names, intent.manifest)
    # It was this intent that decided the revision, though another run may have replaced that since.
    return intent.manifest if is_open else _read_highest(storage, names)


def _put_parts(storage: Storage, names: WindowNames, intent: Intent, scratch: str) -> bool:
    """Put the parts under their final names; False if the commit turns out to be over."""
    for part in intent.parts:
        try:
            data = storage.get(part.staged)
        except FileNotFoundError:
            if _highest(storage, names) >= intent.manifest.revision:
                return False
            raise ExportStorageError(
                f"the staged part {part.staged} is gone and no manifest says that it was committed; something else "
                f"deletes below _staging. Remove {names.staging} and run the window again"
            ) from None
        if Part(data, 0, 0).sha256() != part.sha256:
            raise ExportStorageError(
                f"the staged part {part.staged} is not what was put there ({len(data)} bytes, other checksum)"
            )
        storage.put(part.final, data, scratch=scratch)
    return True


def _revisions(storage: Storage, names: WindowNames) -> dict[int, str]:
    """Return the names of the window's manifests by revision."""
    listed = map(
        parse_manifest_name, found := storage.files(manifests(names.resource), f"{stem(names.window)}-r")
    )
    return {one.revision: name for one, name in zip(listed, found, strict=True) if one is not None}


def _highest(storage: Storage, names: WindowNames) -> int:
    return max(_revisions(storage, names), default=-1)


def _read_highest(storage: Storage, names: WindowNames) -> Manifest:
    while True:
        name = names.manifest(_highest(storage, names))
        try:
            return read_manifest(storage, name)
        except FileNotFoundError:
            continue  # replaced since it was listed: there is a higher one now


def tidy_behind(storage: Storage, names: WindowNames, manifest: Manifest, *, staged: bool) -> None:
    """
    Remove what an attempt that was overtaken, and died, left of a window that is done.

    :param manifest: of the window's highest revision.
    :param staged: something lies in the window's staging; else only parts of a revision before may have come late.
    """
    if staged:
        _tidy(storage, names, manifest)
    else:
        _remove_parts(storage, names, {file.path for file in manifest.files}, manifest.revision)


def _tidy(storage: Storage, names: WindowNames, manifest: Manifest) -> None:
    """Remove what the commit left behind, in an order that a crash at any point cannot make harmful."""
    revision = manifest.revision
    staged = [
        name
        for name in storage.find(names.staging)
        if (found := names.revision_of_staged(name)) is not None and found <= revision
    ]
    intents = {names.intent(number) for number in range(revision + 1)}
    storage.delete(name for name in staged if name not in intents)
    _remove_replaced(storage, names, manifest)
    storage.delete(name for name in staged if name in intents)


def _remove_replaced(storage: Storage, names: WindowNames, manifest: Manifest) -> None:
    revisions = _revisions(storage, names)
    highest = max(revisions, default=-1)
    replaced = [name for revision, name in revisions.items() if revision < highest]
    files = {file.path for file in manifest.files} | _files_of(storage, replaced)
    _remove_parts(storage, names, files, highest)
    storage.delete(replaced)


def _remove_parts(storage: Storage, names: WindowNames, known: set[str], highest: int) -> None:
    """Remove the window's parts of lower revisions, known or lying beside those."""
    folders = {path.rpartition("/")[0] for path in known} | {names.folder(names.resource)}
    lying = {path for folder in folders for path in storage.files(folder, f"{stem(names.window)}-r")}
    storage.delete(
        path
        for path in sorted(known | lying)
        if (found := names.revision_of_part(path)) is not None and found < highest
    )


def _files_of(storage: Storage, manifest_names: list[str]) -> set[str]:
    files: set[str] = set()
    for name in manifest_names:
        try:
            files.update(file.path for file in read_manifest(storage, name).files)
        except FileNotFoundError:
            continue  # another attempt tidies up too
    return files
