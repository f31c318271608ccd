# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_zendesk.runtime.context import run_times
from airflow_provider_zendesk.window import (
    RunTimes,
    Window,
    cut,
    epoch,
    iso,
    origin_of_window,
    parse_iso,
    partition_folder,
    resolve_window,
)

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
FOUNDED = "2007-01-01T00:00:00Z"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    return int(at(text).timestamp())


def window(start: str, end: str) -> Window:
    return Window(seconds(start), seconds(end))


def interval(start: str, end: str, run_time: str | None = None) -> RunTimes:
    return RunTimes(interval_start=at(start), interval_end=at(end), run_time=at(run_time or end))


def partition(date: str) -> RunTimes:
    return RunTimes(partition_date=at(date), run_time=at("2026-11-21T00:00"))


def no_interval(run_time: str) -> RunTimes:
    return RunTimes(run_time=at(run_time))


YESTERDAY = interval("2026-11-20", "2026-11-21")
EMPTY = "data interval is empty"
MISSING = "no data interval"


class TestWhatAirflowSays:
    """What each kind of run gets, with neither ``start_time`` nor ``end_time``; without and with ``window=1 day``."""

    @pytest.mark.parametrize(
        ("run", "without", "with_a_day"),
        [
            # fmt: off
            # Airflow 3, schedule="@daily" (CronTriggerTimetable)
            pytest.param(
                interval("2026-11-21", "2026-11-21"),
                EMPTY,
                ("2026-11-20", "2026-11-21"),
                id="3 daily: scheduled",
            ),
            pytest.param(
                no_interval("2026-11-21T09:15:30.700"),
                MISSING,
                ("2026-11-20T09:15:30", "2026-11-21T09:15:30"),
                id="3 daily: manual",
            ),
            pytest.param(
                interval("2026-11-10", "2026-11-10"),
                EMPTY,
                ("2026-11-09", "2026-11-10"),
                id="3 daily: dag.test",
            ),
            # Airflow 3, CronDataIntervalTimetable("@daily", timezone="UTC")
            pytest.param(
                YESTERDAY,
                ("2026-11-20", "2026-11-21"),
                ("2026-11-20", "2026-11-21"),
                id="3 data interval: scheduled",
            ),
            pytest.param(
                interval("2026-11-09", "2026-11-10"),
                ("2026-11-09", "2026-11-10"),
                ("2026-11-09", "2026-11-10"),
                id="3 data interval: dag.test",
            ),
            pytest.param(
                interval("2026-11-05", "2026-11-06"),
                ("2026-11-05", "2026-11-06"),
                ("2026-11-05", "2026-11-06"),
                id="3 data interval: backfill, first",
            ),
            pytest.param(
                interval("2026-11-06", "2026-11-07"),
                ("2026-11-06", "2026-11-07"),
                ("2026-11-06", "2026-11-07"),
                id="3 data interval: backfill, second",
            ),
            pytest.param(
                interval("2026-11-07", "2026-11-08"),
                ("2026-11-07", "2026-11-08"),
                ("2026-11-07", "2026-11-08"),
                id="3 data interval: backfill, third",
            ),
            # Airflow 3, CronTriggerTimetable("@daily", timezone="UTC", interval=timedelta(days=1))
            pytest.param(
                YESTERDAY,
                ("2026-11-20", "2026-11-21"),
                ("2026-11-20", "2026-11-21"),
                id="3 trigger with interval: scheduled",
            ),
            pytest.param(
                interval("2026-11-04", "2026-11-05"),
                ("2026-11-04", "2026-11-05"),
                ("2026-11-04", "2026-11-05"),
                id="3 trigger with interval: backfill",
            ),
            # Airflow 3, partitions and assets
            pytest.param(
                partition("2026-11-05"),
                MISSING,
                ("2026-11-04", "2026-11-05"),
                id="3 partition: scheduled or backfill",
            ),
            pytest.param(
                no_interval("2026-11-21T03:00"),
                MISSING,
                ("2026-11-20T03:00", "2026-11-21T03:00"),
                id="3 asset: triggered",
            ),
            # Airflow 3, schedule=None
            pytest.param(
                no_interval("2026-11-21T11:59:59"),
                MISSING,
                ("2026-11-20T11:59:59", "2026-11-21T11:59:59"),
                id="3 none: manual",
            ),
            # Airflow 2.11
            pytest.param(
                interval("2026-11-09", "2026-11-10", "2026-11-09"),
                ("2026-11-09", "2026-11-10"),
                ("2026-11-09", "2026-11-10"),
                id="2.11 daily: scheduled",
            ),
            pytest.param(
                interval("2026-11-21T09:15", "2026-11-21T09:15"),
                EMPTY,
                ("2026-11-20T09:15", "2026-11-21T09:15"),
                id="2.11 none: manual",
            ),
            # nothing at all
            pytest.param(RunTimes(), MISSING, MISSING, id="no times at all"),
            # fmt: on
        ],
    )
    def test_the_window_of_a_run(self, run, without, with_a_day):
        for length, expected in ((None, without), (DAY, with_a_day)):
            if isinstance(expected, str):
                with pytest.raises(ValueError, match=expected):
                    resolve_window(window=length, run=run, now=NOW)
            else:
                assert resolve_window(window=length, run=run, now=NOW) == window(*expected)

    def test_without_a_window_the_error_names_every_way_out(self):
        with pytest.raises(ValueError, match=MISSING) as error:
            resolve_window(run=no_interval("2026-11-21T00:00"), now=NOW)
        for way_out in (
            "CronDataIntervalTimetable",
            "CronTriggerTimetable(..., interval=",
            "window=timedelta",
            "start_time=",
            "end_time=",
        ):
            assert way_out in str(error.value)

    def test_an_empty_interval_is_named_in_the_error(self):
        with pytest.raises(
            ValueError, match=re.escape("2026-11-21T00:00:00+00:00 to 2026-11-21T00:00:00+00:00")
        ):
            resolve_window(run=interval("2026-11-21", "2026-11-21"), now=NOW)

    def test_an_interval_that_goes_backwards_is_no_interval(self):
        with pytest.raises(ValueError, match=EMPTY):
            resolve_window(run=interval("2026-11-21", "2026-11-20"), now=NOW)

    def test_an_interval_in_another_zone_is_the_same_window(self):
        zone = timezone(timedelta(hours=9))
        run = RunTimes(
            interval_start=at("2026-11-20").astimezone(zone), interval_end=at("2026-11-21").astimezone(zone)
        )
        assert resolve_window(run=run, now=NOW) == window("2026-11-20", "2026-11-21")


