# SPDX-License-Identifier: Apache-2.0
"""Whatever Zendesk does in the middle of a walk: the truth in the end, or one named error and the last commit as it was."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_zendesk.emulator import ZendeskEmulator
from airflow_provider_zendesk.emulator.faults import (
    PASSING,
    Answer,
    Cut,
    Drip,
    Hangup,
    Reset,
    Rewrite,
    Stall,
    cursor_refused,
    html_page,
    moved,
    plain_text,
    server_error,
    too_many_requests,
    wrong_content_type,
)
from airflow_provider_zendesk.emulator.pytest_plugin import NOW
from airflow_provider_zendesk.exceptions import (
    ZendeskAuthLapseError,
    ZendeskConnectionError,
    ZendeskError,
    ZendeskGarbledError,
    ZendeskGatewayTimeoutError,
    ZendeskRateLimitError,
    ZendeskReadTimeoutError,
    ZendeskRedirectError,
    ZendeskRefusedError,
    ZendeskResponseError,
    ZendeskServerError,
)
from airflow_provider_zendesk.policy import Policy
from tests.lakes import Lake, a_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_zendesk.resources import Pagination

DAY = 86400
START = 1763596800
END = START + DAY
PER_PAGE = 20
# The client waits for an answer less than half a second.
IMPATIENT = Policy(connect_timeout=5.0, read_timeout=0.2, answer_timeout=0.4)
# Half an hour of refusals every 7 s is the longest way to an error.
MOST_CALLS = 300

ALWAYS = 10**9
ONCE_OR_MORE = {"once": 1, "three times": 3, "always": ALWAYS}


def fault(name: str, plan: Any, survives: int, error: type[ZendeskError]) -> Any:
    """A fault, how many of them in a row do no harm, and the error of more."""
    return pytest.param(plan, survives, error, id=name)


FAULTS = [
    fault("429 with Retry-After", too_many_requests("20"), 3, ZendeskRateLimitError),
    fault("429 with none", too_many_requests(None), 3, ZendeskRateLimitError),
    fault("429 with an absurd one", too_many_requests("86400000"), 3, ZendeskRateLimitError),
    fault("429 in plain text", too_many_requests("7", "account"), 3, ZendeskRateLimitError),
    fault("429 in HTML", html_page(429), 3, ZendeskRateLimitError),
    fault("503 with Retry-After", server_error(503, "20"), 3, ZendeskRateLimitError),
    *(
        fault(str(status), server_error(status), 3, ZendeskServerError)
        for status in (409, 500, 502, 503, 520, 524)
    ),
    fault("504", server_error(504), 3, ZendeskGatewayTimeoutError),
    fault("hang-up", Hangup(), 3, ZendeskConnectionError),
    fault("reset before the answer", Reset(None), 3, ZendeskConnectionError),
    fault("reset in the body", Reset(100), 3, ZendeskConnectionError),
    fault("cut body", Cut(0.5), 3, ZendeskGarbledError),
    fault("empty body", Rewrite(lambda body: b""), 3, ZendeskGarbledError),
    fault("HTML with status 200", html_page(200), 3, ZendeskGarbledError),
    fault("text with status 200", plain_text(200), 3, ZendeskGarbledError),
    fault("wrong content type", wrong_content_type(), ALWAYS, ZendeskError),
    fault("stall", Stall(0.4), 3, ZendeskReadTimeoutError),
    fault("drip", Drip(0.8), 3, ZendeskReadTimeoutError),
    fault("redirect to another host", moved("https://elsewhere.example/"), 0, ZendeskRedirectError),
    fault("forbidden", Answer(403, b"{}"), 0, ZendeskRefusedError),
    fault("no such plan", Answer(404, b"{}"), 0, ZendeskRefusedError),
    fault("token revoked", Answer(401, b"{}"), 3, ZendeskAuthLapseError),
]


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + DAY, speed=0) as emulator:
        emulator.account.populate(START - 3600, END + 3600, tickets=80)
        yield emulator


@pytest.fixture
def faulty(zendesk: ZendeskEmulator) -> Iterator[ZendeskEmulator]:
    """The account, of which nothing is planned."""
    zendesk.clock.set(END + DAY)
    yield zendesk
    zendesk.answer_at_random(0)


def export(lake: Lake, pagination: Pagination, run: str) -> None:
    lake.export(START, END, pagination=pagination, per_page=PER_PAGE, run=a_run(run))


def finish(lake: Lake, pagination: Pagination, tries: int, **wanted: Any) -> None:
    """Retry the run as often as it takes to get past what is still planned."""
    for tries_left in reversed(range(tries)):
        try:
            lake.export(START, END, pagination=pagination, per_page=PER_PAGE, run=a_run("today"), **wanted)
        except ZendeskError:
            if not tries_left:
                raise
        else:
            return


def whole(lake: Lake) -> bool:
    return lake.rows() == [row.raw for row in lake.zendesk.truth(START, END)] and lake.is_tidy()


@pytest.mark.parametrize("pagination", ["cursor", "time"])
@pytest.mark.parametrize("times", ONCE_OR_MORE)
@pytest.mark.parametrize(("plan", "survives", "error"), FAULTS)
def test_a_fault_in_the_middle_of_a_walk(
    faulty: ZendeskEmulator,
    tmp_path: Path,
    plan: Any,
    survives: int,
    error: type[ZendeskError],
    times: str,
    pagination: Pagination,
) -> None:
    lake = Lake(faulty, tmp_path / "lake", policy=IMPATIENT)
    export(lake, pagination, "yesterday")
    before, calls = lake.files(), len(faulty.export_requests)
    faulty.answer_next(None)
    if times == "always":
        faulty.answer_at_random(1.0, plan)
    else:
        faulty.answer_next(*[plan] * ONCE_OR_MORE[times])
    if ONCE_OR_MORE[times] <= survives:
        export(lake, pagination, "today")
        assert whole(lake)
    else:
        with pytest.raises(error) as raised:
            export(lake, pagination, "today")
        assert survives == 0 or "gave up after" in str(raised.value)
        committed = {name: data for name, data in lake.files().items() if not name.startswith("_staging/")}
        assert committed == before
    assert len(faulty.export_requests) - calls <= MOST_CALLS

    faulty.answer_at_random(0)
    finish(lake, pagination, tries=ONCE_OR_MORE["three times"])
    assert whole(lake)


class TestACursorThatIsRefused:
    def test_the_walk_goes_back_to_the_second_of_the_last_row(
        self, faulty: ZendeskEmulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        lake = Lake(faulty, tmp_path / "lake", policy=IMPATIENT)
        faulty.answer_next(None, None, cursor_refused(), None, cursor_refused())
        export(lake, "cursor", "today")
        assert whole(lake)
        assert caplog.text.count("is refused; going on from") == 2

    def test_one_that_is_refused_again_at_the_same_place_is_an_error(
        self, faulty: ZendeskEmulator, tmp_path: Path
    ) -> None:
        lake = Lake(faulty, tmp_path / "lake", policy=IMPATIENT)
        empty = Rewrite(lambda body: b'{"tickets": [], "end_of_stream": false, "after_cursor": "other"}')
        faulty.answer_next(None, cursor_refused(), empty, cursor_refused())
        with pytest.raises(ZendeskRefusedError, match="InvalidCursor"):
            export(lake, "cursor", "today")

    def test_a_start_time_that_is_refused_is_an_error(self, faulty: ZendeskEmulator, tmp_path: Path) -> None:
        faulty.answer_next(cursor_refused())
        with pytest.raises(ZendeskRefusedError, match="InvalidCursor"):
            export(Lake(faulty, tmp_path / "lake", policy=IMPATIENT), "cursor", "today")


@given(
    plans=st.lists(st.sampled_from([None, None, *PASSING, cursor_refused()]), max_size=15),
    pagination=st.sampled_from(["cursor", "time"]),
    partition_by=st.sampled_from([None, "hour"]),
)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_program_of_faults_loses_or_repeats_a_row(
    faulty: ZendeskEmulator,
    tmp_path_factory: pytest.TempPathFactory,
    plans: list[Any],
    pagination: Any,
    partition_by: Any,
) -> None:
    lake = Lake(faulty, tmp_path_factory.mktemp("lake"), policy=IMPATIENT)
    calls = len(faulty.export_requests)
    faulty.answer_next(*plans)
    finish(lake, pagination, tries=len(plans) + 1, partition_by=partition_by)
    assert whole(lake)
    assert len(faulty.export_requests) - calls <= MOST_CALLS


@pytest.mark.parametrize("days", [2, 400])
def test_a_window_that_is_not_over_is_not_committed_by_a_clock_that_is_ahead(lake: Lake, days: int) -> None:
    midnight = NOW // DAY * DAY
    lake.zendesk.account.populate(midnight, NOW - 60, 30)
    date = formatdate(NOW + days * DAY, usegmt=True)
    lake.zendesk.answer_next(*[Rewrite(lambda body: body, headers={"Date": date})] * 10)
    with pytest.raises(ZendeskResponseError, match="but this worker's clock says 2026-11-21T12:00:00Z"):
        lake.export(midnight, midnight + DAY)
    assert lake.manifests() == []
    assert len(lake.zendesk.export_requests) == 1
