# SPDX-License-Identifier: Apache-2.0
"""Long waits: what is kept before them, and that they end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk.client.account import Account
from airflow_provider_zendesk.client.auth import BearerAuth
from airflow_provider_zendesk.client.client import ZendeskClient
from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import cursor_refused, server_error, too_many_requests
from airflow_provider_zendesk.exceptions import (
    ZendeskGatewayTimeoutError,
    ZendeskRateLimitError,
    ZendeskResponseError,
)
from airflow_provider_zendesk.resources import TICKETS
from tests.lakes import Lake, a_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_zendesk.exceptions import NotBefore
    from airflow_provider_zendesk.export.job import Summary

DAY = 86400
START = 1763596800
END = START + DAY
PER_PAGE = 10


class Left(BaseException):
    """The worker is given back; nothing catches it, as nothing catches Airflow's TaskDeferred."""


class LeavingLake(Lake):
    """A lake whose exports give their worker back for every long wait, and come back when it is over."""

    left = 0

    def defers(self, refusal: NotBefore) -> bool:
        return refusal.moment - self.zendesk.clock.now() > 30

    def wait(self, refusal: NotBefore) -> None:
        super().wait(refusal)
        if self.waits[-1] > 30:
            self.left += 1
            raise Left

    def export_and_come_back(self, most: int = 100, **wanted: object) -> Summary:
        run = a_run()
        for back in range(most):
            try:
                return self.export(START, END, run=run, per_page=PER_PAGE, resumed=back > 0, **wanted)
            except Left:
                continue
        raise AssertionError(f"the export gave its worker back {most} times")


@pytest.fixture
def limited() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + DAY, speed=0, exports_per_minute=2) as zendesk:
        zendesk.account.populate(START - 3600, END + 3600, tickets=80)
        yield zendesk


@pytest.mark.parametrize("pagination", ["cursor", "time"])
@pytest.mark.parametrize("partition_by", [None, "hour"])
def test_a_task_that_leaves_at_every_wait_ends_as_one_that_stays(
    limited: ZendeskEmulator, tmp_path: Path, pagination: str, partition_by: str | None
) -> None:
    wanted = {"pagination": pagination, "partition_by": partition_by, "include": ["users"]}
    staying = Lake(limited, tmp_path / "staying")
    stayed = staying.export(START, END, run=a_run(), per_page=PER_PAGE, **wanted)
    limited.clock.advance(60)
    leaving = LeavingLake(limited, tmp_path / "leaving")
    left = leaving.export_and_come_back(**wanted)
    assert leaving.left >= 3
    assert leaving.is_tidy()
    data = [{n: d for n, d in lake.files().items() if n.startswith("tickets")} for lake in (staying, leaving)]
    assert data[0] == data[1]
    assert (left.records, left.files, left.requests) == (stayed.records, stayed.files, stayed.requests)
    assert {request.status for request in limited.export_requests} == {200}


def test_each_time_back_leaves_one_checkpoint_and_not_one_more(
    limited: ZendeskEmulator, tmp_path: Path
) -> None:
    lake = LeavingLake(limited, tmp_path / "lake")
    run = a_run()
    for back in range(3):
        with pytest.raises(Left):
            lake.export(START, END, run=run, per_page=PER_PAGE, resumed=back > 0)
        assert sum("/checkpoint-" in name for name in lake.files()) == 1


def test_a_walk_in_any_order_has_nothing_to_come_back_to(limited: ZendeskEmulator, tmp_path: Path) -> None:
    lake = Lake(limited, tmp_path / "lake")
    seen = []

    def wait(refusal: NotBefore) -> None:
        seen.append(sorted(lake.files()))
        lake.wait(refusal)

    lake.export(START, END, per_page=PER_PAGE, full_walk=True, wait=wait)
    assert seen
    assert not any(seen)


def test_half_an_hour_of_refusals_is_counted_over_all_the_times_back(
    limited: ZendeskEmulator, tmp_path: Path
) -> None:
    lake = LeavingLake(limited, tmp_path / "lake")
    limited.answer_next(None)
    limited.answer_at_random(1.0, too_many_requests("60"))
    with pytest.raises(ZendeskRateLimitError, match="gave up after 3[01] minutes without a good answer"):
        lake.export_and_come_back()
    assert 29 <= lake.left <= 31