class TestRunTimes:
    """From a task's context, with the keys that Airflow leaves out left out."""

    @pytest.mark.parametrize(
        ("context", "expected"),
        [
            pytest.param({}, RunTimes(), id="nothing"),
            pytest.param(
                {
                    "data_interval_start": at("2026-11-20"),
                    "data_interval_end": at("2026-11-21"),
                    "logical_date": at("2026-11-20"),
                    "dag_run": SimpleNamespace(run_after=at("2026-11-21"), partition_date=None),
                },
                YESTERDAY,
                id="3 scheduled",
            ),
            pytest.param(
                {"dag_run": SimpleNamespace(run_after=at("2026-11-21T09:15"), partition_date=None)},
                no_interval("2026-11-21T09:15"),
                id="3 manual: no keys but the run",
            ),
            pytest.param(
                {
                    "dag_run": SimpleNamespace(
                        run_after=at("2026-11-21"),
                        partition_date=at("2026-11-05"),
                        partition_key="2026-11-05",
                    )
                },
                partition("2026-11-05"),
                id="3 partition",
            ),
            pytest.param(
                {
                    "data_interval_start": at("2026-11-09"),
                    "data_interval_end": at("2026-11-10"),
                    "logical_date": at("2026-11-09"),
                    "dag_run": SimpleNamespace(),
                },
                interval("2026-11-09", "2026-11-10", "2026-11-09"),
                id="2.11: a run has neither run_after nor partitions",
            ),
        ],
    )
    def test_they_are_what_the_context_holds(self, context, expected):
        assert run_times(context) == expected


