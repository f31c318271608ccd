# SPDX-License-Identifier: Apache-2.0
"""Which window of time a run covers, and how it is cut into partitions. No I/O; all times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PartitionBy = Literal["hour", "day", "month"] | None
TimeLike = datetime | str | int | float | None

EARLIEST = 1167609600
"""2007-01-01T00:00:00Z: Zendesk was founded in 2007 and has no older records."""

LATEST = 253402300799
"""9999-12-31T23:59:59Z: :func:`iso` can show no later time."""

Second = Annotated[int, msgspec.Meta(ge=0, le=LATEST)]
"""UTC epoch seconds, as msgspec accepts them."""

_AHEAD = 24 * 3600
_CENTURY = timedelta(days=36525)

_NO_WINDOW = (
    "{why}, so there is no window to export. In Airflow 3, schedule='@daily' gives an empty interval, and a manual run "
    "has none. Use schedule=CronDataIntervalTimetable('@daily', timezone='UTC'), or "
    "CronTriggerTimetable(..., interval=timedelta(days=1)); or give the operator window=timedelta(...), or "
    "start_time= and end_time=."
)


class Window(msgspec.Struct, frozen=True, order=True):
    """
    A half-open interval of time, ``[start, end)``.

    :param start: UTC epoch seconds, inclusive.
    :param end: UTC epoch seconds, exclusive.
    """

    start: int
    end: int

    def __str__(self) -> str:
        return f"[{iso(self.start)}, {iso(self.end)})"

    def overlaps(self, other: Window) -> bool:
        return self.start < other.end and other.start < self.end


class RunTimes(msgspec.Struct, frozen=True, kw_only=True):
    """
    What Airflow says about the time of a run; each value may be missing.

    :param interval_start: start of the data interval.
    :param interval_end: end of the data interval.
    :param partition_date: date of the partition (``CronPartitionTimetable``).
    :param run_time: when the run was due, or its logical date.
    """

    interval_start: datetime | None = None
    interval_end: datetime | None = None
    partition_date: datetime | None = None
    run_time: datetime | None = None


def iso(epoch: float) -> str:
    """Return ``2026-11-20T00:00:00Z``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> int:
    """Return the UTC epoch seconds of what :func:`iso` wrote."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def resolve_window(
    *,
    start_time: TimeLike = None,
    end_time: TimeLike = None,
    window: timedelta | None = None,
    run: RunTimes,
    now: float,
) -> Window:
    """
    Return the window of a run: the explicit bounds, else the data interval, else ``window`` counted back from its end.

    If only one bound is given, the other is ``window`` away from it or, without ``window``, comes from the run. If nothing
    is given and the run says nothing either, it is an error rather than a window over everything.

    :param start_time: in any form that :func:`epoch` reads.
    :param end_time: in the same forms.
    :param window: length of the window, with one explicit bound or for runs whose interval is empty or missing.
    :param run: what Airflow says about the run.
    :param now: UTC epoch seconds; an end more than 24 h later is an error.
    :raises ValueError: if the window cannot be determined, is empty, starts before 2007 or ends in the future, or if all
        three arguments are given and contradict each other.
    """
    start = epoch(start_time, "start_time")
    end = epoch(end_time, "end_time")
    if window is not None and (not isinstance(window, timedelta) or not timedelta(0) < window < _CENTURY):
        raise ValueError(f"window={window!r} must be a positive timedelta of less than a century")

    if start is not None and window is not None:
        if end is not None and timedelta(seconds=end - start) != window:
            raise ValueError(
                f"start_time={start_time!r}, end_time={end_time!r} and window={window!r} contradict each other: from "
                f"start_time to end_time it is {timedelta(seconds=end - start)!r}; leave one of the three out"
            )
        end = start + window.total_seconds()

    interval = _interval(run)
    if start is None and end is None and interval is not None:
        start, end = interval
    if end is None:
        end = _run_end(run)
    if start is None and window is not None and end is not None:
        start = end - window.total_seconds()
    if start is None and interval is not None:
        start = interval[0]
    if start is None or end is None:
        raise ValueError(_NO_WINDOW.format(why=_why(run)))
    return _checked(int(start // 1), int(end // 1), now)


def origin_of_window(
    start_time: TimeLike, end_time: TimeLike, window: timedelta | None, run: RunTimes
) -> str:
    """Return, for the log, which of its arguments and of the run's times :func:`resolve_window` uses."""
    has_start, has_end = (value not in (None, "") for value in (start_time, end_time))
    interval = _interval(run)
    if has_start:
        end = "end_time" if has_end else "window" if window is not None else _name_of_run_end(run)
        return f"start_time and {end}"
    if interval is not None and window is None or not has_end and interval is not None:
        return "the start of the run's data interval and end_time" if has_end else "the run's data interval"
    return f"window back from {'end_time' if has_end else _name_of_run_end(run)}"


def _interval(run: RunTimes) -> tuple[float, float] | None:
    if run.interval_start is None or run.interval_end is None or run.interval_end <= run.interval_start:
        return None
    return _timestamp(run.interval_start), _timestamp(run.interval_end)


def _name_of_run_end(run: RunTimes) -> str:
    if run.interval_end:
        return "the end of the run's data interval"
    return "the run's partition date" if run.partition_date else "the time of the run"


