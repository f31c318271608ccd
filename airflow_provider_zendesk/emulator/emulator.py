# SPDX-License-Identifier: Apache-2.0
"""The emulator as tests use it: account, clock, credentials, faults and the log of requests."""

from __future__ import annotations

import asyncio
import math
import threading
from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.account import Account
from airflow_provider_zendesk.emulator.account.clock import Clock
from airflow_provider_zendesk.emulator.account.records import Selection, TruthRow
from airflow_provider_zendesk.emulator.account.switches import Switches
from airflow_provider_zendesk.emulator.account.ticket_history import TicketHistory, ticket_history
from airflow_provider_zendesk.emulator.api.auth import Authenticator
from airflow_provider_zendesk.emulator.api.credentials import Credentials, connection
from airflow_provider_zendesk.emulator.api.exports.registry import bucket_name, paths_of
from airflow_provider_zendesk.emulator.api.limits import Limits
from airflow_provider_zendesk.emulator.api.lists import find_list
from airflow_provider_zendesk.emulator.api.service import Service
from airflow_provider_zendesk.emulator.faults.plans import Answer, Cut, Plan, Rewrite
from airflow_provider_zendesk.emulator.faults.script import Script
from airflow_provider_zendesk.emulator.http.delivery import Drip, Hangup, Reset
from airflow_provider_zendesk.emulator.http.messages import Reply, Request
from airflow_provider_zendesk.emulator.http.server import LoopbackServer
from airflow_provider_zendesk.emulator.log import LoggedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType
    from typing import Self