@pytest.mark.parametrize(
    ("arguments", "run", "origin"),
    [
        ({"start_time": "a", "end_time": "b"}, RunTimes(), "start_time and end_time"),
        ({"start_time": "a", "window": DAY}, RunTimes(), "start_time and window"),
        (
            {"start_time": "a"},
            interval("2026-11-09", "2026-11-10"),
            "start_time and the end of the run's data interval",
        ),
        ({"start_time": "a"}, RunTimes(run_time=at("2026-11-10")), "start_time and the time of the run"),
        ({}, interval("2026-11-09", "2026-11-10"), "the run's data interval"),
        ({"window": DAY}, interval("2026-11-09", "2026-11-10"), "the run's data interval"),
        (
            {"end_time": "b"},
            interval("2026-11-09", "2026-11-10"),
            "the start of the run's data interval and end_time",
        ),
        ({"end_time": "b", "window": DAY}, interval("2026-11-09", "2026-11-10"), "window back from end_time"),
        (
            {"window": DAY},
            interval("2026-11-10", "2026-11-10"),
            "window back from the end of the run's data interval",
        ),
        ({"window": DAY}, partition("2026-11-05"), "window back from the run's partition date"),
        ({"window": DAY}, RunTimes(run_time=at("2026-11-10")), "window back from the time of the run"),
    ],
)
def test_the_log_can_say_where_a_window_comes_from(arguments, run, origin):
    given = {"start_time": None, "end_time": None, "window": None, **arguments}
    assert origin_of_window(**given, run=run) == origin


