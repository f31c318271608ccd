# SPDX-License-Identifier: Apache-2.0
"""Reading a lake: one whole revision of each window, and no more than what was asked for."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk import lake as package
from airflow_provider_zendesk.exceptions import (
    ExportConflictError,
    ExportNotCommittedError,
    ExportStorageError,
)
from airflow_provider_zendesk.lake.root import Root
from airflow_provider_zendesk.lake.storage import LocalStorage
from airflow_provider_zendesk.window import Window
from tests.operations import CountingStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lakes import Lake

Reader = package.Lake
DAY = 86400
START = 1763596800  # 2025-11-20
DAYS = [Window(START + day * DAY, START + (day + 1) * DAY) for day in range(4)]


@pytest.fixture
def days(lake: Lake) -> Lake:
    """Four days of tickets with the users in them; the second day has none."""
    lake.zendesk.clock.set(START + 400 * DAY)
    for first, last in ((0, 1), (2, 4)):
        lake.zendesk.account.populate(START + first * DAY, START + last * DAY, tickets=30)
    lake.export(START, START + 4 * DAY, partition_by="day", include=("users",))
    return lake


def rows(files: list[str]) -> list[bytes]:
    return [line for file in files for line in gzip.decompress(Path(file).read_bytes()).splitlines()]


def truth(lake: Lake, window: Window) -> list[bytes]:
    return [row.raw for row in lake.zendesk.truth(window.start, window.end)]


def test_all_of_a_resource_is_what_is_committed(days: Lake) -> None:
    reader = Reader(days.root)
    assert reader.windows("tickets") == DAYS
    assert rows(reader.files("tickets")) == truth(days, Window(START, START + 4 * DAY))
    users = reader.files("tickets", dataset="tickets__users")
    assert len(users) == 3
    assert all("/tickets__users/dt=2025-11-2" in file for file in users)
    assert reader.files("tickets", dataset="tickets__late") == []
    assert [manifest.window.window() for manifest in reader.manifests("tickets")] == DAYS


@pytest.mark.parametrize(
    ("start", "end", "of_days"),
    [
        pytest.param("2025-11-22", "2025-11-23", [2], id="text"),
        pytest.param(START, START + 2 * DAY, [0, 1], id="epoch seconds"),
        pytest.param(datetime(2025, 11, 22, tzinfo=UTC), None, [2, 3], id="no end"),
        pytest.param(None, 20251122, [0, 1], id="no start, and a date as a number"),
        pytest.param("2025-11-22T11:00:00Z", "2025-11-22T12:00:00Z", [2], id="a part of a window"),
        pytest.param("2025-11-21", "2025-11-22", [1], id="a day without records"),
    ],
)
def test_a_period_has_the_windows_that_overlap_it(
    days: Lake, start: Any, end: Any, of_days: list[int]
) -> None:
    reader = Reader(days.root)
    assert reader.windows("tickets", start, end) == [DAYS[day] for day in of_days]
    assert rows(reader.files("tickets", start, end)) == [
        row for day in of_days for row in truth(days, DAYS[day])
    ]


def test_a_manifest_is_found_by_its_window(days: Lake) -> None:
    reader = Reader(days.root)
    assert reader.manifest("tickets", DAYS[1]).counts.records == 0
    manifest = reader.manifest("tickets", ("2025-11-20", START + DAY))
    assert manifest.window.window() == DAYS[0]
    assert sum(file.records for file in manifest.files if file.dataset == "tickets") == len(
        truth(days, DAYS[0])
    )


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}"])
def test_files_of_a_local_lake_are_absolute_paths(days: Lake, form: str) -> None:
    files = Reader(form.format(days.root)).files("tickets")
    assert files
    assert all(Path(file).is_file() and file.startswith(f"{days.root}/tickets/") for file in files)


def test_files_of_a_store_are_urls_without_the_connection(days: Lake) -> None:
    root = Root(days.storage, "s3://lake/zendesk", "lake/zendesk")
    (file,) = Reader.at(root).files("tickets", START, START + DAY)
    assert (
        file == "s3://lake/zendesk/tickets/dt=2025-11-20/20251120T000000Z-20251121T000000Z-r0-00000.jsonl.gz"
    )


def test_any_filesystem_of_fsspec_will_do(days: Lake) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for name, data in days.files().items():
        memory.pipe_file(f"/lake/zendesk/{name}", data)
    files = Reader("memory://lake/zendesk").files("tickets")
    assert len(files) == 3
    assert files[0].startswith("memory://lake/zendesk/tickets/dt=2025-11-20/")
    with fsspec.open(files[0], compression="infer") as lines:
        assert sum(1 for _ in lines) == len(truth(days, DAYS[0]))


def test_a_connection_is_airflows(days: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"file://my_files@{days.root}"
    with pytest.raises(ValueError, match="connection 'my_files', which does not exist"):
        Reader(path)
    monkeypatch.setenv("AIRFLOW_CONN_MY_FILES", '{"conn_type": "fs"}')
    assert Reader(path).files("tickets") == Reader(days.root).files("tickets")
    with pytest.raises(ValueError, match="storage_options"):
        Reader(path, {"anon": True})


def test_a_path_without_a_connection_needs_no_airflow(days: Lake) -> None:
    script = (
        "import sys; from airflow_provider_zendesk.lake import Lake; print(len(Lake(sys.argv[1]).files('tickets'))); "
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'airflow']"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, days.root], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("3\n", "")


class TestAReplacedWindow:
    def test_counts_with_its_highest_revision_only(self, days: Lake) -> None:
        old = days.files()
        days.export(START, START + DAY, partition_by="day")
        # What is there in the middle of a commit: both revisions.
        for name, data in old.items():
            (days.root / name).parent.mkdir(parents=True, exist_ok=True)
            (days.root / name).write_bytes(data)
        reader = Reader(days.root)
        assert reader.manifest("tickets", DAYS[0]).revision == 1
        assert rows(reader.files("tickets", START, START + DAY)) == truth(days, DAYS[0])

    def test_is_looked_for_again_when_it_is_replaced_under_the_reader(self, days: Lake) -> None:
        storage = Replacing(
            days.storage, lambda: days.export(START, START + DAY, partition_by="day"), times=3
        )
        files = Reader.at(Root(storage, f"file://{days.root}", str(days.root))).files("tickets")
        assert storage.times == 0
        assert rows(files) == truth(days, Window(START, START + 4 * DAY))
        assert "-r3-" in files[0]

    def test_is_an_error_when_it_never_holds_still(self, days: Lake) -> None:
        storage = Replacing(
            days.storage, lambda: days.export(START, START + DAY, partition_by="day"), times=99
        )
        with pytest.raises(ExportStorageError, match=r"replaced each of the 10 times .*retry later"):
            Reader.at(Root(storage, f"file://{days.root}", str(days.root))).files(
                "tickets", START, START + DAY
            )


class Replacing(CountingStorage):
    """A storage in which something happens whenever the first manifest of a listing is about to be read."""

    def __init__(self, storage: Any, happens: Callable[[], object], times: int) -> None:
        super().__init__(storage)
        self.times = times
        self._happens = happens
        self._is_listed = False

    def files(self, folder: str, prefix: str = "") -> list[str]:
        self._is_listed = True
        return super().files(folder, prefix)

    def find(self, folder: str, prefix: str = "") -> list[str]:
        self._is_listed = True
        return super().find(folder, prefix)

    def get(self, name: str) -> bytes:
        if self._is_listed and self.times:
            self.times -= 1
            self._is_listed = False
            self._happens()
        return super().get(name)


class TestErrors:
    @pytest.mark.parametrize(
        ("ask", "said"),
        [
            pytest.param(
                lambda reader: reader.files("ticket"),
                r"resource 'ticket' .* windows of: tickets",
                id="unknown",
            ),
            pytest.param(
                lambda reader: reader.windows("../tickets"), r"'\.\./tickets'.*: tickets", id="outside"
            ),
            pytest.param(
                lambda reader: reader.windows("tickets/2025-11"), "'tickets/2025-11'", id="a folder"
            ),
            pytest.param(
                lambda reader: reader.manifest("tickets", ("2025-11-20", "2025-11-22")),
                r"\[2025-11-20T00:00:00Z, 2025-11-22T00:00:00Z\) of 'tickets' is not committed .*committed there are: "
                r"\[2025-11-20T00:00:00Z, 2025-11-21T00:00:00Z\), \[2025-11-21",
                id="no such window",
            ),
            pytest.param(
                lambda reader: reader.files("tickets", "2025-11-22", "2025-11-27"),
                r"\[2025-11-24T00:00:00Z, 2025-11-27T00:00:00Z\) of 'tickets' is not committed .*committed there are: "
                r"\[2025-11-22T00:00:00Z, 2025-11-23T00:00:00Z\), \[2025-11-23",
                id="a period that is not complete",
            ),
            pytest.param(
                lambda reader: reader.files("tickets", "2024-01-01", "2024-01-02"),
                "no window that overlaps it is committed",
                id="a period with nothing",
            ),
        ],
    )
    def test_what_is_not_committed_is_named_and_what_is(
        self, days: Lake, ask: Callable[[package.Lake], object], said: str
    ) -> None:
        with pytest.raises(ExportNotCommittedError, match=said):
            ask(Reader(days.root))

    @pytest.mark.parametrize(
        ("ask", "said"),
        [
            (
                lambda reader: reader.files("tickets", "2025-11-22", "2025-11-22"),
                "start='2025-11-22' .* before end=",
            ),
            (lambda reader: reader.windows("tickets", "yesterday"), "start='yesterday' is not a time"),
            (lambda reader: reader.manifest("tickets", ("2025-11-22", None)), "must have a start and an end"),
            (lambda reader: reader.files("tickets", dataset="users"), "dataset='users' is none of 'tickets'"),
            (lambda reader: reader.files("tickets", dataset="tickets__../x"), "dataset='tickets__../x'"),
        ],
    )
    def test_a_bad_argument_is_named(
        self, days: Lake, ask: Callable[[package.Lake], object], said: str
    ) -> None:
        with pytest.raises(ValueError, match=said):
            ask(Reader(days.root))

    @pytest.mark.parametrize("path", ["lake", "~/lake", "//lake", "file://lake/zendesk", ""])
    def test_a_relative_path_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match=f"{path!r} is relative"):
            Reader(path)

    @pytest.mark.parametrize("path", ["s3:///zendesk", "nowhere://lake/zendesk"])
    def test_a_url_that_leads_nowhere_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match=f"{path!r}"):
            Reader(path)

    def test_an_empty_root_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(ExportNotCommittedError, match="nothing is committed there yet"):
            Reader(tmp_path).files("tickets")

    def test_a_period_without_windows_is_no_error_of_windows(self, days: Lake) -> None:
        assert Reader(days.root).windows("tickets", "2024-01-01", "2024-02-01") == []
        assert Reader(days.root).manifests("tickets", end="2024-02-01") == []

    def test_a_root_of_layout_1_is_refused_with_the_way_out(self) -> None:
        earlier = Path(__file__).parents[1] / "data" / "lake"
        with pytest.raises(ExportConflictError, match=r"airflow_provider_zendesk\.migrate"):
            Reader(earlier).files("tickets")

    def test_a_manifest_that_lies_is_refused_by_name(self, days: Lake) -> None:
        (path,) = days.root.glob("_manifests/tickets/*/20251120*.json")
        manifest = json.loads(path.read_bytes())
        manifest["files"][0]["path"] = "../../etc/passwd"
        path.write_text(json.dumps(manifest))
        with pytest.raises(
            ExportStorageError, match=r"lists '\.\./\.\./etc/passwd'.*which is no file of revision 0"
        ):
            Reader(days.root).files("tickets")
        assert len(Reader(days.root).files("tickets", DAYS[2].start, DAYS[3].end)) == 2


@pytest.mark.parametrize("before", [3, 300], ids=lambda days: f"after {days} days")
def test_a_day_costs_the_same_whatever_is_committed(lake: Lake, before: int) -> None:
    lake.zendesk.clock.set(START + 400 * DAY)
    lake.export(START - before * DAY, START, partition_by="day")
    storage = CountingStorage(LocalStorage(str(lake.root)))
    reader = Reader.at(Root(storage, f"file://{lake.root}", str(lake.root)))

    def taken(ask: Callable[[], object]) -> dict[str, int]:
        counted = dict(storage.operations)
        ask()
        return {kind: count for kind in counted if (count := storage.operations[kind] - counted[kind])}

    last, day = (START - DAY, START), {"get": 1, "list": 2}
    # The root's marker is read once.
    assert taken(lambda: reader.windows("tickets", *last)) == {"get": 1, "list": 2}
    assert taken(lambda: reader.windows("tickets", *last)) == {"list": 2}
    assert taken(lambda: reader.files("tickets", *last)) == day
    assert taken(lambda: reader.manifest("tickets", last)) == day
    assert taken(lambda: reader.files("tickets", START - 3 * DAY, START)) == {"get": 3, "list": 2}
    # A century is not asked for month by month.
    assert taken(lambda: reader.windows("tickets", "2007-01-01", "2107-01-01")) == {"list": 1}
