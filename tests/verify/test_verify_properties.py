# SPDX-License-Identifier: Apache-2.0
"""Any history, cut anyhow and damaged anyhow: a verification finds exactly the damage."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.lake.layout import month, stem
from airflow_provider_zendesk.verify.checks import verify
from airflow_provider_zendesk.window import Window, parse_iso
from tests.lakes import Lake
from tests.verify.test_verify import END, START, again, put, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_zendesk.lake.storage import Storage
    from airflow_provider_zendesk.verify.report import Finding


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + 3600, speed=0) as emulator:
        yield emulator


def damage(storage: Storage, kind: str, manifest_name: str) -> list[tuple[str, str]]:
    """Damage a window; return the findings that must come of it, as kind and subject."""
    manifest = json.loads(storage.get(manifest_name))
    files = [file["path"] for file in manifest["files"]]
    if kind == "manifest":
        rewrite(storage, manifest_name, lambda manifest: manifest["counts"].update(records=10**6))
        return [(kind, manifest_name)]
    if kind == "stray":
        name = f"tickets/{manifest_name.rpartition('/')[2].removesuffix('.json')}-09999.jsonl.gz"
        put(storage, name, b"x")
        return [(kind, name)]
    if kind == "hole":
        storage.delete([manifest_name])
        return [("stray", name) for name in files]
    if not files:
        return []
    data = storage.get(files[0])
    if kind == "missing":
        storage.delete(files[:1])
    elif kind == "size":
        put(storage, files[0], data + b"x")
    else:
        put(storage, files[0], data[:-1] + bytes([data[-1] ^ 255]))
    return [(kind, files[0])]


def subject(finding: Finding) -> str:
    return re.split("[,: ]", finding.what)[0]


damages = st.sampled_from(["none", "hole", "manifest", "stray", "missing", "size", "content"])


@given(
    changes=st.lists(st.integers(0, 999), max_size=25),
    cuts=st.lists(st.integers(1, 999), min_size=1, max_size=6, unique=True).map(sorted),
    kinds=st.lists(damages, min_size=7, max_size=7),
)
def test_in_any_partition_of_any_history_exactly_the_damage_is_found(
    zendesk: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[int],
    cuts: list[int],
    kinds: list[str],
) -> None:
    zendesk.reset(now=END + 3600)
    for at in changes:
        zendesk.account.create(START + at)
    lake = Lake(zendesk, tmp_path_factory.mktemp("lakes") / "lake")
    windows = [Window(START + a, START + b) for a, b in itertools.pairwise([0, *cuts, 1000])]
    for window in windows:
        lake.export(window.start, window.end, partition_by=None)
    report = verify(lake.storage, "tickets", START, START + 1000, check_content=True)
    assert (report.findings, report.windows, report.records) == ((), len(windows), len(changes))

    expected, seconds_to_run_again = [], set()
    for window, kind in zip(windows, kinds, strict=False):
        if kind == "none":
            continue
        of_window = damage(lake.storage, kind, f"_manifests/tickets/{month(window)}/{stem(window)}-r0.json")
        expected += of_window
        if kind == "hole" or (kind != "stray" and of_window):
            seconds_to_run_again |= set(range(window.start, window.end))
    report = verify(lake.storage, "tickets", START, START + 1000, check_content=True)
    # Holes side by side are one, so time is compared instead.
    others = [(finding.kind, subject(finding)) for finding in report.findings if finding.kind != "hole"]
    assert sorted(others) == sorted(expected)
    seconds = [second for start, end in again(report) for second in range(parse_iso(start), parse_iso(end))]
    assert sorted(seconds) == sorted(seconds_to_run_again)