class TestExplicitBounds:
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(datetime(2026, 11, 20, tzinfo=UTC), id="aware"),
            pytest.param(
                datetime(2026, 11, 20, 5, 30, tzinfo=timezone(timedelta(hours=5.5))), id="other zone"
            ),
            pytest.param(datetime(2026, 11, 20), id="naive is UTC"),
            pytest.param("2026-11-20T00:00:00Z", id="Z"),
            pytest.param("2026-11-20T00:00:00+00:00", id="zero offset"),
            pytest.param("2026-11-20T02:00:00+02:00", id="offset"),
            pytest.param("2026-11-19T16:00:00.000000-08:00", id="microseconds and offset"),
            pytest.param("2026-11-20T00:00:00", id="naive text is UTC"),
            pytest.param("2026-11-20 00:00:00", id="space"),
            pytest.param("2026-11-20", id="ds"),
            pytest.param("20261120", id="ds_nodash"),
            pytest.param(20261120, id="ds_nodash under native rendering"),
            pytest.param(20261120.0, id="ds_nodash as a float"),
            pytest.param("20261120T000000", id="ts_nodash"),
            pytest.param(" 2026-11-20 ", id="blanks around"),
            pytest.param(1795132800, id="int"),
            pytest.param(1795132800.0, id="float"),
            pytest.param("1795132800", id="digits"),
            pytest.param("1795132800.0", id="digits with a point"),
        ],
    )
    def test_each_form_of_a_moment_is_that_moment(self, value):
        assert epoch(value, "start_time") == seconds("2026-11-20") == 1795132800
        assert resolve_window(start_time=value, run=YESTERDAY, now=NOW).start == 1795132800
        assert resolve_window(start_time=FOUNDED, end_time=value, run=YESTERDAY, now=NOW).end == 1795132800

    def test_a_bound_may_be_the_very_first_second(self):
        first = 1167609600
        assert iso(first) == FOUNDED
        resolved = resolve_window(start_time=first, end_time=str(first + 1), run=RunTimes(), now=NOW)
        assert resolved == Window(first, first + 1)
        assert epoch(20070101, "start_time") == epoch(FOUNDED, "start_time") == first

    @pytest.mark.parametrize("unset", [None, ""])
    def test_unset_bounds_leave_the_window_to_the_run(self, unset):
        resolved = resolve_window(start_time=unset, end_time=unset, run=YESTERDAY, now=NOW)
        assert resolved == window("2026-11-20", "2026-11-21")

    @pytest.mark.parametrize("name", ["start_time", "end_time"])
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param("yesterday", id="garbage"),
            pytest.param("{{ data_interval_start }}", id="unrendered"),
            pytest.param("   ", id="blank"),
            pytest.param("2026-02-30", id="no such day"),
            pytest.param("12345678", id="eight digits that are no date"),
            pytest.param(12345678, id="a number of eight digits that is no date"),
            pytest.param(20260230.0, id="a float of eight digits that is no date"),
            pytest.param("1.2.3", id="two points"),
            pytest.param("--5", id="two signs"),
            pytest.param(True, id="bool"),
            pytest.param(False, id="false"),
            pytest.param([1795132800], id="list"),
            pytest.param(b"1795132800", id="bytes"),
            pytest.param(timedelta(days=1), id="timedelta"),
            pytest.param(1795132800000, id="milliseconds"),
            pytest.param("1795132800000", id="milliseconds as text"),
            pytest.param(float("inf"), id="inf"),
            pytest.param(float("-inf"), id="-inf"),
            pytest.param(float("nan"), id="nan"),
            pytest.param("inf", id="inf as text"),
            pytest.param("nan", id="nan as text"),
        ],
    )
    def test_anything_else_is_refused_by_name_and_value(self, name, value):
        with pytest.raises(ValueError, match=re.escape(f"{name}={value!r} is not a time")) as error:
            resolve_window(**{name: value}, run=YESTERDAY, now=NOW)
        assert "epoch seconds" in str(error.value)
        assert "2026-11-20T00:00:00Z" in str(error.value)

    @pytest.mark.parametrize("text", ["None", "null", "undefined"])
    def test_a_template_that_rendered_nothing_is_told_apart(self, text):
        with pytest.raises(ValueError, match=f"start_time='{text}' is not a time.*remove the argument"):
            resolve_window(start_time=text, run=YESTERDAY, now=NOW)

    @pytest.mark.parametrize("name", ["start_time", "end_time"])
    @pytest.mark.parametrize(
        ("value", "read_as"),
        [
            pytest.param(0, "1970-01-01T00:00:00Z", id="zero"),
            pytest.param("0", "1970-01-01T00:00:00Z", id="zero as text"),
            pytest.param(-0.5, "1969-12-31T23:59:59Z", id="before 1970"),
            pytest.param("-1", "1969-12-31T23:59:59Z", id="before 1970 as text"),
            pytest.param("2026", "1970-01-01T00:33:46Z", id="a year as text"),
            pytest.param(2026, "1970-01-01T00:33:46Z", id="a year"),
            pytest.param(202611, "1970-01-03T08:16:51Z", id="a month"),
            pytest.param(20061231, "2006-12-31T00:00:00Z", id="a date"),
            pytest.param("2006-12-31T23:59:59Z", "2006-12-31T23:59:59Z", id="the last second before"),
            pytest.param(1167609599.9, "2006-12-31T23:59:59Z", id="the last moment before"),
            pytest.param("2007-01-01T00:00:00+01:00", "2006-12-31T23:00:00Z", id="in another zone"),
            pytest.param(datetime(1901, 1, 1), "1901-01-01T00:00:00Z", id="datetime"),
        ],
    )
    def test_a_moment_before_zendesk_is_refused_with_what_it_was_read_as(self, name, value, read_as):
        """A year, a month or a date of another form would ask for everything there ever was."""
        message = re.escape(
            f"{name}={value!r} means {read_as}, and Zendesk has no records from before {FOUNDED}"
        )
        with pytest.raises(ValueError, match=f"{message}; give that time to export everything"):
            resolve_window(**{name: value}, run=YESTERDAY, now=NOW)


class TestOneBoundOnly:
    def test_a_start_alone_runs_to_the_intervals_end(self):
        resolved = resolve_window(start_time="2026-11-01", run=YESTERDAY, now=NOW)
        assert resolved == window("2026-11-01", "2026-11-21")

    def test_a_start_alone_runs_to_the_time_of_a_run_without_interval(self):
        resolved = resolve_window(start_time="2026-11-01", run=no_interval("2026-11-21T09:15"), now=NOW)
        assert resolved == window("2026-11-01", "2026-11-21T09:15")

    def test_a_start_alone_of_a_run_without_times_is_no_window(self):
        with pytest.raises(ValueError, match=MISSING):
            resolve_window(start_time="2026-11-01", run=RunTimes(), now=NOW)

    def test_an_end_alone_begins_with_the_interval(self):
        resolved = resolve_window(end_time="2026-11-20T06:00", run=YESTERDAY, now=NOW)
        assert resolved == window("2026-11-20", "2026-11-20T06:00")

    def test_an_end_alone_without_an_interval_is_no_window(self):
        with pytest.raises(ValueError, match=MISSING):
            resolve_window(end_time="2026-11-20", run=no_interval("2026-11-21T00:00"), now=NOW)

    def test_a_start_behind_the_interval_is_empty_and_not_everything(self):
        with pytest.raises(ValueError, match="is empty"):
            resolve_window(start_time="2026-11-21", run=YESTERDAY, now=NOW)