def _run_end(run: RunTimes) -> float | None:
    moment = run.interval_end or run.partition_date or run.run_time
    return None if moment is None else _timestamp(moment)


def _why(run: RunTimes) -> str:
    if run.interval_start is None or run.interval_end is None:
        return "this run has no data interval"
    return f"this run's data interval is empty ({run.interval_start.isoformat()} to {run.interval_end.isoformat()})"


def _checked(start: int, end: int, now: float) -> Window:
    if end <= start:
        raise ValueError(
            f"the window from {iso(start)} to {iso(end)} is empty: its end must be at least one second "
            "later than its start"
        )
    if start < EARLIEST:
        raise ValueError(
            f"the window of {timedelta(seconds=end - start)} that ends at {iso(end)} starts before {iso(EARLIEST)}, "
            "and Zendesk has no older records; give a later start_time= or a shorter window=, or give the DAG a later start_date"
        )
    if end > now + _AHEAD:
        raise ValueError(
            f"the window's end {iso(end)} is more than 24 hours after now ({iso(now)}); "
            "check end_time (epoch seconds, not milliseconds) and the DAG's schedule"
        )
    return Window(start, end)


def epoch(value: TimeLike, name: str) -> float | None:
    """
    Return the UTC epoch seconds of a bound; None if it is unset.

    :param value: datetime (naive means UTC), ISO 8601 text or epoch seconds. Eight digits are a date, as text or as a
        number (``{{ ds_nodash }}`` with native rendering). ``None`` and ``""`` mean unset.
    :param name: the argument's name, for the error message.
    :raises ValueError: if it is not a time, or is before 2007.
    """
    if value is None or value == "":
        return None
    try:
        moment = _read(value)
        text = iso(moment)
    except (ValueError, TypeError, OverflowError, OSError):
        raise ValueError(
            f"{name}={value!r} is not a time; give a datetime, ISO 8601 text such as '2026-11-20T00:00:00Z', "
            f"or epoch seconds{_hint(value)}"
        ) from None
    if moment < EARLIEST:
        raise ValueError(
            f"{name}={value!r} means {text}, and Zendesk has no records from before {iso(EARLIEST)}; give that time to "
            "export everything, or check the value: a datetime, ISO 8601 text or epoch seconds"
        )
    return moment


def _hint(value: object) -> str:
    if value in ("None", "null", "undefined"):
        return "; a template rendered a missing value as text: remove the argument to use the data interval"
    return ""


def _read(value: object) -> float:
    """Return UTC epoch seconds from any of the accepted forms."""
    if isinstance(value, datetime):
        return _timestamp(value)
    text = value.strip() if isinstance(value, str) else _digits(value)
    if len(text) == 8 and text.isdecimal():
        return _timestamp(datetime.fromisoformat(text))
    try:
        return float(text)
    except ValueError:
        return _timestamp(datetime.fromisoformat(text))


def _digits(value: object) -> str:
    """Return a number as text: 20261120 and 20261120.0 both become ``"20261120"``."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{type(value).__name__} is not a number")
    number = float(value)
    return str(int(number)) if number.is_integer() else str(number)


def _timestamp(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def cut(window: Window, partition_by: PartitionBy) -> tuple[Window, ...]:
    """
    Cut a window at the UTC boundaries of hours, days or months.

    :raises ValueError: for an unknown ``partition_by``.
    """
    if partition_by is None:
        return (window,)
    borders = [window.start, *_borders(window, partition_by), window.end]
    return tuple(Window(start, end) for start, end in zip(borders, borders[1:], strict=False))


def _borders(window: Window, partition_by: PartitionBy) -> Iterator[int]:
    """Yield each partition boundary strictly inside the window."""
    border = _floor(window.start, partition_by)
    while (border := _next(border, partition_by)) < window.end:
        yield border


def _floor(epoch: int, partition_by: PartitionBy) -> int:
    moment = datetime.fromtimestamp(epoch, UTC).replace(minute=0, second=0)
    if partition_by == "day":
        moment = moment.replace(hour=0)
    elif partition_by == "month":
        moment = moment.replace(hour=0, day=1)
    elif partition_by != "hour":
        raise ValueError(f"partition_by={partition_by!r} must be 'hour', 'day', 'month' or None")
    return int(moment.timestamp())


def _next(border: int, partition_by: PartitionBy) -> int:
    # In UTC, all hours and days have the same length. 31 days after the first of a month is always in the next month.
    step = {"hour": 3600, "day": 86400, "month": 31 * 86400}[str(partition_by)]
    return _floor(border + step, partition_by)


def gaps(period: Window, windows: Iterable[Window]) -> Iterator[Window]:
    """Yield the parts of a period that no window covers, in order of time."""
    reached = period.start
    for window in sorted(windows):
        if reached < window.start:
            yield Window(reached, min(window.start, period.end))
        reached = max(reached, window.end)
        if reached >= period.end:
            return
    yield Window(reached, period.end)


def partition_folder(window: Window, partition_by: PartitionBy) -> str:
    """Return the window's folder below its dataset, such as ``dt=2026-11-20/hour=05``; ``""`` without partitions."""
    moment = datetime.fromtimestamp(window.start, UTC)
    return {
        "hour": f"dt={moment:%Y-%m-%d}/hour={moment:%H}",
        "day": f"dt={moment:%Y-%m-%d}",
        "month": f"month={moment:%Y-%m}",
    }.get(str(partition_by), "")
