# SPDX-License-Identifier: Apache-2.0
"""What the paging families have in common: an endpoint, what it answers from, and the body of a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import msgspec

from airflow_provider_zendesk.emulator.delays import Delays
from airflow_provider_zendesk.emulator.history import ID_MASK, sort_key
from airflow_provider_zendesk.emulator.parameters import HIDDEN
from airflow_provider_zendesk.emulator.sideloads import Beside, Embedded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_zendesk.emulator.account import Account
    from airflow_provider_zendesk.emulator.records import Records, Selection
    from airflow_provider_zendesk.emulator.replies import Reply, Request
    from airflow_provider_zendesk.emulator.switches import Switches


@dataclass(frozen=True)
class View:
    """What an export request is answered from."""

    account: Account
    now: float
    """epoch seconds"""
    origin: str
    """the emulator's own, such as ``http://127.0.0.1:43121``"""
    switches: Switches

    @property
    def moment(self) -> int:
        """Epoch second whose state of the account is shown."""
        return math.floor(self.now)

    @property
    def settled(self) -> int:
        """The key before which everything is shown: the last minute is hidden."""
        return sort_key(math.floor(self.now - HIDDEN) + 1, 0)

    @property
    def delays(self) -> Delays:
        """How rows stray from their sort keys."""
        return Delays(self.switches.late_rows, self.switches.old_rows)


class Export(Protocol):
    """An endpoint; one class for each family of paging, one instance for each resource."""

    @property
    def path(self) -> str:
        """Without ``.json``."""

    @property
    def resource(self) -> str:
        """The name of what it exports."""

    @property
    def bucket(self) -> str | None:
        """Which rate limit it draws on beside the account's, if any, unless a test gives it one of its own."""

    @property
    def role(self) -> str | None:
        """Whom it is for; None for agents and admins alike."""

    @property
    def errors_in_list(self) -> bool:
        """Whether it says that the rate limit is used up in ``errors`` rather than in ``error``."""

    def answer(self, request: Request, view: View) -> Reply:
        """
        One page.

        :raises Refusal: for parameters Zendesk would not take
        """


def next_url(request: Request, view: View, **position: object) -> str:
    """
    The URL of the next page, in the form that was asked.

    Recorded ones repeat per_page; whether they repeat the filters is not known, so here they do not.
    """
    query = position | {name: text for name, text in request.query.items() if name == "per_page"}
    return f"{view.origin}{request.path}?{urlencode(query)}"


def write_page(
    records: Records, keys: Sequence[int], selection: Selection, view: View, tail: Mapping[str, Any]
) -> bytes:
    """
    The body of a page: rows, what comes beside them, and the rest of the envelope.

    :param keys: the rows', in the order of the page, which the switch ``shuffled_rows`` undoes
    :param tail: what follows the rows
    """
    resource, seed = records.resource, view.account.seed
    on_top = {"metric_sets"} if view.switches.metric_sets_on_top else set()
    within = [name for name in selection.include if name not in on_top]
    if view.switches.shuffled_rows:
        keys = sorted(keys, key=disorder)
    rows = [records.row(key & ID_MASK, view.moment, within) for key in keys]
    body = [b'{"%s":[%s]' % (resource.rows.encode(), b",".join(_dressed(rows, view)))]
    for name in selection.include:
        sideload = resource.sideloads.get(name)
        if isinstance(sideload, Beside):
            body.append(b'"%s":%s' % (name.encode(), sideload.collect(seed, rows)))
        elif isinstance(sideload, Embedded) and name in on_top:
            values = [
                sideload.render(seed, key & ID_MASK, records.history.state(key & ID_MASK, view.moment))
                for key in keys
            ]
            body.append(b'"%s":[%s]' % (name.encode(), b",".join(values)))
    body.append(msgspec.json.encode(tail)[1:])
    return b",".join(body)


def disorder(key: int) -> int:
    """Sorting by it leaves keys in no order, always the same."""
    return (key & ID_MASK) * 2_654_435_761 % 2**32


def _dressed(rows: list[bytes], view: View) -> list[bytes]:
    if view.switches.pretty_rows:
        return [msgspec.json.format(row, indent=2) for row in rows]
    return rows