class TestLength:
    def test_it_reaches_back_from_an_explicit_end(self):
        resolved = resolve_window(
            end_time="2026-11-20", window=DAY, run=no_interval("2026-11-21T00:00"), now=NOW
        )
        assert resolved == window("2026-11-19", "2026-11-20")

    def test_it_yields_to_a_data_interval_that_is_not_empty(self):
        resolved = resolve_window(window=timedelta(hours=1), run=YESTERDAY, now=NOW)
        assert resolved == window("2026-11-20", "2026-11-21")

    @pytest.mark.parametrize(
        "run",
        [YESTERDAY, no_interval("2026-11-21T09:15"), RunTimes()],
        ids=["interval", "no interval", "nothing"],
    )
    @pytest.mark.parametrize("unset", [None, ""])
    def test_it_reaches_on_from_an_explicit_start(self, run, unset):
        resolved = resolve_window(start_time="2026-01-01", end_time=unset, window=DAY, run=run, now=NOW)
        assert resolved == window("2026-01-01", "2026-01-02")

    def test_it_reaches_back_from_an_explicit_end_whatever_the_interval(self):
        resolved = resolve_window(end_time="2026-01-02", window=DAY, run=YESTERDAY, now=NOW)
        assert resolved == window("2026-01-01", "2026-01-02")

    @pytest.mark.parametrize("start", ["2026-01-01", "2026-01-01T00:00:00.1", 1767225600.1])
    def test_it_may_agree_with_explicit_bounds(self, start):
        end = epoch(start, "start") + 86400
        resolved = resolve_window(start_time=start, end_time=end, window=DAY, run=YESTERDAY, now=NOW)
        assert resolved == window("2026-01-01", "2026-01-02")

    @pytest.mark.parametrize("end", ["2026-01-01T23:59:59", "2026-01-02T00:00:01", "2025-12-31"])
    def test_it_may_not_contradict_explicit_bounds(self, end):
        message = re.escape(
            f"start_time='2026-01-01', end_time='{end}' and window={DAY!r} contradict each other: from start_time to end_time"
        )
        with pytest.raises(ValueError, match=f"{message}.*leave one of the three out"):
            resolve_window(start_time="2026-01-01", end_time=end, window=DAY, run=YESTERDAY, now=NOW)

    @pytest.mark.parametrize(
        "length",
        [timedelta(0), timedelta(seconds=-1), 86400, "1 day", True, timedelta.max],
        ids=["zero", "negative", "seconds", "text", "bool", "all"],
    )
    def test_only_a_positive_timedelta_is_a_length(self, length):
        message = re.escape(f"window={length!r} must be a positive timedelta")
        with pytest.raises(ValueError, match=message):
            resolve_window(window=length, run=no_interval("2026-11-21T00:00"), now=NOW)

    def test_windows_of_runs_that_follow_each_other_tile(self):
        times = [at("2026-11-18T00:00:00.999999") + number * DAY for number in range(3)]
        first, second, third = (
            resolve_window(window=DAY, run=RunTimes(run_time=time), now=NOW) for time in times
        )
        assert (first.end, second.end) == (second.start, third.start)