class ZendeskEmulator(Switches, Credentials):
    """
    A Zendesk account on the loopback interface, as a context manager.

    The account is empty at first. Fill it through :attr:`account`, before or while requests come in. The switches of
    :class:`Switches` and the credentials of :class:`Credentials` are attributes of the emulator.

    For several accounts, start several emulators. Each has its own records, limits and faults, and its own port or,
    where the system has more than one loopback address, its own host such as ``127.0.0.2``. Accounts with different
    names reject each other's credentials, and accounts with different seeds have different records.

    :param seed: seed of the records' content
    :param now: epoch seconds at the start; None for the real time
    :param speed: the emulator's seconds per real second; 0 stops its clock
    :param host: a loopback address
    :param port: 0 for any free port
    :param exports_per_minute: rate limit of the exports, with a separate one as high for Talk and one twice as high for
        users by cursor; None for no limits. With it, samples are limited to 10 calls in 20 minutes and side
        conversation events to 600 in 10 minutes
    :param requests_per_minute: rate limit of the account, with a separate one as high for its Help Center; None for
        no limits
    :param minute: length of a minute for the rate limits, in the emulator's seconds; windows start at multiples of it
    :param name: prefix of the account's credentials, see :class:`Credentials`
    """

    def __init__(
        self,
        seed: int = 1,
        now: float | None = None,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        exports_per_minute: int | None = None,
        requests_per_minute: int | None = None,
        minute: float = 60.0,
        name: str = "",
    ) -> None:
        super().__init__(name)
        self._lock = threading.RLock()
        self.clock = Clock(now, speed)
        self.account = Account(self.clock, self._lock, seed)
        self.url = ""
        self._authenticator = Authenticator(self.clock, self)
        self._limits = Limits(self.clock, requests_per_minute, exports_per_minute, minute, self)
        self._service = Service(self.clock, self.account, self._authenticator, self._limits, self)
        self._server = LoopbackServer(self._serve, self.clock, host, port)
        self._script = Script()
        self._log: list[LoggedRequest] = []
        self._before_list_page: Callable[[int], object] | None = None
        self._list_pages = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start to serve requests and set :attr:`url` to the origin."""
        self.url = self._service.origin = self._server.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self._server.stop()

    def reset(self, seed: int = 1, now: float | None = None) -> None:
        """
        Return to the initial state at the same address: empty account and log, no issued tokens, no faults.

        :param now: epoch seconds to set the clock to; None to leave it
        """
        with self._lock:
            if now is not None:
                self.clock.set(now)
            self.account.clear(seed)
            self._authenticator.reset()
            self._limits.clear()
            self.restore()
            self._script.clear()
            self._log.clear()
            self.before_list_page(None)

    @property
    def requests(self) -> list[LoggedRequest]:
        """All requests answered so far, in the order of the answers."""
        with self._lock:
            return list(self._log)

    @property
    def export_requests(self) -> list[LoggedRequest]:
        """Those of :attr:`requests` that were for an incremental export."""
        return [logged for logged in self.requests if self._service.export(logged.method, logged.path)]

    def truth(
        self,
        start: int,
        end: int,
        at: float | None = None,
        exclude_deleted: bool = False,
        support_type_scope: str = "all",
        resource: str = "tickets",
        include: Collection[str] = (),
    ) -> list[TruthRow]:
        """
        The rows of a correct export of ``[start, end)``, in order of (sort key, number of the record).

        The hidden minute, :attr:`late_rows` and :attr:`old_rows` have no effect: these are the rows of an export that has
        waited long enough. They are exactly the bytes served, except that :attr:`pretty_rows` does not indent them.

        :param start: epoch second
        :param end: epoch second, not included
        :param at: as of this time; None for now by the emulator's clock
        :param resource: such as ``users`` or ``custom_objects/<key>``
        :param include: names of sideloads; those embedded in rows are in their bytes
        """
        moment = math.floor(self.clock.now() if at is None else at)
        in_rows = tuple(name for name in include if name != "metric_sets" or not self.metric_sets_on_top)
        selection = Selection(exclude_deleted, support_type_scope, in_rows)
        return self.account.records(resource).truth(start, end, moment, selection)

    def ticket_history(self, start: int, end: int) -> TicketHistory:
        """
        Who changed which field of which ticket in ``[start, end)`` from what to what, and who commented.

        It is what the rows of ticket events tell, but not taken from them.

        :param start: epoch second
        :param end: epoch second, not included
        """
        events = self.account.records("ticket_events")
        return ticket_history(events, self.account.seed, start, end, math.floor(self.clock.now()))

    def list_truth(self, name: str, at: float | None = None) -> list[bytes]:
        """
        The rows of a list, in order, exactly as they are served.

        :param name: such as ``groups`` or ``custom_object_fields/<key>``
        :param at: as of this time; None for now by the emulator's clock
        """
        moment = math.floor(self.clock.now() if at is None else at)
        return [row.raw for row in self.account.list_rows(name, moment)]

    def late_by(self, resource: str, number: int, late_rows: int) -> int:
        """
        Seconds from a record's sort key until its row appears, without the hidden minute; 0 if it is not late.

        :param number: the record's number, as the account's methods return it
        :param late_rows: value of the switch
        """
        return self.account.records(resource).late_by(number, late_rows)

    def old_by(self, resource: str, number: int, old_rows: int) -> int:
        """
        Seconds from a record's sort key to its row's place in the stream; 0 if it is not old.

        :param number: the record's number, as the account's methods return it
        :param old_rows: value of the switch
        """
        return self.account.records(resource).old_by(number, old_rows)

    def revoke_tokens(self, static: bool = False) -> None:
        """
        Revoke every OAuth token issued so far.

        :param static: :attr:`oauth_token` and :attr:`agent_oauth_token` too, until :meth:`reset`
        """
        with self._lock:
            self._authenticator.revoke_tokens(static)

    def limit(self, export: str, calls_per_minute: int | None, name: str | None = None) -> None:
        """
        Give an export a rate limit of its own, with a new count, until :meth:`reset`.

        :param export: its path, or a resource, whose exports (except the sample) then share the limit
        :param calls_per_minute: None for no limit
        :param name: its name in the rate limit header. By default it is that of the export's present limit if it does
            not share that with other exports, else one such as ``incremental-exports-tickets-cursor``
        """
        paths = paths_of(export)
        with self._lock:
            self._limits.set_limit(paths, name or bucket_name(export), calls_per_minute)

    def answer_next(self, *plans: Plan) -> None:
        """
        Plan the next export requests, in order, after those already planned.

        :param plans: one per request: None to serve it normally, a callable to run first (such as a change of the
            account), or a fault from :mod:`~airflow_provider_zendesk.emulator.faults`
        """
        self._script.answer_next(*plans)

    def answer_at_random(self, rate: float, *plans: Plan, seed: int = 1) -> None:
        """
        Draw plans at random from now on, for export requests without a plan from :meth:`answer_next`.

        :param rate: probability that a request gets one of ``plans``, all equally likely; 0 turns it off
        :param plans: see :meth:`answer_next`; :data:`~airflow_provider_zendesk.emulator.faults.PASSING` has transient ones
        :param seed: seed of the random numbers; requests draw in the order of their arrival
        """
        self._script.answer_at_random(rate, *plans, seed=seed)

    def before_export(self, hook: Callable[[int], object] | None) -> None:
        """
        Call ``hook`` with the number of the request (from 0) before each export request is served; None removes it.

        It runs in its own thread without a lock, so it may change the account, wait, or make requests itself. If it
        raises, the answer is a 500.
        """
        self._script.before_export(hook)

    def before_list_page(self, hook: Callable[[int], object] | None) -> None:
        """
        Call ``hook`` with the number of the request (from 0) before each page of a list is served; None removes it.

        It may change the account.
        """
        self._before_list_page, self._list_pages = hook, 0

    def airflow_connection(self, credentials: str = "client_credentials", role: str = "admin") -> str:
        """
        An Airflow connection to this emulator, as JSON for ``AIRFLOW_CONN_ZENDESK_DEFAULT``.

        :param credentials: ``client_credentials``, ``oauth_token``, ``api_token`` or ``password``
        :param role: ``admin`` or ``agent``
        """
        return connection(self, self.url, credentials, role)

    async def _serve(self, request: Request) -> Reply:
        at = self.clock.now()
        plan = await self._script.next() if self._service.export(request.method, request.path) else None
        reply = self._reply(request, plan)
        await asyncio.sleep(reply.pause)
        with self._lock:
            self._log.append(
                LoggedRequest(
                    request.method,
                    request.path,
                    request.query,
                    request.headers,
                    reply.status,
                    reply.rows,
                    at,
                )
            )
        return reply

    def _reply(self, request: Request, plan: Plan) -> Reply:
        match plan:
            case Hangup() | Reset(None):
                return Reply(0, b"", delivery=plan)
            case Answer():
                return Reply(plan.status, plan.body, dict(plan.headers), as_is=True)
        with self._lock:
            if self._before_list_page and find_list(request.path):
                self._before_list_page(self._list_pages)
                self._list_pages += 1
            reply = self._service.answer(request)
        match plan:
            case Rewrite():
                reply.body = plan.change(reply.body)
                reply.headers |= plan.headers
            case Cut():
                reply.body = plan.change(reply.body)
            case Reset() | Drip():
                reply.delivery = plan
        return reply
