# SPDX-License-Identifier: Apache-2.0
"""
The commit protocol: all files of a window become visible at once, even if attempts crash or run at the same time.

Every name contains a revision, and nothing is overwritten:

1. An attempt puts its parts into staging.
2. It puts an *intent*, which lists each staged part and its final name. The put is exclusive: it fails if the revision
   already has an intent.
3. Any process that finds the intent can carry it out: it puts the parts under their final names, unless a manifest of
   this or a later revision exists.
4. The manifest is put last, again exclusively. This commits the revision.

The first revision of a window without rows changes no data file, so it needs only step 4. If its manifest takes a revision
for which another attempt has put an intent, that attempt finds out in step 4, and removes its parts.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.documents import read_intent, read_manifest
from airflow_provider_zendesk.lake.formats.part import Part
from airflow_provider_zendesk.lake.layout import WindowNames, staging, stem
from airflow_provider_zendesk.lake.manifest import File, Intent, Manifest, StagedPart, dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_zendesk.lake.storage import Storage

T = TypeVar("T")


class Commit:
    """
    One attempt at one revision of one window.

    :param storage: where to commit.
    :param names: the names of the window.
    :param revision: the revision to commit: the highest committed one plus one.
    :param purpose: begins the attempt's id, so that others can tell what it is.
    """

    def __init__(self, storage: Storage, names: WindowNames, revision: int, purpose: str = "") -> None:
        self._names = names
        self.revision = revision
        self.attempt = purpose + uuid.uuid4().hex
        """Random, so that no two attempts share a name."""
        self._folder = names.attempt(revision, self.attempt)
        self.storage = storage.with_scratch(names.scratch(revision))
        """The storage, with this revision's scratch files."""
        self.staged: list[StagedPart] = []
        """The staged parts, each with its staged and its final name."""
        self.files: list[File] = []
        """The same parts as the manifest will list them."""
        self._put: dict[str, bytes | None] = {}

    def stage(self, dataset: str, part: Part, suffix: str, *, hold: bool = False) -> None:
        """
        Put a part into staging.

        :param hold: the window is about to be committed, so keep the bytes in memory instead of reading them back.
        """
        index = sum(file.dataset == dataset for file in self.files)
        final = self._names.part(dataset, self.revision, index, suffix)
        sha256 = part.sha256()
        staged = self.put(f"part-{len(self.staged):05d}.{suffix}", part.data)
        self._put[staged] = part.data if hold else None
        self.staged.append(StagedPart(staged, final, sha256))
        size = len(part.data)
        self.files.append(
            File(dataset, final, part.records, size, part.uncompressed_bytes, sha256, part.drift)
        )

    def adopt(self, files: Iterable[File], staged: Iterable[StagedPart], put: Iterable[str]) -> None:
        """Go on with what an earlier attempt has staged: its parts, and the names of all that it put."""
        self.files.extend(files)
        self.staged.extend(staged)
        self._put.update(dict.fromkeys(put))

    def put(self, name: str, data: bytes) -> str:
        """Put an object into this attempt's staging and return its full name."""
        full = f"{self._folder}/{name}"
        self.storage.put(full, data)
        self._put[full] = None
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
        intent = Intent(self.attempt, tuple(self.staged), manifest)
        name = self._names.intent(self.revision)
        if intent.changes_files and not self.storage.create(name, dump(intent)):
            # If it is gone, another attempt has carried it out. carry_out then sees its manifest.
            intent = _if_there(lambda: read_intent(self.storage, self._names, self.revision)) or intent
        put, self._put = self._put, {}
        return carry_out(self.storage, self._names, intent, put if intent.attempt == self.attempt else None)


def finish_intent(storage: Storage, names: WindowNames, revision: int) -> None:
    """Carry out the intent that a crashed or slow attempt has left, if it is still there."""
    intent = _if_there(lambda: read_intent(storage, names, revision))
    if intent is not None:
        carry_out(storage.with_scratch(names.scratch(revision)), names, intent)


def carry_out(
    storage: Storage, names: WindowNames, intent: Intent, put: Mapping[str, bytes | None] | None = None
) -> Manifest:
    """
    Carry out an intent; any number of processes may do so at the same time.

    :param put: if this attempt made the intent: all names that it has put in staging, and the bytes that it still has.
    :return: the intent's manifest or, if something else has decided the revision, that of the highest revision.
    :raises ExportStorageError: if a staged part is gone or damaged.
    """
    manifest, revision = intent.manifest, intent.manifest.revision
    # List the manifests only after the intent was put or read: this is how an attempt finds out that another one has
    # committed this revision.
    is_over = intent.changes_files and highest_revision(storage, names) >= revision
    is_put = not is_over and put_parts(storage, names, intent, put or {})
    is_ours = is_put and storage.create(names.manifest(revision), dump(manifest))
    if is_ours and put is not None and not revision and _is_highest(storage, names, intent):
        # Nothing was replaced, so all there is to remove is what this attempt has put.
        storage.delete(put)
        storage.delete([names.intent(0)] if intent.changes_files else [])
    else:
        tidy(storage, names, manifest.files)
    if is_over or (is_put and not is_ours):
        return read_highest(storage, names)
    # This intent decided the revision, even if another run has replaced that revision since.
    return manifest