class TestWhatNoWindowMayBe:
    def test_bounds_are_floored_to_whole_seconds(self):
        resolved = resolve_window(
            start_time="1700000000.999", end_time=1700000009.999, run=RunTimes(), now=NOW
        )
        assert resolved == Window(1_700_000_000, 1_700_000_009)

    @given(
        st.lists(
            st.datetimes(datetime(2007, 1, 1), datetime(2026, 11, 21), timezones=st.just(UTC)),
            min_size=3,
            max_size=3,
            unique=True,
        ).map(sorted)
    )
    @example([at("2026-01-01"), at("2026-01-01T00:00:01.999999"), at("2026-01-01T00:00:09.000001")])
    @example([at("2026-01-01"), at("2026-01-01T00:00:00.5"), at("2026-01-01T00:00:01")])
    def test_neighbours_tile(self, moments):
        def resolve(start, end):
            try:
                return resolve_window(start_time=start, end_time=end, run=RunTimes(), now=NOW)
            except ValueError:  # both within one second
                assert int(start.timestamp()) == int(end.timestamp())
                return None

        first, second, whole = (
            resolve(moments[0], moments[1]),
            resolve(moments[1], moments[2]),
            resolve(moments[0], moments[2]),
        )
        parts = [part for part in (first, second) if part is not None]
        if whole is None:
            assert not parts
        else:
            assert (parts[0].start, parts[-1].end) == (whole.start, whole.end)
            assert all(left.end == right.start for left, right in pairwise(parts))

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            pytest.param("2026-11-20", "2026-11-20", id="equal"),
            pytest.param("2026-11-20", "2026-11-19", id="backwards"),
            pytest.param(1700000000.1, 1700000000.9, id="within one second"),
        ],
    )
    def test_empty(self, start, end):
        with pytest.raises(
            ValueError, match="its end must be at least one second later than its start"
        ) as error:
            resolve_window(start_time=start, end_time=end, run=YESTERDAY, now=NOW)
        assert iso(epoch(start, "start")) in str(error.value)
        assert iso(epoch(end, "end")) in str(error.value)

    def test_more_than_a_day_ahead(self):
        ahead = NOW + 24 * 3600
        assert resolve_window(start_time=FOUNDED, end_time=ahead, run=RunTimes(), now=NOW).end == ahead
        with pytest.raises(
            ValueError, match=r"2026-11-22T12:00:01Z is more than 24 hours after now.*milliseconds"
        ):
            resolve_window(start_time=FOUNDED, end_time=ahead + 1, run=RunTimes(), now=NOW)

    def test_a_length_that_reaches_behind_2007(self):
        with pytest.raises(
            ValueError, match=f"of 1 day, 0:00:00 that ends at {FOUNDED} starts before {FOUNDED}"
        ):
            resolve_window(end_time=FOUNDED, window=DAY, run=RunTimes(), now=NOW)

    def test_an_interval_before_2007(self):
        with pytest.raises(ValueError, match="starts before 2007-01-01T00:00:00Z.*start_date"):
            resolve_window(run=interval("2006-12-30", "2006-12-31"), now=NOW)


class TestText:
    def test_a_window_shows_as_a_half_open_interval(self):
        assert str(window("2026-11-20", "2026-11-21")) == "[2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z)"

    @given(st.integers(0, 253_402_300_799))
    def test_what_iso_writes_is_read_back(self, moment):
        assert parse_iso(iso(moment)) == moment

    @pytest.mark.parametrize(
        ("other", "overlaps"),
        [
            ((0, 100), False),
            ((0, 101), True),
            ((100, 200), True),
            ((150, 160), True),
            ((50, 250), True),
            ((199, 300), True),
            ((200, 300), False),
        ],
    )
    def test_windows_that_only_touch_do_not_overlap(self, other, overlaps):
        assert Window(100, 200).overlaps(Window(*other)) is overlaps
        assert Window(*other).overlaps(Window(100, 200)) is overlaps


def label(moment: int, partition_by: str) -> tuple[int, ...]:
    """The hour, day or month a moment lies in, by the calendar."""
    time = datetime.fromtimestamp(moment, UTC)
    return (time.year, time.month, time.day, time.hour)[: {"month": 2, "day": 3, "hour": 4}[partition_by]]


MOMENTS = st.integers(0, seconds("2100-01-01"))
LENGTHS = {"hour": 40 * 3600, "day": 70 * 86400, "month": 5 * 366 * 86400}


@st.composite
def windows_to_cut(draw):
    partition_by = draw(st.sampled_from(sorted(LENGTHS)))
    start = draw(MOMENTS | st.dates().map(lambda day: max(0, seconds(day.isoformat()))))
    return Window(start, start + draw(st.integers(1, LENGTHS[partition_by]))), partition_by


