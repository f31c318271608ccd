# SPDX-License-Identifier: Apache-2.0
"""As :mod:`tests.lake.test_hostile_lake`, in an object store, where a name may be anything and there are no links."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.lake.storage import ObjectStorage
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from tests.lake.test_commit import Killed
from tests.lake.test_hostile_lake import CHECKPOINTS, DAY, FINALS, FOREIGN, LISTED, NAMES, SECRET, START
from tests.lakes import Lake, a_run
from tests.stores.server import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from airflow_provider_zendesk.lake.storage import Storage
    from tests.stores.server import Store

VERSION = f'"{hashlib.md5(SECRET).hexdigest()}"'  # noqa: S324 - the ETag of S3


class Dying(ObjectStorage):
    """Its process dies once it has put an object with a name that ends like this."""

    ending = ""

    def put(self, name: str, data: bytes) -> None:
        super().put(name, data)
        self._die(name)

    def create(self, name: str, data: bytes) -> bool:
        super().create(name, data)
        self._die(name)
        return True

    def _die(self, name: str) -> None:
        if name.endswith(self.ending):
            raise Killed


class Shared:
    """
    A root in a bucket that others use too, with a committed day.

    :param store: the bucket and the root in it.
    """

    def __init__(self, store: Store, zendesk: ZendeskEmulator, tmp_path: Path) -> None:
        self.storage = store.storage()
        self._store = store
        self._lake = Lake(zendesk, tmp_path, policy=Policy(checkpoint_pages=1))
        self._driver = store.filesystem()
        self._driver.pipe_file(f"{BUCKET}/victim/x", SECRET)
        zendesk.account.populate(START - DAY, START + 2 * DAY, tickets=30)
        zendesk.clock.set(START + 30 * DAY)
        self.export("yesterday")

    def export(self, run: str = "today", storage: Storage | None = None) -> None:
        self._lake.export(
            START,
            START + DAY,
            partition_by="day",
            run=a_run(run),
            per_page=5,
            storage=storage or self.storage,
        )

    def die_at(self, ending: str) -> str:
        """Export until an object with such a name is put; return its name."""
        storage = Dying(self._store.filesystem(), self._store.root)
        storage.ending = ending
        with pytest.raises(Killed):
            self.export(storage=storage)
        (found,) = (name for name in self.storage.find("_staging") if name.endswith(ending))
        return found

    def change(self, name: str, change: Callable[[Any], object]) -> None:
        document = json.loads(self.storage.get(name))
        change(document)
        self.storage.put(name, json.dumps(document).encode())

    def put(self, key: str) -> None:
        """Put an object whose name is whatever the store takes."""
        self._driver.pipe_file(f"{self._store.root}/{key}", SECRET)

    def outside(self) -> dict[str, str]:
        """Return the versions of all objects outside the root, by name."""
        root = f"{self._store.root}/"
        return {name: version for name, version in self._objects().items() if not name.startswith(root)}

    def of_others(self) -> set[str]:
        return {name for name, version in self._objects().items() if version == VERSION}

    def _objects(self) -> dict[str, str]:
        self._driver.invalidate_cache()
        return {name: entry["ETag"] for name, entry in self._driver.find(BUCKET, detail=True).items()}

    def is_whole(self) -> bool:
        return verify(self.storage, "tickets", START, START + DAY, check_content=True).is_whole


@pytest.fixture
def shared(s3: Store, zendesk_emulator: ZendeskEmulator, tmp_path: Path) -> Shared:
    return Shared(s3, zendesk_emulator, tmp_path)


@pytest.mark.parametrize("final", FINALS)
def test_an_intent_that_would_put_a_file_elsewhere_is_refused(shared: Shared, final: str) -> None:
    intent = shared.die_at("intent.json")
    shared.change(intent, lambda one: one["parts"][0].update(final=final))
    shared.change(intent, lambda one: one["manifest"]["files"][0].update(path=final))
    before = shared.outside()
    with pytest.raises(ExportStorageError, match="which is no file of revision 1"):
        shared.export()
    assert shared.outside() == before


@pytest.mark.parametrize("path", LISTED)
def test_what_a_manifest_lists_elsewhere_is_neither_deleted_nor_read(shared: Shared, path: str) -> None:
    shared.change(NAMES.manifest(0), lambda one: one["files"][0].update(path=path))
    before = shared.outside()
    with pytest.raises(ExportStorageError, match="which is no file of revision 0 of tickets"):
        shared.export()
    assert not shared.is_whole()
    assert shared.outside() == before


@pytest.mark.parametrize("change", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_a_checkpoint_that_someone_has_changed_is_ignored(
    shared: Shared, caplog: pytest.LogCaptureFixture, change: Callable[[Any], object]
) -> None:
    shared.change(shared.die_at("checkpoint-00001.json"), change)
    before = shared.outside()
    shared.export()
    assert "ignoring the checkpoint" in caplog.text
    assert shared.is_whole()
    assert shared.outside() == before


@pytest.mark.parametrize("name", [*FOREIGN, "_staging/tickets/../../../victim/y", "_staging//x", "/x"])
def test_an_object_whose_name_is_not_ours_is_left_alone(shared: Shared, name: str) -> None:
    try:
        shared.put(name)
    except (OSError, ValueError, UnicodeError) as error:
        pytest.skip(f"the store has no such names: {error}")
    before = shared.of_others()
    for run in ("today", "tomorrow"):
        shared.export(run)
    assert shared.of_others() == before