def test_a_wait_right_after_a_refused_cursor_goes_on_from_the_same_second(tmp_path: Path) -> None:
    with ZendeskEmulator(now=END + DAY, speed=0) as zendesk:
        zendesk.account.populate(START - 3600, END + 3600, tickets=80)
        lake = LeavingLake(zendesk, tmp_path / "lake")
        zendesk.answer_next(None, None, cursor_refused(), too_many_requests("60"))
        lake.export_and_come_back()
        assert lake.left == 1
        assert lake.rows() == [row.raw for row in zendesk.truth(START, END)]
        asked = [request.query.get("start_time") for request in zendesk.export_requests]
        # Refused once, told to wait once, and asked again from the second of the last row.
        assert asked[0] == str(START)
        assert asked[3] == asked[4] != str(START)


def test_a_new_try_has_its_own_half_an_hour(limited: ZendeskEmulator, tmp_path: Path) -> None:
    lake = LeavingLake(limited, tmp_path / "lake")
    run = a_run()
    limited.answer_next(None, too_many_requests("60"), too_many_requests("60"))
    with pytest.raises(Left):
        lake.export(START, END, run=run, per_page=PER_PAGE)
    limited.clock.advance(7200)
    with pytest.raises(Left):
        lake.export(START, END, run=run, per_page=PER_PAGE)


def test_a_clock_that_stands_still_is_noticed_over_all_the_times_back(tmp_path: Path) -> None:
    with ZendeskEmulator(now=END + 30, speed=0) as zendesk:
        zendesk.account.populate(START, END - 3600, tickets=30)
        lake = LeavingLake(zendesk, tmp_path / "lake")
        zendesk.clock.advance = lambda seconds: None  # type: ignore[method-assign]
        with pytest.raises(ZendeskResponseError, match="stands still"):
            lake.export_and_come_back()


def test_a_wait_for_the_window_to_end_does_not_use_up_patience(tmp_path: Path) -> None:
    """The window ends in two hours; Zendesk refuses once right after that."""
    with ZendeskEmulator(now=END - 7200, speed=0) as zendesk:
        zendesk.account.populate(START, END - 7300, tickets=30)
        lake = LeavingLake(zendesk, tmp_path / "lake")
        zendesk.answer_next(*[None] * 3, *[too_many_requests("60")] * 3)
        summary = lake.export_and_come_back(partition_by=None)
        assert summary.records == len(zendesk.truth(START, END))


