# SPDX-License-Identifier: Apache-2.0
"""
Reading the proof back: is all there that the manifests promise, without a hole, and nothing else?

Only listings and manifests are read, unless the content is to be checked too. The highest revision of a window
counts. What belongs to a window with an intent is under way: whoever finds the intent can carry it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.exceptions import ExportStorageError
from airflow_provider_zendesk.export.commit import committed, read_manifest
from airflow_provider_zendesk.export.content import WindowContent
from airflow_provider_zendesk.export.layout import Committed, WindowNames, parse_manifest_name
from airflow_provider_zendesk.export.manifest import Manifest
from airflow_provider_zendesk.export.report import Finding, Report
from airflow_provider_zendesk.export.staging import staged
from airflow_provider_zendesk.resources import get_resource
from airflow_provider_zendesk.window import PartitionBy, Window, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_zendesk.export.staging import Staged
    from airflow_provider_zendesk.export.storage import Storage, Stored

_LOOKS = 5


def exported_resources(storage: Storage) -> list[str]:
    """Return the names of the resources that have manifests."""
    found = {name.rpartition("/")[0] for name in storage.find("_manifests") if parse_manifest_name(name)}
    return sorted(folder.removeprefix("_manifests/") for folder in found)


def verify(
    storage: Storage,
    resource: str,
    start: int | None = None,
    end: int | None = None,
    *,
    check_content: bool = False,
) -> Report:
    """
    Return what is wrong with the committed windows of a resource that reach into ``[start, end)``.

    :param start: UTC epoch seconds; None: where the first committed window starts.
    :param end: UTC epoch seconds; None: where the last one ends.
    :param check_content: read every file back, a part at a time.
    :raises ValueError: for a resource that the catalogue lacks, or bounds between which nothing lies.
    """
    get_resource(resource)
    for _ in range(_LOOKS):
        found = committed(storage, resource)
        report = _look(storage, resource, found, start, end, check_content=check_content)
        # Whatever is replaced while one looks seems to be damaged.
        if report.is_whole or committed(storage, resource) == found:
            break
    return report


def _look(
    storage: Storage,
    resource: str,
    found: Mapping[str, Committed],
    start: int | None,
    end: int | None,
    *,
    check_content: bool,
) -> Report:
    scope = _scope(found.values(), start, end)
    if scope is None:
        nothing = Finding("hole", "nothing of it is committed here; give start and end, or another root")
        return Report(resource=resource, findings=(nothing,))
    inside = {name: one for name, one in found.items() if one.window.overlaps(scope)}
    standing = {one.window: name for name, one in sorted(inside.items(), key=lambda item: item[1])}
    manifests, unreadable = _read(storage, standing)
    # In this order: an intent goes last, so what lay there and had none is committed or belongs to nobody.
    lying = _lying(storage, resource, manifests.values())
    under_way = {one.window: one for one in staged(storage, resource) if one.has_intent and one.window}

    findings = [*_tiling(scope, standing), *unreadable]
    for window, manifest in manifests.items():
        findings += _contradictions(standing[window], inside[standing[window]], resource, manifest)
        findings += _files(storage, window, manifest, lying, check_content=check_content)
    findings += _accounts(standing, manifests)
    findings += _left_over(inside, standing, under_way)
    findings += _unlisted(lying, manifests, scope, {w: inside[n].revision for w, n in standing.items()}, under_way)
    findings += _unfinished(scope, under_way.values())
    ...