class TestCut:
    @given(windows_to_cut())
    @example((window("2024-02-28", "2024-03-02"), "day"))
    @example((window("2023-12-31T23:59:59", "2025-01-01T00:00:01"), "month"))
    @example((window("2100-01-31", "2100-03-31"), "month"))
    def test_pieces_tile_the_window_and_none_crosses_a_border(self, case):
        whole, partition_by = case
        pieces = cut(whole, partition_by)
        assert (pieces[0].start, pieces[-1].end) == (whole.start, whole.end)
        for piece in pieces:
            assert piece.start < piece.end
            assert label(piece.start, partition_by) == label(piece.end - 1, partition_by)
        for left, right in pairwise(pieces):
            assert left.end == right.start
            assert label(left.start, partition_by) < label(right.start, partition_by)

    @given(windows_to_cut())
    def test_each_piece_has_a_folder_of_its_own_that_sorts_by_time(self, case):
        whole, partition_by = case
        folders = [partition_folder(piece, partition_by) for piece in cut(whole, partition_by)]
        assert folders == sorted(set(folders))

    @given(windows_to_cut(), st.randoms())
    def test_neighbouring_windows_that_meet_on_a_border_cut_alike(self, case, random):
        """So the windows of a sweep are those of the daily runs."""
        whole, partition_by = case
        pieces = cut(whole, partition_by)
        border = random.choice(pieces).start
        if border > whole.start:
            apart = cut(Window(whole.start, border), partition_by) + cut(
                Window(border, whole.end), partition_by
            )
            assert apart == pieces

    @pytest.mark.parametrize(
        ("partition_by", "whole", "borders"),
        [
            # fmt: off
            pytest.param(
                "hour",
                ("2026-11-20T23:30", "2026-11-21T01:00"),
                ["2026-11-21T00:00"],
                id="hours over midnight",
            ),
            pytest.param("hour", ("2026-11-20T05:00", "2026-11-20T06:00"), [], id="one whole hour"),
            pytest.param(
                "hour", ("2026-11-20T05:59:59", "2026-11-20T06:00:01"), ["2026-11-20T06:00"], id="two seconds"
            ),
            pytest.param("day", ("2026-11-20", "2026-11-21"), [], id="one whole day"),
            pytest.param("day", ("2024-02-28", "2024-03-01"), ["2024-02-29"], id="leap day"),
            pytest.param("day", ("2023-02-28", "2023-03-02"), ["2023-03-01"], id="no leap day"),
            pytest.param("day", ("2000-02-29T12:00", "2000-03-01T12:00"), ["2000-03-01"], id="leap century"),
            pytest.param("day", ("2026-12-31T12:00", "2027-01-01T12:00"), ["2027-01-01"], id="new year"),
            pytest.param(
                "month", ("2026-01-31", "2026-03-31"), ["2026-02-01", "2026-03-01"], id="ends of months"
            ),
            pytest.param("month", ("2024-02-01", "2024-03-01"), [], id="one whole February"),
            pytest.param(
                "month",
                ("2026-11-30T23:59:59", "2027-01-01T00:00:01"),
                ["2026-12-01", "2027-01-01"],
                id="over new year",
            ),
            pytest.param(None, ("2026-01-31", "2027-03-31"), [], id="not at all"),
            # fmt: on
        ],
    )
    def test_where_it_is_cut(self, partition_by, whole, borders):
        moments = [whole[0], *borders, whole[1]]
        assert cut(window(*whole), partition_by) == tuple(window(*pair) for pair in pairwise(moments))

    def test_a_year_of_days_has_365_pieces_of_one_day(self):
        pieces = cut(window("2025-01-01", "2026-01-01"), "day")
        assert [piece.end - piece.start for piece in pieces] == [86400] * 365

    @pytest.mark.parametrize("wrong", ["week", "Day", "", "None", 1])
    def test_an_unknown_partition_is_refused_with_the_choice(self, wrong):
        message = re.escape(f"partition_by={wrong!r} must be 'hour', 'day', 'month' or None")
        with pytest.raises(ValueError, match=message):
            cut(window("2026-11-20", "2026-11-21"), wrong)


@pytest.mark.parametrize(
    ("partition_by", "folder"),
    [
        ("hour", "dt=2026-03-09/hour=05"),
        ("day", "dt=2026-03-09"),
        ("month", "month=2026-03"),
        (None, ""),
    ],
)
def test_a_piece_lies_in_the_folder_of_its_start(partition_by, folder):
    assert partition_folder(window("2026-03-09T05:07:00", "2026-03-09T05:08:00"), partition_by) == folder
