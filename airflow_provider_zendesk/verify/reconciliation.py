# SPDX-License-Identifier: Apache-2.0
"""What a reconciliation found."""

from __future__ import annotations

import math

import msgspec

from airflow_provider_zendesk.lake.manifest import Bounds
from airflow_provider_zendesk.window import iso

_MINUTE = 60
_TABLE = tuple(minutes * _MINUTE for minutes in (1, 5, 10, 15, 30, 60, 120, 240, 480, 1440))
_NAMED = 20


class LateRow(msgspec.Struct, frozen=True):
    """
    A row that Zendesk shows and the lake lacks.

    :param window: the committed window that its sort key lies in.
    :param later_than: seconds after its sort key at which it had not shown yet.
    :param seen_after: seconds after its sort key at which it was seen.
    :param settle_enough: seconds after the window's end at which it was seen: a settle time that would have caught it.
    """

    id: int | str
    sort_key: int
    window: Bounds
    later_than: int
    seen_after: int
    settle_enough: int


class Lateness(msgspec.Struct, frozen=True):
    """
    A line of the table of how late rows were; of the others it is not known.

    :param seconds: after their sort key.
    :param later: how many had not shown by then.
    :param shown: how many had.
    """

    seconds: int
    later: int
    shown: int


class Reconciliation(msgspec.Struct, kw_only=True):
    """
    How committed windows differ from what Zendesk shows now, compared by id and sort key.

    :param start_time: of the first window, UTC epoch seconds.
    :param end_time: of the last one.
    :param windows: how many were compared.
    :param rows: of theirs that Zendesk shows.
    :param late: those that the lake lacks.
    :param kept_apart: those that the lake has in its dataset of late rows.
    :param moved_on: rows of the lake that Zendesk no longer shows with that sort key: changed since.
    :param changed: rows with the same id and sort key, but other bytes.
    :param order_trusted: False: rows came out of order, and windows that had been passed by then were not compared again.
    :param requests: calls to Zendesk.
    :param repaired: windows that were exported again.
    """

    account: str
    resource: str
    start_time: int
    end_time: int
    windows: int
    rows: int = 0
    late: list[LateRow] = msgspec.field(default_factory=list)
    kept_apart: int = 0
    moved_on: int = 0
    changed: int = 0
    order_trusted: bool = True
    requests: int = 0
    repaired: int = 0

    @property
    def settle_enough(self) -> int | None:
        """Seconds of settle, in whole minutes, that would have caught every late row; None if there is none."""
        if not self.late:
            return None
        return math.ceil(max(row.settle_enough for row in self.late) / _MINUTE) * _MINUTE

    def lateness(self) -> list[Lateness]:
        """Return what is known of how late the late rows were, as a table of seconds."""
        return [
            Lateness(
                seconds,
                sum(row.later_than >= seconds for row in self.late),
                sum(row.seen_after <= seconds for row in self.late),
            )
            for seconds in _TABLE
        ]

    def lines(self, *, immutable: bool) -> list[str]:
        """
        Return the report as text, a line each thing.

        :param immutable: the rows are events, so that one which moved on is an alarm.
        """
        changed = "although events never change" if immutable else "changed since"
        lines = [
            f"{self.windows} windows from {iso(self.start_time)} to {iso(self.end_time)}: {self.rows} rows at Zendesk, "
            f"{len(self.late)} of them late, {self.kept_apart} in the dataset of late rows, {self.changed} with other "
            f"bytes; {self.moved_on} rows of the lake are gone, {changed}; {self.requests} calls",
        ]
        if not self.order_trusted:
            lines.append("rows came out of order: compare with full_walk to see every row of every window")
        lines += [
            f"late: {row.id!r} of {iso(row.sort_key)}, seen {row.seen_after} s later, had not shown after {row.later_than} s"
            for row in self.late[:_NAMED]
        ]
        if len(self.late) > _NAMED:
            lines.append(f"late: and {len(self.late) - _NAMED} more, see the report")
        if self.late:
            table = ", ".join(
                f"{line.seconds} s: {line.later} later, {line.shown} not" for line in self.lateness()
            )
            lines.append(f"late rows by the seconds after their sort key: {table}")
            lines.append(f"settle={self.settle_enough} s would have caught all of them")
        return lines

    def summary(self) -> dict[str, str | int | bool | None]:
        """Return the numbers."""
        return {
            "account": self.account,
            "resource": self.resource,
            "start_time": iso(self.start_time),
            "end_time": iso(self.end_time),
            "windows": self.windows,
            "rows": self.rows,
            "late": len(self.late),
            "kept_apart": self.kept_apart,
            "moved_on": self.moved_on,
            "changed": self.changed,
            "order_trusted": self.order_trusted,
            "settle_enough": self.settle_enough,
            "requests": self.requests,
            "repaired": self.repaired,
        }

    def document(self) -> dict[str, object]:
        """Return all of it, for the file."""
        late = [{**msgspec.to_builtins(row), "sort_key": iso(row.sort_key)} for row in self.late]
        lateness = [msgspec.to_builtins(line) for line in self.lateness()]
        return {**self.summary(), "lateness": lateness, "late_rows": late}
