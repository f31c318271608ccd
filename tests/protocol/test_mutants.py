# SPDX-License-Identifier: Apache-2.0
"""The exploration can fail: it finds what is wrong with protocols that differ from ours in one step."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_zendesk.lake import commit
from airflow_provider_zendesk.lake.manifest import dump
from tests.protocol.attempts import SuspendingStorage, install
from tests.protocol.explore import LATE_AND_DEAD, Exploration, Found, Scenario

TWINS = Scenario("one run twice", ("today", "today"), ((b'{"id":1}',),) * 2, None)
STRANGERS = Scenario("two runs", ("mine", "yours"), ((b'{"id":1}',), (b'{"id":2}',)), None)
TWINS_REPLACING = Scenario("one run twice, replacing", TWINS.runs, TWINS.rows, (b'{"id":3}', b'{"id":4}'))


def explore(
    monkeypatch: pytest.MonkeyPatch,
    scenario: Scenario,
    switches: int,
    *,
    crash: bool = False,
    milestones: bool = False,
) -> Found:
    """Explore; another protocol may have to remember more than ours does at its milestones."""
    with monkeypatch.context() as patches:
        install(patches, milestones=milestones)
        return Exploration(scenario, switches=switches, crash=crash).run()


def faults(monkeypatch: pytest.MonkeyPatch, scenario: Scenario, switches: int, **how: bool) -> set[str]:
    return set(explore(monkeypatch, scenario, switches, **how).faults)


def test_what_milestones_forget_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    short, full = (explore(monkeypatch, STRANGERS, 2, milestones=milestones) for milestones in (True, False))
    assert short.states < full.states * 2 / 3
    assert set(short.outcomes) == set(full.outcomes)
    assert set(short.faults) == set(full.faults)


def test_it_finds_that_the_manifest_must_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def carry_out(storage: Any, names: Any, intent: Any, put: Any = None) -> Any:
        storage.create(names.manifest(intent.manifest.revision), dump(intent.manifest))
        commit.put_parts(storage, names, intent, put or {})
        commit.tidy(storage, names, intent.manifest.files)
        return commit.read_highest(storage, names)

    fault = "a listed file is missing"
    assert fault not in faults(monkeypatch, TWINS, 0)
    monkeypatch.setattr(commit, "carry_out", carry_out)
    assert fault in faults(monkeypatch, TWINS, 0)


def test_it_finds_that_intents_must_be_deleted_last(monkeypatch: pytest.MonkeyPatch) -> None:
    real = commit.tidy

    def tidy(storage: Any, names: Any, *files: Any) -> None:
        storage.delete(name for name in storage.find(names.staging) if name.endswith("/intent.json"))
        real(storage, names, *files)

    fault = LATE_AND_DEAD
    assert fault not in faults(monkeypatch, TWINS_REPLACING, 0, crash=True)
    monkeypatch.setattr(commit, "tidy", tidy)
    assert fault in faults(monkeypatch, TWINS_REPLACING, 0, crash=True)


def test_it_finds_that_an_intent_must_not_be_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(self: SuspendingStorage, name: str, data: bytes) -> bool:
        self.put(name, data)
        return True

    fault = "a listed file has other bytes"
    assert fault not in faults(monkeypatch, STRANGERS, 2, milestones=True)
    monkeypatch.setattr(SuspendingStorage, "create", create)
    assert fault in faults(monkeypatch, STRANGERS, 2, milestones=True)


@pytest.mark.parametrize("looks", [True, False])
def test_it_finds_that_manifests_must_be_listed_behind_the_intent(
    monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    def carry_out(storage: Any, names: Any, intent: Any, put: Any = None) -> Any:
        revision = intent.manifest.revision
        is_over = looks and commit.highest_revision(storage, names) >= revision
        if not is_over and commit.put_parts(storage, names, intent, put or {}):
            storage.create(names.manifest(revision), dump(intent.manifest))
        commit.tidy(storage, names, intent.manifest.files)
        return commit.read_highest(storage, names)

    monkeypatch.setattr(commit, "carry_out", carry_out)
    assert ("a listed file has other bytes" in faults(monkeypatch, STRANGERS, 1)) is not looks