def test_another_client_within_the_reserve_is_never_refused(tmp_path: Path) -> None:
    with ZendeskEmulator(now=END + DAY, speed=0, exports_per_minute=10) as zendesk:
        zendesk.account.populate(START, END, tickets=300)
        account = Account.at(zendesk.url)
        theirs: Counter[int] = Counter()
        other = ZendeskClient(account).authenticate(BearerAuth(account, zendesk.oauth_token))

        def call_now_and_then(number: int) -> None:
            minute = int(zendesk.clock.now() // 60)
            if number % 3 == 2 and theirs[minute] < 4:
                theirs[minute] += 1
                zendesk.before_export(None)
                other.get(TICKETS.endpoint().path, {"start_time": START}, lambda answer: None)
                zendesk.before_export(call_now_and_then)

        zendesk.before_export(call_now_and_then)
        lake = Lake(zendesk, tmp_path / "lake")
        lake.export(START, END, per_page=10, reserve=4)
        assert lake.rows() == [row.raw for row in zendesk.truth(START, END)]
        assert sum(theirs.values()) >= 8
        assert {request.status for request in zendesk.export_requests} == {200}


class TestHeavyPages:
    def test_the_page_gets_smaller_until_it_comes_and_grows_again(
        self, lake: Lake, caplog: pytest.LogCaptureFixture
    ) -> None:
        zendesk = lake.zendesk
        zendesk.account.populate(START, END, tickets=900)
        zendesk.heaviest_page = 130
        lake.export(START, END)
        assert lake.rows() == [row.raw for row in zendesk.truth(START, END)]
        sizes = [int(request.query["per_page"]) for request in zendesk.export_requests]
        assert sizes[:5] == [1000, 500, 250, 125, 175]
        assert "asking for 125 rows" in caplog.text
        zendesk.heaviest_page = None
        zendesk.account.populate(END, END + DAY, tickets=9000)
        zendesk.clock.set(END + 2 * DAY)
        lake.export(END, END + DAY)
        assert lake.rows() == [row.raw for row in zendesk.truth(START, END + DAY)]

    def test_the_size_grows_to_what_was_asked_for(self, lake: Lake) -> None:
        zendesk = lake.zendesk
        zendesk.account.populate(START, END, tickets=900)
        zendesk.answer_next(*[None] * 2, *[server_error(504)] * 3)
        lake.export(START, END, per_page=40)
        sizes = [int(request.query["per_page"]) for request in zendesk.export_requests]
        assert sizes[:8] == [40, 40, 40, 20, 10, 5, 7, 9]
        assert max(sizes[20:]) == 40
        assert lake.rows() == [row.raw for row in zendesk.truth(START, END)]

    @pytest.mark.parametrize("pagination", ["cursor", "time"])
    def test_a_single_row_that_is_too_heavy_is_an_error_that_says_where(
        self, lake: Lake, pagination: str
    ) -> None:
        lake.zendesk.account.populate(START, END, tickets=50)
        lake.zendesk.answer_next(None)
        lake.zendesk.answer_at_random(1.0, server_error(504))
        with pytest.raises(ZendeskGatewayTimeoutError, match=r"request id .+ the page from .+ is too slow"):
            lake.export(START, END, per_page=10, pagination=pagination)

    def test_a_smaller_page_outlives_the_wait_for_the_next_minute(
        self, limited: ZendeskEmulator, tmp_path: Path
    ) -> None:
        limited.heaviest_page = 2
        LeavingLake(limited, tmp_path / "lake").export_and_come_back()
        sizes = [int(request.query["per_page"]) for request in limited.export_requests]
        assert sizes[:3] == [10, 5, 2]
        assert 10 not in sizes[1:]

    def test_where_the_size_cannot_be_chosen_the_page_is_asked_for_again(self, lake: Lake) -> None:
        lake.zendesk.account.records("calls").populate(START, END, 30)
        lake.zendesk.answer_next(server_error(504))
        lake.export(START, END, name="calls")
        assert lake.rows() == [row.raw for row in lake.zendesk.truth(START, END, resource="calls")]

    def test_a_second_that_needs_the_largest_page_is_not_halved(self, lake: Lake) -> None:
        """Or it would grow and shrink for ever."""
        zendesk = lake.zendesk
        zendesk.over_fill = False
        zendesk.account.records("organizations").burst(START + 5, 60)
        zendesk.heaviest_page = 50
        with pytest.raises(ZendeskGatewayTimeoutError):
            lake.export(START, END, name="organizations", per_page=20)


class TestTheTaskThatComesNext:
    """In a pool of one a task begins in the minute that the one before may have used up."""

    def test_its_first_call_waits_for_the_next_minute(self, limited: ZendeskEmulator, tmp_path: Path) -> None:
        lake = Lake(limited, tmp_path / "lake")
        for hour in range(8):
            lake.export(START + hour * 3600, START + (hour + 1) * 3600, per_page=3)
        assert {request.status for request in limited.export_requests} == {200}
        assert len(limited.export_requests) > 10
        assert lake.is_tidy()

    def test_without_the_note_a_429_says_the_same(self, limited: ZendeskEmulator, tmp_path: Path) -> None:
        for hour in range(4):
            lake = Lake(limited, tmp_path / f"lake-{hour}")
            lake.export(START + hour * 3600, START + (hour + 1) * 3600, per_page=3)
        assert 429 in {request.status for request in limited.export_requests}

    @pytest.mark.parametrize(
        "note",
        [
            pytest.param(b"", id="cut"),
            pytest.param(b'{"account": "127.0.0.1", "not_before": "soon"}', id="no moment"),
            pytest.param(b'{"account": "127.0.0.1", "not_before": "2037-01-01T00:00:00Z"}', id="years ahead"),
            pytest.param(b'{"account": "127.0.0.1", "not_before": "2025-11-21T00:00:00Z"}', id="past"),
            pytest.param(
                b'{"account": "acme.zendesk.com", "not_before": "2025-11-22T00:00:30Z"}', id="other's"
            ),
        ],
    )
    def test_a_note_of_no_use_costs_nothing(self, lake: Lake, note: bytes) -> None:
        lake.zendesk.clock.set(END + DAY)
        lake.storage.put("_limits/incremental-exports.json", note)
        lake.export(START, END)
        assert lake.waits == []
