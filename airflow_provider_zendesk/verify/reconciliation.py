# SPDX-License-Identifier: Apache-2.0
"""The result of a reconciliation."""

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
    A row that Zendesk returns now but the export does not have.

    :param window: the committed window that its sort key is in.
    :param later_than: at this many seconds after its sort key, the row had not appeared yet.
    :param seen_after: at this many seconds after its sort key, the row was seen.
    :param settle_enough: seconds from the window's end until the row was seen; a settle time this long would have
        included it.
    """

    id: int | str
    sort_key: int
    window: Bounds
    later_than: int
    seen_after: int
    settle_enough: int


class Lateness(msgspec.Struct, frozen=True):
    """
    One line of the table of how late rows were. Rows in neither count may have appeared before or after that time.

    :param seconds: seconds after a row's sort key.
    :param later: how many rows had not appeared by then.
    :param shown: how many rows had appeared by then.
    """

    seconds: int
    later: int
    shown: int


class Reconciliation(msgspec.Struct, kw_only=True):
    """
    How committed windows differ from what Zendesk returns now. Rows are matched by id and sort key.

    :param start_time: start of the first window, UTC epoch seconds.
    :param end_time: end of the last window, UTC epoch seconds.
    :param windows: number of windows compared.
    :param rows: number of rows in these windows that Zendesk returns.
    :param late: those of them that the export does not have.
    :param kept_apart: number of those that the export has in its dataset of late rows.
    :param moved_on: number of rows in the export that Zendesk no longer returns with that sort key: they have changed since.
    :param changed: number of rows with the same id and sort key but different content.
    :param order_trusted: False: rows came out of order, and windows already passed by then were not compared again.
    :param requests: number of calls to Zendesk.
    :param repaired: number of windows that were exported again.
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
        """The settle time in seconds, in whole minutes, that would have included every late row; None if there are none."""
        if not self.late:
            return None
        return math.ceil(max(row.settle_enough for row in self.late) / _MINUTE) * _MINUTE

    def lateness(self) -> list[Lateness]:
        """Return a table of how late the late rows were, as far as that is known."""
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
        Return the report as lines of text.

        :param immutable: the rows are events, which should never move on.
        """
        reason = "although events never change" if immutable else "because they changed since"
        lines = [
            f"{self.windows} windows from {iso(self.start_time)} to {iso(self.end_time)}: {self.rows} rows from Zendesk, "
            f"{len(self.late)} of them late, {self.kept_apart} in the dataset of late rows, {self.changed} with different "
            f"content; {self.moved_on} rows of the export have moved on, {reason}; {self.requests} calls",
        ]
        if not self.order_trusted:
            lines.append("rows came out of order: use full_walk to compare every row of every window")
        lines += [
            f"late: {row.id!r} at {iso(row.sort_key)}, seen {row.seen_after} s later, not yet there after {row.later_than} s"
            for row in self.late[:_NAMED]
        ]
        if len(self.late) > _NAMED:
            lines.append(f"late: and {len(self.late) - _NAMED} more, see the report")
        if self.late:
            table = ", ".join(
                f"{line.seconds} s: {line.later} later, {line.shown} by then" for line in self.lateness()
            )
            lines.append(f"late rows by the seconds after their sort key: {table}")
            lines.append(f"a settle time of {self.settle_enough} s would have included all of them")
        return lines

    def summary(self) -> dict[str, str | int | bool | None]:
        """Return the summary, for XCom."""
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
        """Return the full report, for the file."""
        late = [{**msgspec.to_builtins(row), "sort_key": iso(row.sort_key)} for row in self.late]
        lateness = [msgspec.to_builtins(line) for line in self.lateness()]
        return {**self.summary(), "lateness": lateness, "late_rows": late}
