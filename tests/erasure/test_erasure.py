# SPDX-License-Identifier: Apache-2.0
"""After an erasure no byte of the records is in any object of the lake, and everything else is as it was."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk import erase
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.erasure.carriers import marks_of_gone
from airflow_provider_zendesk.erasure.erasure import Erased, Eraser
from airflow_provider_zendesk.erasure.rows import are_gone
from airflow_provider_zendesk.exceptions import ExportConflictError
from airflow_provider_zendesk.lake.formats.part import lines
from airflow_provider_zendesk.lake.formats.registry import FORMATS
from airflow_provider_zendesk.lake.layout import SUFFIXES
from airflow_provider_zendesk.lake.storage import LocalStorage
from airflow_provider_zendesk.policy import Policy
from airflow_provider_zendesk.verify.checks import verify
from tests.lake.test_commit import KillableStorage, Killed
from tests.lakes import Lake, a_run
from tests.operations import CountingStorage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from airflow_provider_zendesk.lake.storage import Storage

DAY = 86400
START = 1763596800  # 2025-11-20
DAYS = 3
END = START + DAYS * DAY
RESOURCES = ("tickets", "ticket_events", "ticket_metric_events", "users")


def fill(lake: Lake, tickets: int = 40, suffix: str = "jsonl.gz") -> None:
    zendesk = lake.zendesk
    zendesk.clock.set(END + 3600)
    zendesk.account.populate(START, END, tickets=tickets)
    for name in RESOURCES[1:]:
        zendesk.account.records(name).populate(START, END, tickets)
    for name in RESOURCES:
        include = ("users",) if name == "tickets" else None
        lake.export(START, END, name=name, partition_by="day", format=FORMATS[suffix], include=include)


def remove(
    lake: Lake, kind: str, ids: Iterable[object], storage: Storage | None = None, **more: Any
) -> Erased:
    eraser = Eraser(storage or lake.storage, kind, a_run(), policy=lake.policy, **more)
    return eraser.erase(map(str, ids))


def rows(lake: Lake) -> dict[str, list[bytes]]:
    """Every row of every stored part, whether a manifest lists it or not, by the name of the part without its revision."""
    found: dict[str, list[bytes]] = {}
    for name, data in lake.files().items():
        suffix = next((one for one in SUFFIXES if name.endswith(one)), None)
        if suffix is not None and "/_staging" not in f"/{name}":
            text = FORMATS[suffix].read(data, 2**26)
            stem, _, index = name.rpartition("-r")
            found.setdefault(f"{stem}-{index.partition('-')[2]}", []).extend(lines(text))
    return found


def of_ticket(name: str, row: bytes, ids: set[int]) -> bool:
    record = json.loads(row)
    return record.get("id" if name.startswith("tickets/") else "ticket_id") in ids


def is_whole(lake: Lake) -> bool:
    reports = [verify(lake.storage, name, check_content=True) for name in RESOURCES]
    return all(report.is_whole for report in reports) and lake.is_tidy()


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_row_of_a_ticket_is_left_in_any_dataset_and_all_others_are_as_they_were(
    lake: Lake, suffix: str
) -> None:
    lake.policy = Policy(part_records=15)
    fill(lake, suffix=suffix)
    before = rows(lake)
    victims = {json.loads(row.raw)["id"] for row in lake.zendesk.truth(START, END)[::9]}
    victims |= {
        json.loads(row.raw)["ticket_id"]
        for row in lake.zendesk.truth(START, END, resource="ticket_events", include=("comment_events",))[::9]
    }
    done = remove(lake, "tickets", victims)
    after = rows(lake)
    owned = [name for name in before if not name.startswith(("tickets__", "users"))]
    assert done.rows == sum(of_ticket(name, row, victims) for name in owned for row in before[name]) >= 8
    for name, part in before.items():
        if name.startswith(("tickets/", "ticket_events/", "ticket_metric_events/")):
            assert after.get(name, []) == [row for row in part if not of_ticket(name, row, victims)]
        else:
            assert after[name] == part
    assert is_whole(lake)


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_byte_of_a_user_is_left(lake: Lake, suffix: str) -> None:
    fill(lake, suffix=suffix)
    side = [row for name, part in rows(lake).items() if name.startswith("tickets__users") for row in part]
    users = [row.raw for row in lake.zendesk.truth(START, END, resource="users")]
    victims = {json.loads(row)["id"] for row in (*side[::5], *users[::5])}
    others = {
        name: part for name, part in rows(lake).items() if not name.startswith(("users", "tickets__users"))
    }
    done = remove(lake, "users", victims)
    assert done.found == done.records == len(victims)
    for name, part in rows(lake).items():
        if name.startswith(("users", "tickets__users")):
            assert not [row for row in part if json.loads(row)["id"] in victims]
    assert {name: part for name, part in rows(lake).items() if name in others} == others
    assert is_whole(lake)


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_byte_of_the_rows_is_found_in_any_object(lake: Lake, suffix: str) -> None:
    """Whatever the object is: a part, a manifest, or something left over."""
    fill(lake, suffix=suffix)
    victims = {row.id for row in lake.zendesk.truth(START, END)[::4]}
    gone = {row for name, part in rows(lake).items() if name.startswith("tickets/") for row in part}
    gone = {row for row in gone if of_ticket("tickets/", row, victims)}
    assert len(gone) > 5
    remove(lake, "tickets", victims)
    for name, data in lake.files().items():
        found = next((one for one in SUFFIXES if name.endswith(one)), None)
        text = data if found is None else FORMATS[found].read(data, 2**26)
        assert not [row for row in gone if row in text]
        assert not [one for one in victims if b'tickets/%d.json"' % one in text]


def test_the_manifest_says_what_was_erased_and_by_whom(lake: Lake) -> None:
    fill(lake)
    first, second = (json.loads(row.raw)["id"] for row in lake.zendesk.truth(START, START + DAY)[:2])
    old = lake.manifests()
    remove(lake, "tickets", [first])
    remove(lake, "tickets", [second])
    new = next(one for one in lake.manifests() if one["resource"] == "tickets" and "erasures" in one)
    was = next(one for one in old if (one["resource"], one["window"]) == ("tickets", new["window"]))
    assert [(one["resource"], one["records"], one["rows"]) for one in new["erasures"]] == [
        ("tickets", 1, 1)
    ] * 2
    assert new["counts"]["records"] == was["counts"]["records"] - 2
    assert new["replaced"]["revision"] == new["revision"] - 1 == 1
    for same in ("request", "stop", "format", "exclusions"):
        assert new[same] == was[same]


def test_windows_without_such_rows_are_not_touched(lake: Lake) -> None:
    fill(lake)
    victim = json.loads(lake.zendesk.truth(START, START + DAY)[0].raw)["id"]
    before = lake.files()
    remove(lake, "tickets", [victim])
    changed = {
        name for name in before.keys() | lake.files().keys() if before.get(name) != lake.files().get(name)
    }
    windows = {name.rpartition("/")[2].partition("-r")[0] + name.partition("/")[0] for name in changed}
    assert len(windows) < 9
    assert not any(name.startswith("users") for name in changed)


def test_what_is_erased_may_be_marked(lake: Lake) -> None:
    fill(lake)
    row = lake.zendesk.truth(START, START + DAY)[0]
    before = sum(len(part) for part in rows(lake).values())
    for _ in range(2):
        remove(lake, "tickets", [row.id], mark=True)
    after = rows(lake)
    assert sum(len(part) for part in after.values()) == before
    marks = [one for part in after.values() for one in part if one.endswith(b'"erased":true}')]
    assert b'{"id":%d,"generated_timestamp":%d,"erased":true}' % (row.id, row.sort_key) in marks
    assert max(one["revision"] for one in lake.manifests()) == 1
    assert is_whole(lake)


def test_what_zendesk_has_scrubbed_is_erased_but_for_the_row_that_says_so(lake: Lake) -> None:
    zendesk = lake.zendesk
    zendesk.clock.set(END + 3600)
    ids = [zendesk.account.create(START + 600 * number) for number in range(6)]
    for name in RESOURCES:
        lake.export(START, START + DAY, name=name, partition_by="day")
    for ticket in ids[:2]:
        zendesk.account.delete(ticket, START + DAY + 60)
        zendesk.account.scrub(ticket, START + 2 * DAY + 60)
    lake.export(START + DAY, END, partition_by="day")
    done = Eraser(lake.storage, "tickets", a_run()).erase_gone()
    assert (done.records, done.found, done.rows) == (2, 2, 2)
    left = [
        json.loads(row) for name, part in rows(lake).items() if name.startswith("tickets/") for row in part
    ]
    assert sorted(one["id"] for one in left) == sorted(ids)
    assert {one["id"] for one in left if one["subject"] == "SCRUBBED"} == set(ids[:2])
    assert Eraser(lake.storage, "tickets", a_run()).erase_gone().rows == 0


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_any_tickets_of_any_lake(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    with ZendeskEmulator(now=END + 3600, speed=0, seed=data.draw(st.integers(1, 99))) as zendesk:
        lake = Lake(
            zendesk,
            tmp_path_factory.mktemp("lake"),
            policy=Policy(part_records=data.draw(st.integers(3, 30))),
        )
        fill(lake, data.draw(st.integers(1, 25)), data.draw(st.sampled_from(list(FORMATS))))
        before = rows(lake)
        victims = set(data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=6)))
        mark = data.draw(st.booleans())
        remove(lake, "tickets", victims, mark=mark)
        after = {
            name: [row for row in part if not row.endswith(b'"erased":true}')]
            for name, part in rows(lake).items()
        }
        for name, part in before.items():
            owned = name.startswith(("tickets/", "ticket_events/", "ticket_metric_events/"))
            left = [row for row in part if not (owned and of_ticket(name, row, victims))]
            assert after.get(name, []) == left
        assert is_whole(lake)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_storage_operation_it_is_finished_by_the_next_run(lake: Lake, after: bool) -> None:
    root = lake.root
    lake.zendesk.clock.set(END + 3600)
    ids = [lake.zendesk.account.create(START + DAY * (number % 2) + 600 * number) for number in range(8)]
    for operations in itertools.count():
        lake.root = root.with_name(f"killed at {operations}")
        lake.export(START, START + 2 * DAY, partition_by="day")
        before = rows(lake)
        try:
            remove(lake, "tickets", ids[:3], storage=KillableStorage(lake.storage, operations, after=after))
        except Killed:
            killed = True
        else:
            killed = False
        remove(lake, "tickets", ids[:3])
        for name, part in before.items():
            assert rows(lake)[name] == [row for row in part if json.loads(row)["id"] not in ids[:3]]
        assert verify(lake.storage, "tickets", check_content=True).is_whole
        assert lake.is_tidy()
        if not killed:
            break
    assert operations > 20


def test_an_export_that_replaces_the_window_meanwhile_is_erased_too(lake: Lake) -> None:
    fill(lake)
    victim = json.loads(lake.zendesk.truth(START, START + DAY)[0].raw)["id"]

    class Meanwhile(LocalStorage):
        is_first = True

        def put(self, name: str, data: bytes) -> None:
            if Meanwhile.is_first and name.startswith("_staging/tickets/"):
                Meanwhile.is_first = False
                lake.export(START, START + DAY, partition_by="day", include=("users",))
            super().put(name, data)

    remove(lake, "tickets", [victim], storage=Meanwhile(str(lake.root)))
    assert not Meanwhile.is_first
    assert not any(
        of_ticket(name, row, {victim})
        for name, part in rows(lake).items()
        for row in part
        if name.startswith("tickets/")
    )
    assert is_whole(lake)


def test_two_erasures_at_once_erase_both(lake: Lake) -> None:
    fill(lake)
    first, second = (json.loads(row.raw)["id"] for row in lake.zendesk.truth(START, START + DAY)[:2])

    class Meanwhile(LocalStorage):
        is_first = True

        def put(self, name: str, data: bytes) -> None:
            if Meanwhile.is_first:
                Meanwhile.is_first = False
                remove(lake, "tickets", [second])
            super().put(name, data)

    remove(lake, "tickets", [first], storage=Meanwhile(str(lake.root)))
    assert not any(
        of_ticket(name, row, {first, second})
        for name, part in rows(lake).items()
        for row in part
        if name.startswith("tickets/")
    )
    assert is_whole(lake)


def test_one_of_which_nothing_is_committed_is_named_too(lake: Lake) -> None:
    """Its staging has rows of tickets, and of users who came with them."""
    lake.zendesk.clock.set(END + 3600)
    lake.zendesk.account.populate(START, START + DAY, tickets=40)
    lake.policy = Policy(checkpoint_pages=1)
    for operations in range(12, 30):
        storage = KillableStorage(lake.storage, operations, after=True)
        try:
            lake.export(
                START, START + DAY, partition_by="day", storage=storage, per_page=3, include=("users",)
            )
        except Killed:
            if list(lake.root.glob("_staging/tickets/**/open/*")):
                break
    for kind in ("tickets", "users"):
        with pytest.raises(ExportConflictError, match="an export of tickets is under way or was interrupted"):
            remove(lake, kind, [1])


def test_a_ticket_whose_subject_somebody_typed_is_not_gone(lake: Lake) -> None:
    fill(lake)
    tickets = [json.loads(row.raw) | {"subject": "SCRUBBED"} for row in lake.zendesk.truth(START, END)]
    typed = b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in tickets)
    assert not any(are_gone(typed, marks_of_gone("tickets")))


def test_an_interrupted_export_is_named_since_its_staging_may_hold_them(lake: Lake) -> None:
    fill(lake)
    lake.policy = Policy(checkpoint_pages=1)
    storage = KillableStorage(lake.storage, 8, after=True)
    with pytest.raises(Killed):
        lake.export(START, START + DAY, partition_by="day", storage=storage, per_page=3, include=("users",))
    assert list(lake.root.glob("_staging/tickets/*"))
    with pytest.raises(
        ExportConflictError, match=r"an export of tickets is under way or was interrupted.*2025-11-20"
    ):
        remove(lake, "tickets", [1])


@pytest.mark.parametrize("days", [3, 30])
def test_operations_follow_the_windows_that_may_hold_rows(lake: Lake, days: int) -> None:
    lake.zendesk.clock.set(START + 60 * DAY)
    for number in range(days):
        lake.zendesk.account.create(START + number * DAY)
    lake.export(START, START + days * DAY, partition_by="day")
    storage = CountingStorage(lake.storage)
    remove(lake, "tickets", [1], storage=storage)
    # Every manifest and every file is read once, and what is written again some times more.
    assert storage.operations["get"] == 2 * days + 7
    assert storage.operations["put"] + storage.operations["create"] + storage.operations["delete"] <= 10
    assert storage.operations["list"] <= 25


class TestCommand:
    def run(self, lake: Lake, *arguments: str) -> int:
        return erase.main([str(lake.root), *arguments])

    def test_it_says_what_it_did(
        self, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill(lake)
        ids = [row.id for row in lake.zendesk.truth(START, END)[:2]]
        (tmp_path / "ids").write_text(f"{ids[0]}\n{ids[1]}, 99999\n")
        files = lake.files()
        assert self.run(lake, "--resource", "tickets", "--ids-from", str(tmp_path / "ids"), "--dry-run") == 0
        assert "of 2 of 3 tickets would be erased" in capsys.readouterr().out
        assert lake.files() == files
        assert self.run(lake, "--resource", "tickets", "--ids-from", str(tmp_path / "ids")) == 0
        out = capsys.readouterr().out
        assert "of 2 of 3 tickets were erased" in out
        assert "1 of them have no row here" in out

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--resource", "ticket", "--ids", "1"], "unknown resource 'ticket'"),
            (["--resource", "tickets", "--ids", ","], "no tickets are given"),
            (["--resource", "tickets"], "one of the arguments --ids --ids-from --scrubbed is required"),
            (["--resource", "organizations", "--scrubbed"], "do not say which records are gone for good"),
            (["--resource", "routing/attributes", "--ids", "1"], "have no id of their own"),
        ],
    )
    def test_bad_arguments(
        self, lake: Lake, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
    ) -> None:
        with pytest.raises(SystemExit) as exit_:
            self.run(lake, *arguments)
        assert exit_.value.code == 2
        assert says in capsys.readouterr().err
