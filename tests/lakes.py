# SPDX-License-Identifier: Apache-2.0
"""A lake on disk, and exports of the emulator to it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.export.exporter import Exporter
from airflow_provider_zendesk.export.job import Job, Summary
from airflow_provider_zendesk.export.snapshot import SnapshotExporter
from airflow_provider_zendesk.export.worker import SleepingWorker
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.formats.registry import GZIPPED_JSON_LINES, format_of
from airflow_provider_zendesk.lake.manifest import Run
from airflow_provider_zendesk.lake.storage import LocalStorage, Storage
from airflow_provider_zendesk.policy import DEFAULT_POLICY, Policy
from airflow_provider_zendesk.reference_data import get_list
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.window import PartitionBy, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from airflow_provider_zendesk.emulator import ZendeskEmulator
    from airflow_provider_zendesk.exceptions import NotBefore
    from airflow_provider_zendesk.export.job import OnExisting
    from airflow_provider_zendesk.export.snapshot import OnForbidden
    from airflow_provider_zendesk.lake.formats.part import PartFormat
    from airflow_provider_zendesk.resources import Pagination


def a_run(run_id: str = "") -> Run:
    return Run("dag", run_id or uuid.uuid4().hex, "task", -1, 0)


class LakeWorker(SleepingWorker):
    """A worker for which the emulator's time passes; it can be one that defers."""

    def __init__(self, wait: Callable[[NotBefore], None], defers: Callable[[NotBefore], bool]) -> None:
        super().__init__(wait)
        self._defers = defers

    def defers(self, refusal: NotBefore) -> bool:
        return self._defers(refusal)

    def defer(self, refusal: NotBefore) -> None:
        self.sleep(refusal)


@dataclass
class Lake:
    """A root on disk, and the way an export of the emulator gets there."""

    zendesk: ZendeskEmulator
    root: Path
    waits: list[float] = field(default_factory=list)
    policy: Policy = DEFAULT_POLICY

    @property
    def storage(self) -> Storage:
        return LocalStorage(str(self.root), self.policy)

    def export(
        self,
        start: int,
        end: int,
        *,
        name: str = "tickets",
        partition_by: PartitionBy = None,
        pagination: Pagination | None = None,
        full_walk: bool = False,
        settle: timedelta | None = None,
        on_existing: OnExisting = "replace",
        run: Run | None = None,
        storage: Storage | None = None,
        wait: Callable[[NotBefore], None] | None = None,
        resumed: bool = False,
        reserve: int = 0,
        format: PartFormat = GZIPPED_JSON_LINES,
        empty_files: bool = False,
        **wanted: Any,
    ) -> Summary:
        resource = get_resource(name)
        endpoint = resource.endpoint(pagination)
        account = Account.at(self.zendesk.url)
        query = resource.query(endpoint, per_page=wanted.pop("per_page", None), **wanted)
        job = Job(
            account=account.name,
            resource=resource,
            endpoint=endpoint,
            query=query,
            window=Window(start, end),
            partition_by=partition_by,
            full_walk=full_walk,
            settle=settle,
            on_existing=on_existing,
            format=format,
            empty_files=empty_files,
            run=run or a_run(),
            policy=self.policy,
        )
        with ZendeskClient(
            account,
            reserve=reserve,
            policy=self.policy,
            sleep=lambda _: None,
            clock=self.zendesk.clock.now,
        ) as client:
            client.authenticate(BearerAuth(account, self.zendesk.oauth_token))
            worker = LakeWorker(wait or self.wait, self.defers)
            return Exporter(job, client, storage or self.storage, worker, resumed=resumed).run()

    def snapshot(
        self,
        name: str,
        start: int,
        end: int,
        *,
        partition_by: PartitionBy = "day",
        on_existing: OnExisting = "replace",
        on_forbidden: OnForbidden = "fail",
        run: Run | None = None,
        storage: Storage | None = None,
        reserve: int = 0,
        format: PartFormat = GZIPPED_JSON_LINES,
        empty_files: bool = False,
    ) -> Summary:
        resource = get_list(name)
        account = Account.at(self.zendesk.url)
        job = Job(
            account=account.name,
            resource=resource,
            endpoint=resource.endpoint(),
            query=resource.query(resource.endpoint()),
            window=Window(start, end),
            partition_by=partition_by,
            on_existing=on_existing,
            format=format,
            empty_files=empty_files,
            run=run or a_run(),
            policy=self.policy,
        )
        with ZendeskClient(
            account, reserve=reserve, policy=self.policy, sleep=lambda _: None, clock=self.zendesk.clock.now
        ) as client:
            client.authenticate(BearerAuth(account, self.zendesk.oauth_token))
            worker = LakeWorker(self.wait, self.defers)
            exporter = SnapshotExporter(
                job, client, storage or self.storage, worker, on_forbidden=on_forbidden
            )
            return exporter.run()

    def defers(self, refusal: NotBefore) -> bool:
        return False

    def wait(self, refusal: NotBefore) -> None:
        """Let the time that is asked for pass at the emulator instead of here."""
        seconds = max(refusal.moment - self.zendesk.clock.now(), 0.0)
        self.waits.append(seconds)
        self.zendesk.clock.advance(seconds + 0.001)

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_bytes()) for path in sorted(self.root.glob("_manifests/**/*.json"))]

    def rows(self) -> list[bytes]:
        """All rows that the manifests list, in order."""
        return [
            line
            for manifest in self.manifests()
            for file in manifest["files"]
            for line in lines(
                format_of(manifest["format"]).read(
                    (self.root / file["path"]).read_bytes(), file["uncompressed_bytes"]
                )
            )
        ]

    def files(self) -> dict[str, bytes]:
        """Every file below the root, by name."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    def listed(self) -> set[str]:
        return {file["path"] for manifest in self.manifests() for file in manifest["files"]}

    def is_tidy(self) -> bool:
        """True if datasets hold exactly what the manifests list, and staging nothing."""
        lying = {
            name for name in self.files() if not name.startswith(("_manifests/", "_limits/", "_lake.json"))
        }
        return lying == self.listed() and not (self.root / "_staging").exists()