def _is_highest(storage: Storage, names: WindowNames, intent: Intent) -> bool:
    """
    Return True unless others have committed and replaced the revision before this attempt put its manifest.

    If no data file changes, there is nothing that readers could see, so it is looked at when the run is over.
    """
    return not intent.changes_files or highest_revision(storage, names) == intent.manifest.revision


def put_parts(storage: Storage, names: WindowNames, intent: Intent, held: Mapping[str, bytes | None]) -> bool:
    """Put the parts under their final names; return False if another process has finished the commit."""
    for part in intent.parts:
        data = held.get(part.staged)
        if data is None:
            try:
                data = _read_staged(storage, part)
            except FileNotFoundError:
                if highest_revision(storage, names) >= intent.manifest.revision:
                    return False
                raise ExportStorageError(
                    f"the staged part {part.staged} is gone, and no manifest says that it was committed. Something other "
                    f"than this package deletes files below _staging. Remove {names.staging} and run the window again"
                ) from None
        storage.put(part.final, data)
    return True


def _read_staged(storage: Storage, part: StagedPart) -> bytes:
    data = storage.get(part.staged)
    if Part(data, 0, 0).sha256() != part.sha256:
        raise ExportStorageError(
            f"the staged part {part.staged} is not what was put there: its checksum differs (it now has {len(data)} bytes)"
        )
    return data


def _revisions(storage: Storage, names: WindowNames) -> dict[int, str]:
    """Return the names of the window's manifests by revision."""
    listed = storage.files(names.manifests, f"{stem(names.window)}-r")
    return {found.revision: name for name in listed if (found := names.parse(name)) is not None}


def highest_revision(storage: Storage, names: WindowNames) -> int:
    """Return the window's highest committed revision; -1 if there is none."""
    return max(_revisions(storage, names), default=-1)


def read_highest(
    storage: Storage, names: WindowNames, revisions: Mapping[int, str] | None = None
) -> Manifest:
    """
    Return the manifest of the window's highest committed revision.

    :param revisions: the window's manifests, if they have just been listed.
    """
    while True:
        revisions = revisions or _revisions(storage, names)
        try:
            return read_manifest(storage, revisions[max(revisions)])
        except FileNotFoundError:
            revisions = None  # it has been replaced since it was listed, so there is a higher revision now


def tidy(storage: Storage, names: WindowNames, files: Iterable[File] = ()) -> None:
    """
    Remove what does not belong to the window's highest revision, in an order in which a crash at any point does no harm.

    That is staging, replaced revisions, and parts that overtaken or crashed attempts have put.

    :param files: parts that may be there.
    """
    revisions = _revisions(storage, names)
    if not revisions:
        return
    manifest = read_highest(storage, names, revisions)
    staged = {
        name: found
        for name in storage.find(staging(names.resource), stem(names.window))
        if (found := names.parse(name)) is not None and found.revision <= manifest.revision
    }
    intents = [name for name, found in staged.items() if found.kind == "intent"]
    replaced = [name for revision, name in revisions.items() if revision < manifest.revision]
    found_manifests = [_if_there(partial(read_manifest, storage, name)) for name in replaced]
    found_intents = [
        _if_there(partial(read_intent, storage, names, staged[name].revision)) for name in intents
    ]
    others = [*filter(None, found_manifests), *(one.manifest for one in found_intents if one)]
    storage.delete(name for name in staged if name not in intents)
    _remove_parts(storage, names, manifest, [*files, *(file for one in others for file in one.files)])
    storage.delete(replaced)
    storage.delete(intents)


def _remove_parts(storage: Storage, names: WindowNames, manifest: Manifest, others: Iterable[File]) -> None:
    """
    Remove the window's parts that its highest revision does not list.

    :param others: parts of other revisions; all parts in the same folders are looked at.
    """
    listed = {file.path for file in manifest.files}
    folders = {path.rpartition("/")[0] for path in (*listed, *(file.path for file in others))}
    folders.add(names.folder(names.resource))
    there = {path for folder in folders for path in storage.files(folder, f"{stem(names.window)}-r")}
    storage.delete(
        path
        for path in sorted(there - listed)
        if (found := names.parse(path)) is not None and found.revision <= manifest.revision
    )


def _if_there(read: Callable[[], T]) -> T | None:
    """Return a document; None if another attempt has removed it."""
    try:
        return read()
    except FileNotFoundError:
        return None
